/* SPDX-License-Identifier: ISC */
/* pick.h - the messages that a verb is to change: sets of UIDs, "-" for UIDs on stdin, or a query (query.h). An argument of
 * digits and ":,*" alone is a set. */
#ifndef MIMAP_PICK_H
#define MIMAP_PICK_H

#include "uids.h"

struct err;
struct imap;
struct mimap;
struct query;

struct pick {			/* zeroed is valid */
	int show;		/* -n: list them, change nothing */
	struct uids uids;
	struct query *query;	/* NULL: uids */
	const char *to;		/* another mailbox that `change` will name, or NULL */
};

/* ERR_USAGE where there is no argument at all: nobody means all messages by that. */
int pick_read(struct pick *, int argc, char *const argv[], struct err *e);
int pick_none(const struct pick *);	/* stdin held no UID: there is nothing to do */
/* Opens the mailbox and finds them; UIDs take no turn, and need not exist. With show they are listed, and set stays
 * empty. */
int pick_open(const struct pick *, struct imap *, const char *mailbox, struct uidset *set, struct err *e);
void pick_free(struct pick *);

/* The whole of a verb that changes messages: a session, the mailbox, the messages, then `change`, unless there are none. */
typedef int pick_fn(void *ctx, struct imap *, const struct uidset *, struct err *e);
int pick_work(struct mimap *, const struct pick *, pick_fn *change, void *ctx, struct err *e);

#endif
