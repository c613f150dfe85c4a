/* SPDX-License-Identifier: ISC */
/* rune.h - UTF-8 one character at a time (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef RUNE_H
#define RUNE_H

#include <stddef.h>
#include <stdint.h>

struct buf;

size_t rune_get(const char *, size_t n, uint32_t *rune);	/* octets it takes; 0 where it is not UTF-8, or n is 0 */
void rune_put(struct buf *, uint32_t rune);
int rune_valid(const char *, size_t n);			/* all of it is UTF-8 without C0 controls and DEL */
size_t rune_width(const char *, size_t n);		/* columns on a terminal */
size_t rune_fit(const char *, size_t n, size_t columns);	/* octets of the longest beginning that fits */

#endif
