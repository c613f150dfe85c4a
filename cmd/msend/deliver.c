/* SPDX-License-Identifier: ISC */
/* deliver.c - one mail transaction (RFC 5321 3.3) in as few flights as the server's offers allow.
 *
 * With PIPELINING (RFC 2920): RSET? MAIL RCPT… DATA | message "." QUIT?     with CHUNKING too (RFC 3030), for a message of up to
 * 1 MiB: RSET? MAIL RCPT… BDAT message QUIT? at once; a larger one waits until a recipient is taken. Without PIPELINING each
 * command waits for its reply. Every command sent is noted, and the replies are read in that order.
 * LMTP (RFC 2033 4.2): after the dot one reply for each recipient taken, in their order.
 * Between the dot and the reply nobody can know who has the message (RFC 1047): a connection lost there says so. */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "mail.h"
#include "outgoing.h"
#include "progress.h"
#include "rcpt.h"
#include "smtp.h"
#include "stream.h"
#include "wire.h"
#include "xalloc.h"

#define EAGER_MAX (1024 * 1024)

enum want { WANT_RSET, WANT_MAIL, WANT_RCPT, WANT_DATA, WANT_END };

static const int wait_for[] = { 300, 300, 300, 120, 600 };	/* seconds, RFC 5321 4.5.3.2 */

struct flight {			/* a transaction under way */
	struct smtp *s;
	const char *from;
	struct rcpts *rcpts;
	const struct mail *mail;
	struct {
		enum want want;
		struct rcpt *rcpt;
	} *asked;		/* replies due */
	size_t count, cap;
	size_t taken;		/* recipients */
	int refused;		/* MAIL was */
	int go;			/* 354 came */
	int unsure;		/* all of the message has left */
};

static void
on_mail(struct flight *f, const struct answer *a)
{
	size_t i;

	f->refused = answer_class(a) != ERR_NONE;
	f->s->dirty = !f->refused;
	for (i = 0; f->refused && i < f->rcpts->n; i++)
		if (f->rcpts->v[i].state == RCPT_WAITING)
			rcpt_reply(&f->rcpts->v[i], a);
}

/* 452 after some were taken: too many for one transaction (RFC 5321 4.5.3.1.10), this one waits for the next. */
static void
on_rcpt(struct flight *f, struct rcpt *r, const struct answer *a)
{
	if (f->refused)
		return;
	rcpt_reply(r, a);
	if (r->state == RCPT_OK) {
		r->state = RCPT_TAKEN;
		f->taken++;
	} else if (a->code == 452 && f->taken > 0) {
		r->state = RCPT_WAITING;
	}
}

static void
for_taken(struct flight *f, const struct answer *a)
{
	size_t i;

	for (i = 0; i < f->rcpts->n; i++)
		if (f->rcpts->v[i].state == RCPT_TAKEN)
			rcpt_reply(&f->rcpts->v[i], a);
}

static void
on_end(struct flight *f, struct rcpt *r, const struct answer *a)
{
	if (r != NULL)
		rcpt_reply(r, a);
	else
		for_taken(f, a);
	f->s->dirty &= answer_class(a) != ERR_NONE;
}

static int
on_answer(struct flight *f, enum want want, struct rcpt *r, struct err *e)
{
	const struct answer *a = &f->s->answer;

	if (a->code < 400 && (a->code >= 300) != (want == WANT_DATA)) {
		f->s->broken = 1;
		return answer_set(e, a, "the server's answer is out of place");
	}
	if ((want <= WANT_RCPT && a->code == 421) || (want == WANT_RSET && a->code >= 400)) {
		f->s->closing = 1;
		return answer_set(e, a, "the server ends the session");
	}
	if (want == WANT_MAIL)
		on_mail(f, a);
	else if (want == WANT_RCPT)
		on_rcpt(f, r, a);
	else if (want == WANT_END)
		on_end(f, r, a);
	else if (want == WANT_DATA && a->code >= 400)
		for_taken(f, a);
	f->go |= want == WANT_DATA && a->code < 400;
	return a->code == 421 ? answer_set(e, a, "the server ends the session") : 0;
}

/* Reads the replies due. */
static int
collect(struct flight *f, struct err *e)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < f->count; i++) {
		if (smtp_recv(f->s, wait_for[f->asked[i].want], e) == -1)
			rc = -1;
		else
			rc = on_answer(f, f->asked[i].want, f->asked[i].rcpt, e);
	}
	f->count = 0;
	return rc;
}

static void
note(struct flight *f, enum want want, struct rcpt *r)
{
	if (f->count == f->cap) {
		f->cap = f->cap == 0 ? 16 : f->cap * 2;
		f->asked = xreallocarray(f->asked, f->cap, sizeof(*f->asked));
	}
	f->asked[f->count].want = want;
	f->asked[f->count++].rcpt = r;
}

/* A command was sent: its reply is due, now or with all others. */
static int
sent(struct flight *f, enum want want, struct rcpt *r, struct err *e)
{
	note(f, want, r);
	return f->s->offer.pipelining ? 0 : collect(f, e);
}

static int
needs_utf8(const char *addr)
{
	for (; *addr != '\0'; addr++)
		if ((unsigned char)*addr > 127)
			return 1;
	return 0;
}

static int
any_utf8(const struct flight *f)
{
	size_t i;

	for (i = 0; i < f->rcpts->n; i++)
		if (f->rcpts->v[i].state == RCPT_WAITING && needs_utf8(f->rcpts->v[i].addr))
			return 1;
	return needs_utf8(f->from);
}

/* C: MAIL FROM:<from> [SIZE=n] [BODY=8BITMIME] [SMTPUTF8] [RET=… ENVID=…]     RFC 5321 4.1.1.2, 1870, 6152, 6531, 3461 */
static int
put_mail(struct flight *f, struct err *e)
{
	const struct offer *o = &f->s->offer;
	struct buf params = { 0 };
	int rc;

	if (o->sized)
		buf_printf(&params, " SIZE=%llu", (unsigned long long)f->mail->scan.wire);
	if (o->eightbit && f->mail->scan.eight)
		buf_adds(&params, " BODY=8BITMIME");
	if (any_utf8(f))
		buf_adds(&params, " SMTPUTF8");
	if (o->dsn)
		dsn_for_mail(&params, &f->rcpts->dsn);
	rc = smtp_send(f->s, e, "MAIL FROM:<%s>%s", f->from, buf_str(&params));
	buf_free(&params);
	return rc == -1 ? -1 : sent(f, WANT_MAIL, NULL, e);
}

/* C: RCPT TO:<to> [NOTIFY=… ORCPT=…]          RFC 5321 4.1.1.3, 3461
 * S: 250 | 251 | 252 taken; 4yz try later; 5yz refused: a refusal is this recipient's, not the session's */
static int
put_rcpts(struct flight *f, struct err *e)
{
	struct buf params = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < f->rcpts->n && !f->refused; i++) {
		struct rcpt *r = &f->rcpts->v[i];

		if (r->state != RCPT_WAITING)
			continue;
		buf_cut(&params, 0);
		if (f->s->offer.dsn)
			dsn_for_rcpt(&params, &f->rcpts->dsn, &r->wish);
		rc = smtp_send(f->s, e, "RCPT TO:<%s>%s", r->addr, buf_str(&params)) == -1 ? -1 : sent(f, WANT_RCPT, r, e);
	}
	buf_free(&params);
	return rc;
}

static int
put_envelope(struct flight *f, struct err *e)
{
	if (f->s->dirty) {
		f->s->dirty = 0;
		if (smtp_send(f->s, e, "RSET") == -1 || sent(f, WANT_RSET, NULL, e) == -1)
			return -1;
	}
	if (put_mail(f, e) == -1)
		return -1;
	return put_rcpts(f, e);
}

struct body_out {
	struct stream *stream;
	struct progress progress;
};

static int
body_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct body_out *out = ctx;

	progress_add(&out->progress, 0, n);
	return stream_write(out->stream, p, n, e);
}

/* The message itself. Whatever fails here, the server must not take what it has for the whole: no dot, no QUIT. */
static int
put_body(struct flight *f, int dots, struct err *e)
{
	struct body_out out = { .stream = f->s->stream };
	struct wire wire;
	int rc;

	smtp_arm(f->s, 180);
	progress_begin(&out.progress, "sending", 0, f->mail->scan.wire, 0);
	wire_begin(&wire, dots, body_write, &out);
	rc = mail_each(f->mail, wire_write, &wire, e) == -1 ? -1 : wire_end(&wire, e);
	progress_end(&out.progress);
	f->s->broken |= rc == -1;
	return rc;
}

/* The replies to the whole message: one, or in LMTP one a recipient taken. */
static void
note_end(struct flight *f)
{
	size_t i;

	if (!f->s->lmtp)
		note(f, WANT_END, NULL);
	for (i = 0; f->s->lmtp && i < f->rcpts->n; i++)
		if (f->rcpts->v[i].state == RCPT_TAKEN)
			note(f, WANT_END, &f->rcpts->v[i]);
}

static int
put_quit(struct flight *f, int last, struct err *e)
{
	if (!last || !f->s->offer.pipelining)
		return 0;
	if (smtp_send(f->s, e, "QUIT") == -1)
		return -1;
	f->s->closing = 1;
	return 0;
}

static int
get_end(struct flight *f, struct err *e)
{
	int rc = collect(f, e);

	if (rc == -1 && f->unsure && f->s->answer.code != 421) {
		e->class = ERR_TEMP;
		err_prefix(e, "the connection was lost after the message: it may have been delivered");
	}
	return rc;
}

/* C: DATA   S: 354   C: message, "."   S: 250, in LMTP one a recipient taken       RFC 5321 4.1.1.4, 2033 4.2
 * 354 with nobody taken: nothing is said, and what the server then answers does not count (RFC 2920 3.1). */
static int
by_data(struct flight *f, int last, struct err *e)
{
	if (f->refused || (!f->s->offer.pipelining && f->taken == 0))
		return 0;
	if (smtp_send(f->s, e, "DATA") == -1)
		return -1;
	note(f, WANT_DATA, NULL);
	if (collect(f, e) == -1)
		return -1;
	if (!f->go)
		return 0;
	if (f->taken == 0) {
		if (smtp_send(f->s, e, ".") == -1)
			return -1;
		note(f, WANT_END, NULL);
		return collect(f, e);
	}
	if (put_body(f, 1, e) == -1)
		return -1;
	note_end(f);
	f->unsure = 1;
	if (smtp_send(f->s, e, ".") == -1 || put_quit(f, last && rcpts_count(f->rcpts, RCPT_WAITING) == 0, e) == -1)
		return -1;
	return get_end(f, e);
}

/* C: BDAT n LAST, n octets   S: 250             RFC 3030 2; unasked for, it is answered by 503 where nobody was taken */
static int
by_bdat(struct flight *f, int last, struct err *e)
{
	int eager = f->s->offer.pipelining && f->mail->scan.wire <= EAGER_MAX;

	if (!eager && collect(f, e) == -1)
		return -1;
	if (!eager && f->taken == 0)
		return 0;
	if (smtp_send(f->s, e, "BDAT %llu LAST", (unsigned long long)f->mail->scan.wire) == -1 || put_body(f, 0, e) == -1)
		return -1;
	note_end(f);
	f->unsure = 1;
	if (put_quit(f, last, e) == -1)
		return -1;
	return get_end(f, e);
}

/* What the server's offers rule out is not tried (RFC 1870 6.1, RFC 6531 3.5). */
static void
refuse_impossible(struct flight *f)
{
	const struct offer *o = &f->s->offer;
	struct err why;
	size_t i;

	for (i = 0; i < f->rcpts->n; i++) {
		struct rcpt *r = &f->rcpts->v[i];

		if (r->state != RCPT_WAITING)
			continue;
		if (o->size > 0 && f->mail->scan.wire > o->size) {
			err_set(&why, ERR_UNAVAILABLE, "the message has %llu octets, the server takes at most %llu",
			    (unsigned long long)f->mail->scan.wire, (unsigned long long)o->size);
			rcpt_refuse(r, 552, "5.3.4", &why);
		} else if (!o->smtputf8 && (needs_utf8(r->addr) || needs_utf8(f->from))) {
			err_set(&why, ERR_UNAVAILABLE, "an address has letters beyond ASCII, and the server offers no SMTPUTF8");
			rcpt_refuse(r, 553, "5.6.7", &why);
		}
	}
}

int
smtp_deliver(struct smtp *s, const char *from, struct rcpts *rcpts, const struct mail *mail, int last, struct err *e)
{
	struct flight f = { .s = s, .from = from, .rcpts = rcpts };
	struct outgoing out;
	int rc = 0;

	if (outgoing_make(&out, mail, &s->offer, s->dkim, e) == -1)
		rcpts_fail(rcpts, RCPT_LATER, e);	/* the session is none the worse */
	f.mail = out.mail;
	refuse_impossible(&f);
	if (rcpts_count(rcpts, RCPT_WAITING) > 0) {
		if ((rc = put_envelope(&f, e)) == 0)
			rc = s->offer.chunking && !s->lmtp ? by_bdat(&f, last, e) : by_data(&f, last, e);
	}
	rcpts_sign(rcpts, s->to != NULL ? s->to->host : s->account->url.host, s->offer.dsn);
	outgoing_free(&out);
	free(f.asked);
	return rc;
}
