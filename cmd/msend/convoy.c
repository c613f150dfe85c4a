/* SPDX-License-Identifier: ISC */
/* convoy.c - several messages over one connection, without a pause between them.
 *
 * With PIPELINING the envelope of a message stands in one flight with the message before it, so each costs one turn (RFC 2920 3.1
 * allows just that); at most one is without its reply then. With CHUNKING too, up to `window` of them go eagerly, each in one piece,
 * as long as all without a reply have at most OCTETS_MAX octets; as replies come in others follow. Nothing here can wait for
 * ever: while a write has to wait, replies are read (stream.h).
 *
 * When the session ends, what has no reply is told apart by transact_lost. Who surely has not got the message waits for the next
 * session, unless it was the first on the one that ended: so each session settles one message at least, and this comes to an end. */
#include "convoy.h"

#include "mail.h"
#include "rcpt.h"
#include "route.h"
#include "stream.h"

#define OCTETS_MAX (1024 * 1024)

struct load {			/* messages whose end has no reply yet */
	size_t messages;
	uint64_t octets;
};

static struct load
unanswered(const struct route *r)
{
	struct load l = { 0 };
	const struct parcel *p;

	TAILQ_FOREACH(p, &r->parcels, next)
		if (p->state == PARCEL_UNDER_WAY && p->t.put) {
			l.messages++;
			l.octets += p->t.out.mail->scan.wire;
		}
	return l;
}

static struct parcel *
first_that_is(const struct route *r, int state)
{
	struct parcel *p;

	TAILQ_FOREACH(p, &r->parcels, next)
		if ((int)p->state == state)
			return p;
	return NULL;
}

static void
leave(struct route *r, struct parcel *p)
{
	if (r->held == p)
		r->held = NULL;
	transact_end(&p->t);
	p->state = rcpts_count(p->rcpts, RCPT_WAITING) > 0 ? PARCEL_NEW : PARCEL_DONE;
}

static void
sift(struct route *r)
{
	struct parcel *p;

	TAILQ_FOREACH(p, &r->parcels, next)
		if (p->state == PARCEL_UNDER_WAY && transact_over(&p->t))
			leave(r, p);
}

/* What failed is our own file: those before it still have their replies to come. */
static void
hear_out(struct route *r)
{
	struct err ignored = { 0 };
	int rc = 0;

	while (rc == 0 && r->smtp->dues > 0)
		rc = replies_next(r->smtp, &ignored);
	sift(r);
}

static void
lost(struct route *r, const struct err *e)
{
	struct parcel *p;

	TAILQ_FOREACH(p, &r->parcels, next)
		if (p->state == PARCEL_UNDER_WAY) {
			transact_lost(&p->t, e);
			if (p->first || p->t.spoilt)
				rcpts_fail(p->rcpts, RCPT_LATER, e);
			leave(r, p);
		}
	smtp_close(&r->smtp);
}

static int
next_reply(struct route *r, struct err *e)
{
	int rc = replies_next(r->smtp, e);

	if (rc == 0)
		sift(r);
	return rc;
}

/* The message of the one whose envelope was the last, if it may follow. */
static int
send_held(struct route *r, struct err *e)
{
	struct parcel *p;

	while (r->held != NULL && r->held->t.due > 0)
		if (next_reply(r, e) == -1)
			return -1;
	p = r->held;
	r->held = NULL;
	return p != NULL ? transact_message(&p->t, e) : 0;
}

/* What the server has said already is heard first: it may say no more until it is. */
static int
hear(struct route *r, struct err *e)
{
	int rc = 0, come;

	while (rc == 0 && r->smtp->dues > 0 && (come = stream_ready(r->smtp->stream, e)) != 0)
		rc = come == -1 ? -1 : next_reply(r, e);
	return rc;
}

/* Whether the message may go eagerly. Where the window allows more than one, those under way are waited for until it may. */
static int
make_room(struct route *r, const struct parcel *p, struct err *e)
{
	int rc = hear(r, e);

	while (rc == 0) {
		struct load l = unanswered(r);

		if (l.messages < r->window && (l.messages == 0 || l.octets + p->t.out.mail->scan.wire <= OCTETS_MAX))
			return transact_may_hurry(&p->t);
		if (l.messages < 2 || !transact_may_hurry(&p->t))
			return 0;
		rc = next_reply(r, e);
	}
	return rc;
}

/* One message is put on the wire, as far as may be, behind that which is held. Who hands over the next one may do so while the server
 * thinks. */
static int
begin(struct route *r, struct parcel *p, struct err *e)
{
	int eager = 0, rc;

	if (!transact_begin(&p->t, r->smtp, p->from, p->rcpts, p->mail)) {
		leave(r, p);
		return 0;
	}
	rc = send_held(r, e);
	if (rc == 0)
		rc = eager = make_room(r, p, e);
	p->first = r->smtp->mails == 0;
	p->state = PARCEL_UNDER_WAY;
	if (rc == -1 || transact_envelope(&p->t, eager, e) == -1)
		return -1;
	r->held = eager ? NULL : p;
	sift(r);
	return eager ? 0 : stream_flush(r->smtp->stream, e);
}

/* A session that can carry this one, or -1 with what came of it: a session that ended, or none that begins. */
static int
ready(struct route *r, const struct parcel *p, struct err *e)
{
	if (r->smtp != NULL && (!smtp_usable(r->smtp) || limits_reached(r->smtp, p->rcpts))) {
		if (send_held(r, e) == -1 || replies_all(r->smtp, e) == -1)
			return -1;
		sift(r);
		smtp_close(&r->smtp);
	}
	if (r->smtp != NULL && r->smtp->mails > 0 && r->smtp->dues == 0 && r->held == NULL && smtp_silent(r->smtp, e) == -1)
		smtp_close(&r->smtp);	/* it lay idle, and was closed */
	if (r->smtp == NULL && r->dead.class == ERR_NONE)
		smtp_open(&r->smtp, &r->account, &r->dead);
	return 0;
}

void
convoy_advance(struct route *r)
{
	struct parcel *p;
	struct err e = { 0 };

	while ((p = first_that_is(r, PARCEL_NEW)) != NULL) {
		int rc = ready(r, p, &e);

		if (rc == 0 && r->smtp == NULL) {
			rcpts_fail(p->rcpts, RCPT_LATER, &r->dead);
			p->state = PARCEL_DONE;
			continue;
		}
		if (rc == 0)
			rc = begin(r, p, &e);
		if (rc == -1 && p->t.spoilt)
			hear_out(r);
		if (rc == -1)
			lost(r, &e);
	}
}

/* All are under way, and none of their recipients is left for another transaction. */
static int
all_asked(const struct route *r)
{
	const struct parcel *p;

	TAILQ_FOREACH(p, &r->parcels, next)
		if (rcpts_count(p->rcpts, RCPT_WAITING) > 0)
			return 0;
	return unanswered(r).messages > 0;
}

static void
step(struct route *r, int last)
{
	struct err e = { 0 };
	int rc = send_held(r, &e);

	if (rc == 0 && last && all_asked(r))
		rc = smtp_quit(r->smtp, &e);
	if (rc == 0 && r->smtp->dues > 0)
		rc = replies_next(r->smtp, &e);
	if (rc == -1)
		lost(r, &e);
	else
		sift(r);
}

void
convoy_wait(struct route *r)
{
	convoy_advance(r);
	while (first_that_is(r, PARCEL_UNDER_WAY) != NULL && first_that_is(r, PARCEL_DONE) == NULL) {
		step(r, 0);
		convoy_advance(r);
	}
}

void
convoy_finish(struct route *r, int last)
{
	convoy_advance(r);
	while (first_that_is(r, PARCEL_UNDER_WAY) != NULL) {
		step(r, last);
		convoy_advance(r);
	}
}
