/* SPDX-License-Identifier: ISC */
/* rcpt.h - the recipients of a message and what became of each.
 * Owns its strings. Addresses are fit for an envelope (message_addr_ok), each there once. */
#ifndef MSEND_RCPT_H
#define MSEND_RCPT_H

#include <stddef.h>

#include "dsn.h"
#include "err.h"

struct answer;

enum rcpt_state {
	RCPT_WAITING,	/* nothing known yet */
	RCPT_ASKED,	/* RCPT is on its way */
	RCPT_TAKEN,	/* the server took the address, not yet the message */
	RCPT_OK,	/* from here on: a verdict */
	RCPT_LATER,	/* not sent; class says why */
	RCPT_REFUSED	/* for good, by a reply about this recipient or its message */
};

struct rcpt {
	char *addr;
	enum rcpt_state state;
	enum err_class class;	/* ERR_NONE while nothing went wrong */
	int code;		/* of the reply, 0 where there was none */
	char enhanced[12];
	char *to;		/* by an alias, delivered here: "|command", a maildir, "" for nowhere; NULL: by the route */
	char *text;		/* what to tell: the reply, quoted, or our own words */
	int quoted;		/* text is a server's */
	char host[256];		/* of that server, "" where it has no name */
	int dsn_sent;		/* it offers DSN, so it was told what the sender wants to hear */
	struct dsn_rcpt wish;
};

struct rcpts {			/* zeroed is empty */
	struct rcpt *v;
	size_t n, cap;
	struct dsn dsn;		/* what to ask of servers for all of them */
};

void rcpts_add(struct rcpts *, const char *addr);	/* checked already */
int rcpts_add_list(struct rcpts *, const char *list, struct err *e);	/* "a@b, Name <c@d>"; ERR_DATA names what is wrong */
int rcpts_add_headers(struct rcpts *, const char *head, size_t n, struct err *e);	/* To, Cc, Bcc; if there is a Resent- block, its first one instead */
void rcpts_unique(struct rcpts *);			/* the first of equals stays */
size_t rcpts_count(const struct rcpts *, enum rcpt_state);
void rcpts_free(struct rcpts *);

void rcpt_reply(struct rcpt *, const struct answer *);	/* OK, LATER or REFUSED, as the reply says */
void rcpt_fail(struct rcpt *, enum rcpt_state, const struct err *);	/* in our own words */
void rcpt_refuse(struct rcpt *, int code, const char *enhanced, const struct err *);	/* for good, as a server would */
void rcpts_fail(struct rcpts *, enum rcpt_state, const struct err *);	/* all without a verdict */

void rcpts_sign(struct rcpts *, const char *host, int dsn);	/* who spoke, to those who have a verdict by a server; host may be NULL */

/* One line on stderr per recipient that is not OK; a reason all share is told once. */
void rcpts_report(const struct rcpts *);
int rcpts_exit(const struct rcpts *);	/* 0, or the exit code that tells most: 75 if a new try makes sense */

#endif
