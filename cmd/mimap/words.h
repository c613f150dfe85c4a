/* SPDX-License-Identifier: ISC */
/* words.h - reads header text for people: encoded words (RFC 2047, RFC 2231's language suffix) become UTF-8.
 * What can't be decoded stays as it came; raw 8-bit text that is no UTF-8 is taken for ISO-8859-1. The result is valid
 * UTF-8, but may hold controls: log_safe is the caller's. */
#ifndef MIMAP_WORDS_H
#define MIMAP_WORDS_H

#include <stddef.h>

struct buf;

void words_decode(struct buf *out, const char *text, size_t n);	/* appends */

#endif
