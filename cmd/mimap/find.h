/* SPDX-License-Identifier: ISC */
/* find.h - which messages of the selected mailbox match, and what they are. The command that opens the mailbox may still be without
 * its answer. All wait for theirs. Borrows all it is given. */
#ifndef MIMAP_FIND_H
#define MIMAP_FIND_H

struct err;
struct imap;
struct query;
struct summary;
struct uidset;

/* Adds what matches to found, whatever it takes (seek.h, evaluate.h). */
int find_query(struct imap *, const struct query *, struct uidset *found, struct err *e);
/* Those of the set that are there; only without the flag \Deleted where that is asked for. */
int find_set(struct imap *, const struct uidset *, int undeleted, struct uidset *found, struct err *e);
int find_list(struct imap *, const struct uidset *, struct summary *, struct err *e);
/* UID FETCH for a listing, ahead; what comes is the caller's to take. */
int find_ask(struct imap *, const struct uidset *, const struct summary *, struct err *e);

#endif
