/* SPDX-License-Identifier: ISC */
/* smtp.c - a session's beginning and end, and the two functions every command and reply goes through.
 * Nothing the server said in clear is believed under TLS: the stream refuses what came early, offers are asked for again. */
#include "smtp.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "deadline.h"
#include "dial.h"
#include "dkim.h"
#include "err.h"
#include "message.h"
#include "stream.h"
#include "transact.h"
#include "xalloc.h"

enum { WAIT_CONNECT = 60, WAIT_GREETING = 300, WAIT_HELLO = 300, WAIT_STARTTLS = 120 };

static const struct service services[] = {
	{ "smtp", "587", 0, 0 },
	{ "smtps", "465", 1, 0 },
	{ "lmtp", "24", 0, 0 },
	{ "lmtp+unix", NULL, 0, 1 },
	{ NULL, NULL, 0, 0 },
};

void
smtp_arm(struct smtp *s, int seconds)
{
	stream_arm(s->stream, s->limit > 0 && s->limit < seconds ? s->limit : seconds);
}

int
smtp_send(struct smtp *s, struct err *e, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;
	int rc;

	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	rc = stream_send(s->stream, e, "%s", buf_str(&line));
	buf_free(&line);
	s->broken |= rc == -1;
	return rc;
}

int
smtp_send_secret(struct smtp *s, const char *shown, const char *secret, struct err *e)
{
	int rc = stream_send_secret(s->stream, shown, secret, e);

	s->broken |= rc == -1;
	return rc;
}

static int
recv_lines(struct smtp *s, struct err *e)
{
	char *line;
	size_t len;
	int rc;

	answer_clear(&s->answer);
	do {
		if ((rc = stream_line(s->stream, &line, &len, e)) == 1)
			return err_set(e, ERR_TEMP, "%s closed the connection", stream_peer(s->stream));
		if (rc == 0)
			rc = answer_feed(&s->answer, line, len, e);
	} while (rc == 0);
	return rc == 1 ? 0 : -1;
}

int
smtp_recv(struct smtp *s, int seconds, struct err *e)
{
	smtp_arm(s, seconds);
	if (recv_lines(s, e) == -1) {
		s->broken = 1;
		return -1;
	}
	s->closing |= s->answer.code == 421;
	return 0;
}

/* What came before it was asked for would pass for the reply to the next command. 421 may come at any time (RFC 5321 3.8). */
int
smtp_silent(struct smtp *s, struct err *e)
{
	int spoke = stream_ready(s->stream, e);

	if (spoke == 0)
		return 0;
	if (spoke == 1 && smtp_recv(s, WAIT_HELLO, e) == 0)
		answer_set(e, &s->answer, s->closing ? "the server ends the session" : "the server answers what was not asked");
	if (spoke == 1 && !s->broken && !s->closing)
		e->class = ERR_PROTOCOL;
	s->broken = 1;
	return -1;
}

/* S: 220 name | 554 no mail here          RFC 5321 3.1 */
static int
greeting(struct smtp *s, struct err *e)
{
	if (smtp_recv(s, WAIT_GREETING, e) == -1)
		return -1;
	return s->answer.code == 220 ? 0 : answer_set(e, &s->answer, "the server's greeting");
}

/* C: EHLO name     S: 250-… | 5yz         RFC 5321 3.2: then HELO, which offers nothing
 * C: LHLO name     S: 250-…               RFC 2033 4.1 */
static int
hello(struct smtp *s, struct err *e)
{
	const char *name = account_get(s->account, KEY_HELO);

	if (name == NULL)
		name = message_hostname();
	memset(&s->offer, 0, sizeof(s->offer));
	if (smtp_silent(s, e) == -1 || smtp_send(s, e, "%s %s", s->lmtp ? "LHLO" : "EHLO", name) == -1 || smtp_recv(s, WAIT_HELLO, e) == -1)
		return -1;
	if (s->answer.code == 250) {
		offer_parse(&s->offer, &s->answer);
		s->offer.binary &= s->offer.chunking && !s->lmtp;
		return 0;
	}
	if (s->lmtp || s->answer.code < 500)
		return answer_set(e, &s->answer, "the server does not want to talk to us");
	if (smtp_send(s, e, "HELO %s", name) == -1 || smtp_recv(s, WAIT_HELLO, e) == -1)
		return -1;
	return s->answer.code == 250 ? 0 : answer_set(e, &s->answer, "the server does not want to talk to us");
}

/* C: STARTTLS      S: 220 then the handshake, and EHLO again        RFC 3207 4.2 */
static int
starttls(struct smtp *s, struct err *e)
{
	if (!s->offer.starttls)
		return err_set(e, ERR_UNAVAILABLE, "%s offers no STARTTLS, so nothing was sent; use smtps:// if it has that, or "
		    "tls=off to send in clear", stream_peer(s->stream));
	if (smtp_send(s, e, "STARTTLS") == -1 || smtp_recv(s, WAIT_STARTTLS, e) == -1)
		return -1;
	if (s->answer.code != 220)
		return answer_set(e, &s->answer, "STARTTLS refused, so nothing was sent");
	if (account_starttls(s->account, s->stream, e) == -1) {
		s->broken = 1;
		return -1;
	}
	return hello(s, e);
}

static void
hang_up(struct smtp *s)
{
	struct err ignored;

	if (s->stream != NULL && smtp_usable(s) && smtp_send(s, &ignored, "QUIT") == 0)
		stream_flush(s->stream, &ignored);
	stream_close(&s->stream);
}

/* Connects and comes to terms, by begin, with the server at one of the host's addresses after the other. The error is that of the first
 * who would not do. */
static int
any_address(struct smtp *s, struct dial_tried *tried, int (*begin)(struct smtp *, struct dial_tried *, struct err *), struct err *e)
{
	struct err first = { 0 };
	unsigned int before;
	int rc;

	do {
		before = tried->n;
		s->broken = s->closing = 0;
		if ((rc = begin(s, tried, e)) == 0)
			return 0;
		if (first.class == ERR_NONE)
			first = *e;
		hang_up(s);
	} while (rc == -1 && tried->n > before);
	*e = first;
	return -1;
}

static int
begin(struct smtp *s, struct dial_tried *tried, struct err *e)
{
	int want_tls, rc;

	s->account->tried = tried;
	rc = account_connect(s->account, services, &s->stream, &want_tls, e);
	s->account->tried = NULL;
	if (rc != 0)
		return rc;
	return greeting(s, e) == -1 || hello(s, e) == -1 || (want_tls && starttls(s, e) == -1) ? -1 : 0;
}

static void
account_keys(struct smtp *s)
{
	const char *require = account_get(s->account, KEY_REQUIRE_TLS);

	s->require_tls = require != NULL && strcmp(require, "on") == 0;
}

static int
number_of(struct account *a, enum account_key key, int *n, struct err *e)
{
	return account_get(a, key) != NULL ? account_number(a, key, 0, 86400, n, e) : 0;
}

int
smtp_open(struct smtp **out, struct account *a, struct err *e)
{
	return smtp_open_met(out, a, NULL, e);
}

/* The secret is fetched first: nobody is kept waiting while a command or a person finds it. */
int
smtp_open_met(struct smtp **out, struct account *a, void (*met)(const struct smtp *), struct err *e)
{
	struct smtp *s = xcalloc(1, sizeof(*s));
	struct dial_tried tried = { 0 };
	int auth = smtp_wants_auth(a), rc;

	s->account = a;
	s->lmtp = strncmp(a->url.scheme, "lmtp", 4) == 0;
	account_keys(s);
	rc = number_of(a, KEY_TIMEOUT, &s->limit, e);
	if (rc == 0)
		rc = dkim_load(&s->dkim, a, e);
	if (rc == 0 && auth)
		rc = account_unlock(a, e);
	if (rc == 0)
		rc = any_address(s, &tried, begin, e);
	if (rc == 0 && met != NULL)
		met(s);
	if (rc == 0 && auth)
		rc = smtp_auth(s, e);
	if (rc == -1)
		smtp_close(&s);
	else
		*out = s;
	return rc;
}

/* Between servers (RFC 3207, 7435): where TLS is only welcome, a server that can't now gets the mail in clear. */
static int
starttls_to(struct smtp *s, struct err *e)
{
	struct smtp_to *to = s->to;

	if (to->need == SMTP_CLEAR || (to->need == SMTP_TLS_OFFERED && !s->offer.starttls))
		return 0;
	if (!s->offer.starttls)
		return err_set(e, ERR_TEMP, "%s offers no STARTTLS, which %s demands, so nothing was sent",
		    stream_peer(s->stream), to->because);
	if (smtp_send(s, e, "STARTTLS") == -1 || smtp_recv(s, WAIT_STARTTLS, e) == -1)
		return -1;
	if (s->answer.code != 220 && to->need == SMTP_TLS_OFFERED && smtp_usable(s))
		return 0;
	if (s->answer.code != 220)
		return answer_set(e, &s->answer, "STARTTLS refused, so nothing was sent");
	if (stream_starttls(s->stream, &to->tls, e) == -1) {
		to->tls_failed = 1;
		s->broken = 1;
		return -1;
	}
	return hello(s, e);
}

static int
connect_to(struct smtp *s, struct dial_tried *tried, struct err *e)
{
	struct stream_opts opts = { .end = s->account->end, .trace = s->account->verbose > 0 };
	const struct smtp_to *to = s->to;
	struct conn c = { .fd = -1 };
	int rc;

	opts.timeout = s->limit > 0 ? s->limit : WAIT_CONNECT;
	if (account_get(s->account, KEY_PROXY) != NULL)
		return err_set(e, ERR_CONFIG, "mx: can't go through a proxy; use an account with a server");
	rc = dial_addresses_again(&c, account_get(s->account, KEY_SOURCE), to->host, to->address, to->addresses, to->port, tried,
	    deadline_in((int64_t)opts.timeout * 1000, opts.end), e);
	if (rc == 0)
		s->stream = stream_new(&c, &opts);
	return rc;
}

static int
begin_to(struct smtp *s, struct dial_tried *tried, struct err *e)
{
	int rc = connect_to(s, tried, e);

	if (rc != 0)
		return rc;
	return greeting(s, e) == -1 || hello(s, e) == -1 || starttls_to(s, e) == -1 ? -1 : 0;
}

int
smtp_open_to(struct smtp **out, struct account *a, struct smtp_to *to, struct err *e)
{
	struct smtp *s = xcalloc(1, sizeof(*s));
	struct dial_tried tried = { 0 };
	int rc;

	s->account = a;
	s->to = to;
	account_keys(s);
	to->tls_failed = 0;
	rc = number_of(a, KEY_TIMEOUT, &s->limit, e) == -1 || dkim_load(&s->dkim, a, e) == -1 ? -1 : 0;
	if (rc == 0)
		rc = any_address(s, &tried, begin_to, e);
	if (rc == -1)
		smtp_close(&s);
	else
		*out = s;
	return rc;
}

int
smtp_usable(const struct smtp *s)
{
	return s != NULL && !s->broken && !s->closing;
}

int
smtp_quit(struct smtp *s, struct err *e)
{
	if (!s->offer.pipelining || s->closing)
		return 0;
	if (smtp_send(s, e, "QUIT") == -1)
		return -1;
	s->closing = 1;
	return 0;
}

void
smtp_close(struct smtp **sp)
{
	struct smtp *s = *sp;

	if (s == NULL)
		return;
	hang_up(s);
	replies_forget(s);
	limits_forget(s);
	answer_free(&s->answer);
	dkim_free(&s->dkim);
	free(s);
	*sp = NULL;
}
