/* SPDX-License-Identifier: ISC */
/* utf7.h - names of mailboxes as IMAP servers and Maildir++ folders have them: modified UTF-7 (RFC 3501 section 5.1.3), both ways.
 * Only the one canonical form is read, so that encode(decode(x)) is x and decode(encode(s)) is s. Controls are refused
 * on both sides. */
#ifndef UTF7_H
#define UTF7_H

#include <stddef.h>

struct buf;

/* Append to out; -1 with out unchanged where the input is not what it should be. */
int utf7_encode(struct buf *out, const char *utf8, size_t n);
int utf7_decode(struct buf *out, const char *wire, size_t n);

#endif
