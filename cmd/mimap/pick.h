/* SPDX-License-Identifier: ISC */
/* pick.h - the messages that a verb is to change: sets of UIDs, "-" for UIDs on stdin, or a query (query.h). An argument of
 * digits and ":,*" alone is a set. A query is for all mailboxes of -m; what comes on stdin may say of which it is (uids.h). */
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
void pick_free(struct pick *);

/* The whole of a verb that changes messages: a session, then for each mailbox: it is opened, the messages are found (UIDs take no
 * turn, and need not exist), then `change`, unless there are none. With show they are listed instead. */
typedef int pick_fn(void *ctx, struct imap *, const struct uidset *, struct err *e);
int pick_work(struct mimap *, const struct pick *, pick_fn *change, void *ctx, struct err *e);

#endif
