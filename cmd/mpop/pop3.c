/* SPDX-License-Identifier: ISC */
/* pop3.c - one function per command; only pop3_send and pop3_recv speak with the server (and login.c for secrets).
 * Numbers from the server never count octets or messages: a body ends at its dot, a list at its dot. */
#include "pop3.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "dots.h"
#include "eol.h"
#include "stream.h"
#include "xalloc.h"

/* Octets of commands whose replies are outstanding: what a server is sure to take while it is busy sending bodies, and where all
 * replies together are small enough to be taken in at any time. */
#define FLIGHT 16384
#define FLIGHT_SHORT 65536
#define CAPS_MAX 256

static const struct service services[] = {
	{ "pop3s", "995", 1, 0 },
	{ "pop3", "110", 0, 0 },
	{ NULL, NULL, 0, 0 }
};

int
pop3_send(struct pop3 *p, struct err *e, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		return err_set(e, ERR_USAGE, "too long for a POP3 command: %.100s…", line);
	return stream_send(p->s, e, "%s", line);
}

static int
lost(const struct pop3 *p, struct err *e)
{
	return err_set(e, ERR_TEMP, "%s closed the connection", stream_peer(p->s));
}

static int
read_line(struct pop3 *p, char **line, size_t *len, struct err *e)
{
	int r = stream_line(p->s, line, len, e);

	return r == 1 ? lost(p, e) : r;
}

static int
recv_one(struct pop3 *p, struct reply *r, struct err *e)
{
	char *line;
	size_t len;

	stream_arm(p->s, 0);
	if (read_line(p, &line, &len, e) == -1)
		return -1;
	if (reply_parse(r, line, e) == -1)
		return err_prefix(e, "%s", stream_peer(p->s));
	return 0;
}

int
pop3_recv(struct pop3 *p, struct reply *r, struct err *e)
{
	for (; p->owed > 0; p->owed--)
		if (recv_one(p, r, e) == -1)
			return -1;
	return recv_one(p, r, e);
}

int
pop3_refused(const struct pop3 *p, const struct reply *r, const char *what, struct err *e)
{
	return err_set(e, reply_class(r), "%s refused by %s: \"%.200s\"", what, stream_peer(p->s), r->text);
}

/* The next line of a multi-line response, its stuffed dot gone: 1, or 0 at the end. */
static int
list_line(struct pop3 *p, char **line, size_t *len, struct err *e)
{
	if (read_line(p, line, len, e) == -1)
		return -1;
	if (**line != '.')
		return 1;
	++*line;
	return --*len > 0;
}

static int
read_caps(struct pop3 *p, struct err *e)
{
	struct reply r;
	char *line;
	size_t len;
	int more;

	memset(&p->caps, 0, sizeof p->caps);
	p->asked = 0;
	if (pop3_recv(p, &r, e) == -1)
		return -1;
	if (r.kind != REPLY_OK)
		return 0;
	p->asked = 1;
	for (int n = 0; (more = list_line(p, &line, &len, e)) == 1; n++) {
		if (n == CAPS_MAX)
			return err_set(e, ERR_PROTOCOL, "%s lists more than %d capabilities", stream_peer(p->s), CAPS_MAX);
		caps_line(&p->caps, line);
	}
	return more;
}

/* C: CAPA                  RFC 2449 section 5
 * S: +OK … S: PIPELINING … S: .     or -ERR: then nothing is known, and nothing assumed */
int
pop3_capa(struct pop3 *p, struct err *e)
{
	return pop3_send(p, e, "CAPA") == -1 ? -1 : read_caps(p, e);
}

/* C: STLS                  RFC 2595 section 4
 * S: +OK, handshake        what was learnt in clear is forgotten; a server that won't is left before anything secret is said */
static int
stls(struct pop3 *p, struct account *a, struct err *e)
{
	struct reply r;

	if (p->asked && !p->caps.stls)
		return err_set(e, ERR_UNAVAILABLE, "%s offers no STLS, so the connection would not be private; use a "
		    "pop3s:// URL, or -o tls=off to do without", stream_peer(p->s));
	if (pop3_send(p, e, "STLS") == -1 || pop3_recv(p, &r, e) == -1)
		return -1;
	if (r.kind != REPLY_OK)
		return pop3_refused(p, &r, "STLS", e);
	if (account_starttls(a, p->s, e) == -1)
		return -1;
	return pop3_capa(p, e);
}

/* C: CAPA                  need not wait for the greeting, which hangs on nothing
 * S: +OK ready <1896.697170952@pop.example.org> */
static int
greeting(struct pop3 *p, struct err *e)
{
	struct reply r;

	if (pop3_send(p, e, "CAPA") == -1 || pop3_recv(p, &r, e) == -1)
		return -1;
	if (r.kind != REPLY_OK)
		return pop3_refused(p, &r, "session", e);
	if (reply_stamp(r.text, p->stamp) == -1)
		p->stamp[0] = '\0';
	return 0;
}

/* C: UTF8                  RFC 6856 section 2: else the server may change a message that has UTF-8 in its header, or not give
 * it. It
 *                          travels with the login where the server takes both at once; what it says changes nothing */
static int
utf8(struct pop3 *p, struct err *e)
{
	struct reply r;

	if (!p->caps.utf8)
		return 0;
	if (pop3_send(p, e, "UTF8") == -1)
		return -1;
	if (!p->caps.pipelining)
		return pop3_recv(p, &r, e);
	p->owed = 1;
	return 0;
}

int
pop3_open(struct pop3 *p, struct account *a, struct err *e)
{
	int starttls;

	if (account_connect(a, services, &p->s, &starttls, e) == -1)
		return -1;
	if (greeting(p, e) == -1 || read_caps(p, e) == -1)
		return -1;
	if (starttls && stls(p, a, e) == -1)
		return -1;
	return utf8(p, e) == -1 ? -1 : pop3_login(p, a, e);
}

typedef int listing_fn(struct listing *, const char *, size_t, struct err *);

/* S: +OK … S: 1 … S: .     0 if the server refuses the command, 1 when the list is read */
static int
read_list(struct pop3 *p, listing_fn *fn, struct listing *l, struct err *e)
{
	struct reply r;
	char *line;
	size_t len;
	int more;

	if (pop3_recv(p, &r, e) == -1)
		return -1;
	if (r.kind != REPLY_OK)
		return r.code == CODE_TEMP ? pop3_refused(p, &r, "listing", e) : 0;
	while ((more = list_line(p, &line, &len, e)) == 1)
		if (fn(l, line, len, e) == -1)
			return err_prefix(e, "%s", stream_peer(p->s));
	return more == -1 ? -1 : 1;
}

static size_t
command_length(const struct pop3_run *run, const struct listing_msg *m)
{
	return (size_t)snprintf(NULL, 0, "%s %u%s", run->verb, m->number, run->suffix) + 2;
}

/* A window over the commands: `sent` runs ahead of the replies as far as the flight allows, and is refilled when half of it is
 * answered. */
int
pop3_run(struct pop3 *p, const struct pop3_run *run, struct err *e)
{
	size_t sent = 0, out = 0, limit = !p->caps.pipelining ? 1 : run->one_line ? FLIGHT_SHORT : FLIGHT;
	int tail = run->tail != NULL;
	struct reply r;

	for (size_t got = 0; got < run->count || tail; got++) {
		if (out == 0 && got < run->count && pop3_quiet(p, e) == -1)
			return -1;
		if (out <= limit / 2) {
			for (; sent < run->count && out < limit; sent++) {
				if (pop3_send(p, e, "%s %u%s", run->verb, run->msg[sent]->number, run->suffix) == -1)
					return -1;
				out += command_length(run, run->msg[sent]);
			}
			if (tail && sent == run->count && (p->caps.pipelining || got == run->count)) {
				tail = 0;
				if (pop3_send(p, e, "%s", run->tail) == -1)
					return -1;
			}
		}
		if (got == run->count)
			break;
		if (pop3_recv(p, &r, e) == -1 || run->fn(run->ctx, run->msg[got], &r, e) == -1)
			return -1;
		out -= command_length(run, run->msg[got]);
	}
	return 0;
}

/* C: LIST 1                RFC 1939 section 5
 * S: +OK 1 120 */
static int
sized(void *ctx, struct listing_msg *m, const struct reply *r, struct err *e)
{
	const char *size;
	uint32_t number;
	size_t n;

	(void)ctx;
	(void)e;
	if (r->kind == REPLY_OK && reply_number(r->text, strlen(r->text), &number, &size, &n) == 0 && number == m->number)
		m->size = listing_size(size, n);
	return 0;
}

int
pop3_sizes(struct pop3 *p, struct listing_msg *const *msg, size_t count, struct err *e)
{
	struct pop3_run list = { .verb = "LIST", .suffix = "", .one_line = 1, .msg = msg, .count = count, .fn = sized };

	return count > 0 ? pop3_run(p, &list, e) : 0;
}

/* By which they are told apart. */
static int
twin_sizes(struct pop3 *p, struct listing *l, struct err *e)
{
	struct listing_msg **msg = xcalloc(l->count + 1, sizeof *msg);
	size_t n = 0;
	int r;

	for (size_t i = 0; i < l->count; i++)
		if (l->msg[i].twin > 0)
			msg[n++] = &l->msg[i];
	r = pop3_sizes(p, msg, n, e);
	free(msg);
	return r;
}

/* C: UIDL C: LIST          RFC 1939 sections 7, 5; one flight with PIPELINING. Never behind the last word of AUTH: Cyrus takes the
 * first command after it for something else. */
int
pop3_list(struct pop3 *p, struct listing *l, int *uids, struct err *e)
{
	int both = p->caps.pipelining && !p->uids_only, sizes;

	if (pop3_quiet(p, e) == -1 || pop3_send(p, e, "UIDL") == -1 || (both && pop3_send(p, e, "LIST") == -1))
		return -1;
	if ((*uids = read_list(p, listing_uidl, l, e)) == -1)
		return -1;
	if (*uids && p->uids_only)
		return listing_end(l) > 0 ? twin_sizes(p, l, e) : 0;
	if (!both && (pop3_quiet(p, e) == -1 || pop3_send(p, e, "LIST") == -1))
		return -1;
	if ((sizes = read_list(p, listing_list, l, e)) == -1)
		return -1;
	if (!*uids && !sizes)
		return err_set(e, ERR_UNAVAILABLE, "%s lists no messages: it refuses both UIDL and LIST", stream_peer(p->s));
	listing_end(l);
	return 0;
}

struct body {
	struct eol eol;
	sink_fn *sink;
	void *ctx;
};

static int
body_text(void *ctx, const char *p, size_t n, struct err *e)
{
	struct body *b = ctx;

	return eol_to_lf(&b->eol, p, n, b->sink, b->ctx, e);
}

int
pop3_body(struct pop3 *p, sink_fn *sink, void *ctx, struct err *e)
{
	struct body b = { .sink = sink, .ctx = ctx };
	struct dots d = { DOTS_LINE };
	int end = 0;

	while (!end) {
		const char *text;
		size_t n, used;
		int r = stream_peek(p->s, &text, &n, e);

		if (r == 1)
			return err_set(e, ERR_TEMP, "%s closed the connection inside a message", stream_peer(p->s));
		if (r == -1 || (end = dots_feed(&d, text, n, &used, body_text, &b, e)) == -1)
			return -1;
		stream_take(p->s, used);
	}
	return eol_to_lf_end(&b.eol, sink, ctx, e);
}

int
pop3_quiet(struct pop3 *p, struct err *e)
{
	const char *text;
	size_t n;
	int r = stream_ready(p->s, e);

	p->astray = r == 1 && (r = stream_peek(p->s, &text, &n, e)) == 0 && *text != '-';
	if (p->astray)
		r = err_set(e, ERR_PROTOCOL, "%s says more than it was asked, so its answers can't be relied on", stream_peer(p->s));
	return r == -1 ? -1 : 0;	/* the end of the connection, or an -ERR before it, is found out by what comes next */
}

void
pop3_close(struct pop3 *p)
{
	if (p->s != NULL)
		stream_close(&p->s);
	memset(p, 0, sizeof *p);
}
