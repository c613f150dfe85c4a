/* SPDX-License-Identifier: ISC */
/* base64.h - RFC 4648 section 4, without line breaks; strict when decoding (length, alphabet, padding). */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>

struct buf;

void base64_encode(struct buf *out, const void *, size_t);
int base64_value(char);			/* 0 to 63, or -1 */
int base64_decode(struct buf *out, const char *, size_t);	/* -1 if it is not base64; out unchanged then */

#endif
