/* SPDX-License-Identifier: ISC */
/* flagname.h - message flags by the user's names (seen, flagged, $Forwarded), on the wire (\Seen) and in maildir names (S). */
#ifndef MIMAP_FLAGNAME_H
#define MIMAP_FLAGNAME_H

#include <stddef.h>

struct buf;
struct err;
struct value;

#define FLAG_LETTERS 8		/* room for all maildir letters and the NUL */

int flagname_keyword(const char *, size_t n);	/* 1 if it is a flag-keyword: an atom of US-ASCII, at most 100 octets */
int flagname_listed(const char *list, const char *flag, size_t n);	/* flag stands in "(\Seen \*)", case ignored */
int flagname_wire(struct buf *out, const char *name, size_t n, struct err *e);	/* appends \Seen or the keyword; ERR_USAGE */
/* of a FLAGS list: "FS"; what has no letter is left out */
void flagname_letters(const struct value *flags, char letters[FLAG_LETTERS]);
/* appends "$Forwarded \Seen" for "PS", up to what is no letter */
void flagname_from_letters(struct buf *out, const char *letters);
void flagname_print(struct buf *out, const struct value *flags);	/* appends "seen,flagged,$Forwarded", or "-" */

#endif
