/* SPDX-License-Identifier: ISC */
/* find.h - which messages of the selected mailbox match (UID SEARCH, RFC 3501 section 6.4.4; ESEARCH, RFC 4731), and what they
 * are. The command that opens the mailbox may still be without its answer. Borrows all it is given. */
#ifndef MIMAP_FIND_H
#define MIMAP_FIND_H

struct err;
struct imap;
struct query;
struct rows;
struct uidset;

/* Adds what matches to found; with rows each is listed too (summary.h), in the same flight where the server remembers a
 * result (SEARCHRES, RFC 5182). */
int find_query(struct imap *, const struct query *, struct rows *, struct uidset *found, struct err *e);
/* Those of the set that are there; only without the flag \Deleted where that is asked for. */
int find_set(struct imap *, const struct uidset *, int undeleted, struct uidset *found, struct err *e);
int find_list(struct imap *, const struct uidset *, struct rows *, struct err *e);

#endif
