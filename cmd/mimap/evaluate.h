/* SPDX-License-Identifier: ISC */
/* evaluate.h - queries that one SEARCH can't express: threads, text in a charset that the server does not know, sets of UIDs that
 * are too long for a line. The server does what it can, term by term; the results are put together here. */
#ifndef MIMAP_EVALUATE_H
#define MIMAP_EVALUATE_H

struct err;
struct imap;
struct query;
struct uidset;

int evaluate_needed(const struct imap *, const struct query *);	/* as far as is known: a server may yet refuse a charset */
/* In the selected mailbox. Waits for all answers. */
int evaluate_query(struct imap *, const struct query *, struct uidset *found, struct err *e);

#endif
