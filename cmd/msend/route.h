/* SPDX-License-Identifier: ISC */
/* route.h - how an account's mail leaves: by a server, to the recipients' exchangers, into a maildir, or to this machine's users
 * where nothing is configured. Opens the connection when it is first needed and keeps it for the next message; once it can't be
 * made, it is not tried again. */
#ifndef MSEND_ROUTE_H
#define MSEND_ROUTE_H

#include "account.h"
#include "err.h"

struct exchange;
struct mail;
struct rcpts;
struct smtp;

enum route_kind { ROUTE_SERVER, ROUTE_MX, ROUTE_MAILDIR, ROUTE_LOCAL };

struct route {			/* zeroed is empty; account.which and options are set by the caller */
	struct account account;
	enum route_kind kind;
	struct smtp *smtp;
	struct exchange *exchange;	/* ROUTE_MX */
	unsigned int carried;	/* messages on this connection */
	struct err dead;	/* why no connection can be made */
};

int route_load(struct route *, struct err *e);	/* reads the configuration */
/* Every recipient that is RCPT_WAITING has its verdict afterwards. last: nothing will follow. */
void route_send(struct route *, const char *from, struct rcpts *, const struct mail *, int last);
int route_show(struct route *, struct err *e);	/* -C: what the server offers, on stdout */
void route_free(struct route *);

#endif
