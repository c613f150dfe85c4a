/* SPDX-License-Identifier: ISC */
/* textsearch.h - a text looked for here, in what the server sends of messages: for what the server can't search itself. */
#ifndef MIMAP_TEXTSEARCH_H
#define MIMAP_TEXTSEARCH_H

struct err;
struct imap;
struct query;
struct uidset;

/* q is a QUERY_TEXT (FROM … TEXT) or a QUERY_HEADER. Adds those of `within` that hold its text: in header fields decoded (RFC
 * 2047), in the body's text parts by their charset. Waits for all answers. */
int textsearch(struct imap *, const struct query *, const struct uidset *within, struct uidset *out, struct err *e);

#endif
