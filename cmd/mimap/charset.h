/* SPDX-License-Identifier: ISC */
/* charset.h - text in other charsets, by iconv(3). */
#ifndef MIMAP_CHARSET_H
#define MIMAP_CHARSET_H

#include <iconv.h>
#include <stddef.h>

struct buf;

/* Appends what the whole text becomes; -1 where a character has no equal, and nothing is appended. */
int charset_convert(struct buf *out, iconv_t, const char *text, size_t n);
/* Appends UTF-8, U+FFFD for what is wrong. What the text ends with may be the beginning of a character: returns how many octets
 * were taken. */
size_t charset_utf8(struct buf *out, iconv_t to_utf8, const char *text, size_t n);

#endif
