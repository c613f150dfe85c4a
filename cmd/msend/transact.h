/* SPDX-License-Identifier: ISC */
/* transact.h - one mail transaction (RFC 5321 3.3) in steps, so that another's can be put on the wire before its replies are in.
 * The caller keeps the order: envelope, replies until transact_ready, message, replies until transact_over; the replies of all that
 * are under way come in the order of what was sent. What was put on the wire is not waited for where the server offers PIPELINING,
 * and answered already where it does not. Borrows all that it is given; a session that failed (-1) is of use to none of them. */
#ifndef MSEND_TRANSACT_H
#define MSEND_TRANSACT_H

#include <stddef.h>
#include <stdint.h>

#include "outgoing.h"
#include "smtp.h"

struct rcpt;

#define TRANSACT_EAGER_MAX (1024 * 1024)	/* octets that may leave before a recipient is taken */

struct transaction {
	struct smtp *s;
	const char *from;
	struct rcpts *rcpts;
	struct outgoing out;
	size_t due;		/* replies */
	size_t taken;		/* recipients */
	int eager;		/* the message goes with its envelope, whoever is taken */
	int refused;		/* MAIL was */
	int go;			/* 354 came */
	int put;		/* all of the message is put into the stream, which ends there: */
	uint64_t end;
	int spoilt;		/* the message can't be read */
};

/* What the server's offers rule out is refused without asking. 1: somebody is left to ask for, 0: nobody. */
int transact_begin(struct transaction *, struct smtp *, const char *from, struct rcpts *, const struct mail *);
int transact_may_hurry(const struct transaction *);	/* it could go eagerly */
int transact_envelope(struct transaction *, int eager, struct err *e);	/* RSET? MAIL RCPT..., and DATA or BDAT with the message */
int transact_ready(const struct transaction *);		/* the message is what comes next */
int transact_message(struct transaction *, struct err *e);
int transact_over(const struct transaction *);		/* all replies are in, nothing is left to say */
/* The session ended. Who may have the message is told that it may have been delivered; all others are RCPT_WAITING again. */
void transact_lost(struct transaction *, const struct err *e);
void transact_end(struct transaction *);

/* reply.c */
enum want { WANT_RSET, WANT_MAIL, WANT_RCPT, WANT_DATA, WANT_END };
void replies_note(struct transaction *, enum want, struct rcpt *);	/* a command was put on the wire */
int replies_next(struct smtp *, struct err *e);		/* the next one due: it is read, and counts for whom it is about */
int replies_all(struct smtp *, struct err *e);
void replies_forget(struct smtp *);

/* limits.c: what the server takes at most, and what it does not take at all */
int limits_reached(const struct smtp *, const struct rcpts *);	/* none of those waiting can be served in this session */
int limits_admit(struct smtp *, const struct rcpt *, size_t named);	/* 1: one more after so many in this transaction */
void limits_refuse(struct transaction *);
int limits_need_utf8(const char *addr);	/* more than its domain is beyond ASCII, or that is none */
void limits_forget(struct smtp *);

#endif
