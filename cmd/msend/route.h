/* SPDX-License-Identifier: ISC */
/* route.h - how an account's mail leaves: by a server, to the recipients' exchangers, into a maildir, or to this machine's users
 * where nothing is configured. Opens the connection when it is first needed and keeps it for the next message; once it can't be
 * made, it is not tried again. Several messages may be given to it, and are sent as the server allows (convoy.c). */
#ifndef MSEND_ROUTE_H
#define MSEND_ROUTE_H

#include <sys/queue.h>

#include "account.h"
#include "err.h"
#include "transact.h"

struct exchange;

enum route_kind { ROUTE_SERVER, ROUTE_MX, ROUTE_MAILDIR, ROUTE_LOCAL };

struct parcel {			/* a message to be sent; the caller's until route_done gives it back */
	const char *from;
	struct rcpts *rcpts;
	const struct mail *mail;
	void *owner;		/* not looked at */
	enum { PARCEL_NEW, PARCEL_UNDER_WAY, PARCEL_DONE } state;
	int first;		/* on its connection */
	struct transaction t;
	TAILQ_ENTRY(parcel) next;
};

TAILQ_HEAD(parcels, parcel);

struct route {			/* zeroed is empty; account.which and options are set by the caller */
	struct account account;
	enum route_kind kind;
	struct smtp *smtp;
	struct exchange *exchange;	/* ROUTE_MX */
	struct err dead;	/* why no connection can be made */
	unsigned int window;	/* messages under way at most */
	struct parcels parcels;	/* as they came; those done are still in it */
	struct parcel *held;	/* its envelope was the last; its message waits for the next one to go along */
};

int route_load(struct route *, struct err *e);	/* reads the configuration */
/* Every recipient that is RCPT_WAITING has its verdict afterwards. last: nothing will follow. */
void route_send(struct route *, const char *from, struct rcpts *, const struct mail *, int last);

/* The same in steps: what was put may be done at once, after another was put, or after route_wait. */
void route_put(struct route *, struct parcel *);
void route_wait(struct route *);		/* until another is done, if any is under way */
void route_finish(struct route *, int last);	/* until all are */
struct parcel *route_done(struct route *);	/* one whose recipients have their verdicts; NULL: none now */

int route_show(struct route *, struct err *e);	/* -C: what the server offers, on stdout */
void route_free(struct route *);

#endif
