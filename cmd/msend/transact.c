/* SPDX-License-Identifier: ISC */
/* transact.c - what a client says in a transaction, in as few flights as the server's offers allow.
 *
 * With PIPELINING (RFC 2920): RSET? MAIL RCPT... DATA | message "."       with CHUNKING (RFC 3030): RSET? MAIL RCPT... | BDAT message,
 * or both in one flight (eager), where a message of up to 1 MiB is sent in vain if nobody is taken. The next envelope may stand in
 * the flight of a message. Without PIPELINING each command waits for its reply.
 *
 * RSET: the end of a message ends its transaction, whatever the reply (RFC 5321 4.1.1.4). An eager BDAT with nobody taken does not, and
 * a MAIL behind it would be refused, its RCPT taken with the other's sender: so RSET stands behind each of which that is not known.
 * Between the last octet and the reply nobody can know who has the message (RFC 1047): a connection lost there says so. */
#include "transact.h"

#include <stdlib.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "idn.h"
#include "mail.h"
#include "progress.h"
#include "rcpt.h"
#include "stream.h"
#include "wire.h"

#define SHOWN_MIN (64 * 1024)	/* octets whose progress is worth a look at the terminal */

/* A command is on the wire: its reply is due, now or with all others. */
static int
asked(struct transaction *t, enum want want, struct rcpt *r, struct err *e)
{
	replies_note(t, want, r);
	return t->s->offer.pipelining ? 0 : replies_all(t->s, e);
}

int
transact_begin(struct transaction *t, struct smtp *s, const char *from, struct rcpts *rcpts, const struct mail *mail)
{
	struct err e = { 0 };

	*t = (struct transaction){ .s = s, .from = from, .rcpts = rcpts };
	if (outgoing_make(&t->out, mail, &s->offer, s->dkim, &e) == -1)
		rcpts_fail(rcpts, RCPT_LATER, &e);	/* the session is none the worse */
	limits_refuse(t);
	return rcpts_count(rcpts, RCPT_WAITING) > 0;
}

static int
by_bdat(const struct transaction *t)
{
	return t->s->offer.chunking && !t->s->lmtp;
}

int
transact_may_hurry(const struct transaction *t)
{
	return by_bdat(t) && t->s->offer.pipelining && t->out.mail->scan.wire <= TRANSACT_EAGER_MAX;
}

int
transact_ready(const struct transaction *t)
{
	return !t->put && t->due == 0 && t->taken > 0 && (t->go || by_bdat(t));
}

int
transact_over(const struct transaction *t)
{
	return t->due == 0 && (t->put || !transact_ready(t));
}

static int
any_utf8(const struct transaction *t)
{
	size_t i;

	for (i = 0; i < t->rcpts->n; i++)
		if (t->rcpts->v[i].state == RCPT_WAITING && limits_need_utf8(t->rcpts->v[i].addr))
			return 1;
	return limits_need_utf8(t->from);
}

/* With an address in angle brackets; its domain as the domain name system has it where that is all that is not ASCII. */
static int
send_with(struct transaction *t, const char *command, const char *addr, const struct buf *params, struct err *e)
{
	char *wire = idn_address(addr);
	int rc = smtp_send(t->s, e, "%s:<%s>%s", command, wire, buf_str(params));

	free(wire);
	return rc;
}

/* C: MAIL FROM:<from> [SIZE=n] [BODY=8BITMIME | BODY=BINARYMIME] [SMTPUTF8] [REQUIRETLS] [RET=... ENVID=...]
 * RFC 5321 4.1.1.2, 1870, 6152, 3030, 6531, 8689, 3461 */
static int
put_mail(struct transaction *t, struct err *e)
{
	const struct offer *o = &t->s->offer;
	struct buf params = { 0 };
	int rc;

	if (o->sized)
		buf_printf(&params, " SIZE=%llu", (unsigned long long)t->out.mail->scan.wire);
	if (t->out.mail->raw)
		buf_adds(&params, " BODY=BINARYMIME");
	else if (o->eightbit && t->out.mail->scan.eight)
		buf_adds(&params, " BODY=8BITMIME");
	if (any_utf8(t))
		buf_adds(&params, " SMTPUTF8");
	if (t->s->require_tls)
		buf_adds(&params, " REQUIRETLS");
	if (o->dsn)
		dsn_for_mail(&params, &t->rcpts->dsn);
	rc = send_with(t, "MAIL FROM", t->from, &params, e);
	buf_free(&params);
	t->s->newest = t;
	t->s->mails++;
	t->s->dirty = 1;
	return rc == -1 ? -1 : asked(t, WANT_MAIL, NULL, e);
}

/* C: RCPT TO:<to> [NOTIFY=... ORCPT=...]          RFC 5321 4.1.1.3, 3461
 * S: 250 | 251 | 252 taken; 4yz try later; 5yz refused: a refusal is this recipient's, not the session's */
static int
put_rcpt(struct transaction *t, struct rcpt *r, struct buf *params, struct err *e)
{
	buf_cut(params, 0);
	if (t->s->offer.dsn)
		dsn_for_rcpt(params, &t->rcpts->dsn, &r->wish);
	if (send_with(t, "RCPT TO", r->addr, params, e) == -1)
		return -1;
	r->state = RCPT_ASKED;
	return asked(t, WANT_RCPT, r, e);
}

static int
put_rcpts(struct transaction *t, struct err *e)
{
	struct buf params = { 0 };
	size_t i, named = 0;
	int rc = 0;

	for (i = 0; rc == 0 && i < t->rcpts->n && !t->refused; i++) {
		struct rcpt *r = &t->rcpts->v[i];

		if (r->state != RCPT_WAITING || !limits_admit(t->s, r, named))
			continue;
		rc = put_rcpt(t, r, &params, e);
		named++;
	}
	buf_free(&params);
	return rc;
}

/* C: RSET     S: 250 */
static int
put_rset(struct transaction *t, struct err *e)
{
	t->s->dirty = 0;
	return smtp_send(t->s, e, "RSET") == -1 ? -1 : asked(t, WANT_RSET, NULL, e);
}

/* C: DATA     S: 354 | 4yz | 5yz; 354 with nobody taken may come, and is answered by a lone dot (RFC 2920 3.1) */
static int
put_data(struct transaction *t, struct err *e)
{
	if (!t->s->offer.pipelining && t->taken == 0)
		return 0;
	return smtp_send(t->s, e, "DATA") == -1 ? -1 : asked(t, WANT_DATA, NULL, e);
}

int
transact_envelope(struct transaction *t, int eager, struct err *e)
{
	if (t->s->dues == 0 && smtp_silent(t->s, e) == -1)
		return -1;
	if (t->s->dirty && put_rset(t, e) == -1)
		return -1;
	if (put_mail(t, e) == -1 || put_rcpts(t, e) == -1)
		return -1;
	t->eager = eager;
	if (eager)
		return transact_message(t, e);
	return by_bdat(t) ? 0 : put_data(t, e);
}

struct body_out {
	struct stream *stream;
	struct progress progress;
	int source_failed;
};

static int
body_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct body_out *out = ctx;

	progress_add(&out->progress, 0, n);
	out->source_failed = stream_write(out->stream, p, n, e) == 0;
	return out->source_failed ? 0 : -1;
}

/* The message itself. Whatever fails here, the server must not take what it has for the whole: no dot, no QUIT. */
static int
put_body(struct transaction *t, int dots, struct err *e)
{
	struct body_out out = { .stream = t->s->stream, .source_failed = 1 };
	struct wire wire;
	int rc;

	smtp_arm(t->s, 180);
	progress_begin(&out.progress, "sending", 0, t->out.mail->scan.wire, t->out.mail->scan.wire < SHOWN_MIN);
	wire_begin(&wire, dots, body_write, &out);
	if (t->out.mail->raw)
		rc = mail_each(t->out.mail, body_write, &out, e);
	else
		rc = mail_each(t->out.mail, wire_write, &wire, e) == -1 ? -1 : wire_end(&wire, e);
	progress_end(&out.progress);
	t->s->broken |= rc == -1;
	t->spoilt = rc == -1 && out.source_failed;
	return rc;
}

/* The replies to the whole message: one, or in LMTP one a recipient taken. */
static void
note_end(struct transaction *t)
{
	size_t i;

	if (!t->s->lmtp)
		replies_note(t, WANT_END, NULL);
	for (i = 0; t->s->lmtp && i < t->rcpts->n; i++)
		if (t->rcpts->v[i].state == RCPT_TAKEN)
			replies_note(t, WANT_END, &t->rcpts->v[i]);
}

/* C: message, "."              S: 250, in LMTP one a recipient taken       RFC 5321 4.1.1.4, 2033 4.2
 * C: BDAT n LAST, n octets     S: 250             RFC 3030 2; unasked for, it is answered by 503 where nobody was taken */
int
transact_message(struct transaction *t, struct err *e)
{
	int bdat = by_bdat(t);

	if (t->s->dues == 0 && smtp_silent(t->s, e) == -1)
		return -1;
	if (bdat && smtp_send(t->s, e, "BDAT %llu LAST", (unsigned long long)t->out.mail->scan.wire) == -1)
		return -1;
	if (put_body(t, !bdat, e) == -1 || (!bdat && smtp_send(t->s, e, ".") == -1))
		return -1;
	t->put = 1;
	t->end = stream_mark(t->s->stream);
	t->s->dirty = t->eager;
	note_end(t);
	return t->s->offer.pipelining ? 0 : replies_all(t->s, e);
}

/* 421 says that what stands behind it was not done. */
static int
said_421(const struct smtp *s)
{
	return s->answer.done && s->answer.code == 421;
}

void
transact_lost(struct transaction *t, const struct err *e)
{
	int unsure = t->put && stream_passed(t->s->stream, t->end) && !said_421(t->s);
	struct err why = *e;
	size_t i;

	why.class = ERR_TEMP;
	err_prefix(&why, "the connection was lost after the message: it may have been delivered");
	for (i = 0; i < t->rcpts->n; i++) {
		struct rcpt *r = &t->rcpts->v[i];

		if (r->state != RCPT_ASKED && r->state != RCPT_TAKEN)
			continue;
		if (unsure)
			rcpt_fail(r, RCPT_LATER, &why);
		else
			r->state = RCPT_WAITING;
	}
}

void
transact_end(struct transaction *t)
{
	const struct smtp *s = t->s;

	rcpts_sign(t->rcpts, s->to != NULL ? s->to->host : s->account->url.host, s->offer.dsn);
	outgoing_free(&t->out);
}
