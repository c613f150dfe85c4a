/* SPDX-License-Identifier: ISC */
/* mimehead.h - what recode.c reads in a part's header and changes there (RFC 2045, 2046). Pure. */
#ifndef MSEND_MIMEHEAD_H
#define MSEND_MIMEHEAD_H

struct buf;

char *mimehead_boundary(const char *type);	/* of a Content-Type; NULL if it has none. The caller frees */
/* The header with another transfer encoding, and what that needs: of the whole message (top) MIME-Version, and a type where there is
 * none, by whether the text has octets above 127 (eight). */
void mimehead_encoded(struct buf *to, const struct buf *head, const char *encoding, int top, int eight);

#endif
