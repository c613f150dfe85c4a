/* SPDX-License-Identifier: ISC */
/* stream.c - buffers, waits and trace over a plain or TLS connection.
 * The two kinds differ in struct ops only; STARTTLS changes the pointer. Only wait_for waits, and that is where the armed
 * time is spent: only waiting counts, so a caller may take as long as it likes over its own files between two reads.
 * When a write fails because the server hung up, what it said before that is still worth reading (often why it hung up): then
 * writes are swallowed, and the read after its last words reports the end. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "buf.h"
#include "deadline.h"
#include "err.h"
#include "log.h"
#include "stream.h"
#include "xalloc.h"

#define IN_SIZE		((size_t)16 * 1024)	/* one TLS record */
#define IN_MAX		((size_t)1024 * 1024)	/* while a write waits */
#define OUT_SIZE	((size_t)32 * 1024)
#define PROGRESS	4096			/* octets that renew the armed time */
#define TIMEOUT		60
#define MAX_LINE	8192

/* read, write: > 0, or one of the enum of tls.h with *e set where it is TLS_ERROR. */
struct ops {
	ssize_t (*read)(struct stream *, char *, size_t, struct err *);
	ssize_t (*write)(struct stream *, const char *, size_t, struct err *);
};

struct stream {
	const struct ops *ops;
	struct conn conn;
	struct tls *tls;
	struct stream_opts opts;
	int64_t armed, left;	/* ms: the time armed, what is not yet waited of it */
	size_t moved;		/* octets since it was armed, or renewed */
	char *in;
	size_t in_at, in_end, in_cap;
	int eof;		/* of the input */
	int deaf;		/* the server reads no more: writes are dropped */
	size_t out_len;
	int out_secret;		/* to be wiped once it is sent */
	uint64_t bulk_in, bulk_out;	/* not yet traced */
	struct buf line;	/* being formatted */
	char out[OUT_SIZE];
};

static ssize_t
plain_result(const struct stream *s, ssize_t r, ssize_t again, struct err *e)
{
	if (r >= 0)
		return r;
	if (errno == EAGAIN || errno == EINTR)
		return again;
	return err_sys(e, ERR_TEMP, "connection to %s lost", s->conn.peer);
}

static ssize_t
plain_read(struct stream *s, char *p, size_t n, struct err *e)
{
	return plain_result(s, recv(s->conn.fd, p, n, 0), TLS_WANT_READ, e);
}

static ssize_t
plain_write(struct stream *s, const char *p, size_t n, struct err *e)
{
	return plain_result(s, send(s->conn.fd, p, n, MSG_NOSIGNAL), TLS_WANT_WRITE, e);
}

static ssize_t
over_tls_read(struct stream *s, char *p, size_t n, struct err *e)
{
	ssize_t r = tls_read(s->tls, p, n, e);

	if (r == TLS_ERROR)
		err_prefix(e, "%s", s->conn.peer);
	return r;
}

static ssize_t
over_tls_write(struct stream *s, const char *p, size_t n, struct err *e)
{
	ssize_t r = tls_write(s->tls, p, n, e);

	if (r == TLS_ERROR)
		err_prefix(e, "%s", s->conn.peer);
	return r;
}

static const struct ops plain = { plain_read, plain_write };
static const struct ops over_tls = { over_tls_read, over_tls_write };

struct stream *
stream_new(struct conn *c, const struct stream_opts *o)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->ops = &plain;
	s->conn = *c;
	c->fd = -1;
	c->pid = 0;
	s->opts = *o;
	if (s->opts.timeout == 0)
		s->opts.timeout = TIMEOUT;
	if (s->opts.max_line == 0)
		s->opts.max_line = MAX_LINE;
	s->in_cap = IN_SIZE;
	s->in = xmalloc(s->in_cap);
	stream_arm(s, 0);
	return s;
}

void
stream_close(struct stream **sp)
{
	struct stream *s = *sp;

	if (!s)
		return;
	tls_close(&s->tls);
	conn_close(&s->conn);
	explicit_bzero(s->out, s->out_len);
	buf_free(&s->line);
	free(s->in);
	free(s);
	*sp = NULL;
}

struct tls *
stream_tls(struct stream *s)
{
	return s->tls;
}

int
stream_safe(const struct stream *s)
{
	return s->tls != NULL || s->conn.local;
}

const char *
stream_peer(const struct stream *s)
{
	return s->conn.peer;
}

void
stream_arm(struct stream *s, int seconds)
{
	s->armed = s->left = (int64_t)(seconds > 0 ? seconds : s->opts.timeout) * 1000;
	s->moved = 0;
}

static void
progress(struct stream *s, ssize_t n)
{
	s->moved += (size_t)n;
	if (s->moved >= PROGRESS) {
		s->left = s->armed;
		s->moved = 0;
	}
}

/* Trace. A count of bulk data is given when the next line, either way, is. */
static void
trace_bulk(const char *side, uint64_t *n)
{
	char text[40];
	int len = snprintf(text, sizeof text, "[%llu octets]", (unsigned long long)*n);

	if (*n > 0)
		log_trace(side, text, (size_t)len);
	*n = 0;
}

static void
trace(struct stream *s, const char *side, const char *text, size_t len)
{
	if (!s->opts.trace)
		return;
	trace_bulk("C", &s->bulk_out);
	trace_bulk("S", &s->bulk_in);
	if (text)
		log_trace(side, text, len);
}

static int
wait_for(struct stream *s, short events, struct err *e)
{
	struct pollfd p = { .fd = s->conn.fd, .events = events };
	int64_t before = deadline_now();
	int r = deadline_poll(&p, 1, deadline_in(s->left, s->opts.end), s->conn.peer, e);

	s->left -= deadline_now() - before;
	if (s->left < 0)
		s->left = 0;
	return r == -1 ? -1 : 0;
}

/* Makes room behind the input, growing it up to max. 0 if there is none. */
static size_t
room(struct stream *s, size_t max)
{
	if (s->in_at == s->in_end)
		s->in_at = s->in_end = 0;
	if (s->in_end == s->in_cap && s->in_at > 0) {
		memmove(s->in, s->in + s->in_at, s->in_end - s->in_at);
		s->in_end -= s->in_at;
		s->in_at = 0;
	}
	if (s->in_end == s->in_cap && s->in_cap < max) {
		s->in_cap = s->in_cap * 2 < max ? s->in_cap * 2 : max;
		s->in = xreallocarray(s->in, s->in_cap, 1);
	}
	return s->in_cap - s->in_end;
}

/* One read, without waiting: > 0, or the enum of tls.h. End of file stays. */
static ssize_t
try_read(struct stream *s, size_t max, struct err *e)
{
	size_t n = room(s, max);
	ssize_t r;

	if (s->eof)
		return TLS_EOF;
	if (n == 0)
		return TLS_WANT_WRITE;	/* only while a write waits */
	r = s->ops->read(s, s->in + s->in_end, n, e);
	if (r > 0) {
		s->in_end += (size_t)r;
		progress(s, r);
	}
	s->eof = r == TLS_EOF;
	return r;
}

/* More input, waited for: 0, or 1 at end of file. Room must be there up to max. */
static int
fill(struct stream *s, size_t max, struct err *e)
{
	if (stream_flush(s, e) == -1)
		return -1;
	for (;;) {
		ssize_t r = try_read(s, max, e);

		if (r >= 0)
			return r == TLS_EOF;
		if (r == TLS_ERROR || wait_for(s, r == TLS_WANT_WRITE ? POLLOUT : POLLIN, e) == -1)
			return -1;
	}
}

static int
closed(const struct stream *s, const char *where, struct err *e)
{
	return err_set(e, ERR_TEMP, "%s closed the connection inside %s", s->conn.peer, where);
}

int
stream_line(struct stream *s, char **line, size_t *len, struct err *e)
{
	size_t seen = 0, n;
	char *lf;

	while ((lf = memchr(s->in + s->in_at + seen, '\n', s->in_end - s->in_at - seen)) == NULL) {
		int r;

		seen = s->in_end - s->in_at;
		if (seen > s->opts.max_line + 1)	/* its CR may be here already */
			break;
		r = fill(s, s->opts.max_line + 2 > IN_SIZE ? s->opts.max_line + 2 : IN_SIZE, e);
		if (r == 1 && seen > 0)
			return closed(s, "a line", e);
		if (r != 0) {
			trace(s, "S", NULL, 0);
			return r;
		}
	}
	*line = s->in + s->in_at;
	n = lf ? (size_t)(lf - *line) : seen;
	if (lf && n > 0 && (*line)[n - 1] == '\r')
		n--;
	if (!lf || n > s->opts.max_line)
		return err_set(e, ERR_PROTOCOL, "%s sent a line of more than %zu octets", s->conn.peer, s->opts.max_line);
	(*line)[n] = '\0';
	*len = n;
	s->in_at = (size_t)(lf + 1 - s->in);
	trace(s, "S", *line, n);
	return 0;
}

int
stream_peek(struct stream *s, const char **p, size_t *n, struct err *e)
{
	if (s->in_at == s->in_end) {
		int r = fill(s, s->in_cap, e);

		if (r != 0)
			return r;
	}
	*p = s->in + s->in_at;
	*n = s->in_end - s->in_at;
	return 0;
}

void
stream_take(struct stream *s, size_t n)
{
	s->in_at += n;
	s->bulk_in += n;
}

int
stream_copy(struct stream *s, uint64_t n, sink_fn *sink, void *ctx, struct err *e)
{
	while (n > 0) {
		const char *p = NULL;
		size_t have = 0;
		int r = stream_peek(s, &p, &have, e);

		if (r == 1)
			return closed(s, "data that it had announced", e);
		if (r == -1)
			return -1;
		if (have > n)
			have = (size_t)n;
		if (sink(ctx, p, have, e) == -1)
			return -1;
		stream_take(s, have);
		n -= have;
	}
	return 0;
}

int
stream_ready(struct stream *s, struct err *e)
{
	ssize_t r = s->in_at < s->in_end ? 1 : try_read(s, s->in_cap, e);

	return r == TLS_ERROR ? -1 : r >= 0;
}

/* The server has hung up. What it said before is taken in; with nothing to read, the error stands. */
static int
hung_up(struct stream *s)
{
	struct err ignored;

	while (try_read(s, IN_MAX, &ignored) > 0)
		;
	s->deaf = 1;
	return s->in_at < s->in_end ? 0 : -1;
}

/* All of it leaves, or -1. The server may itself wait for us to read: meanwhile its words are taken in. */
static int
drain(struct stream *s, const char *p, size_t n, struct err *e)
{
	while (n > 0 && !s->deaf) {
		ssize_t r = s->ops->write(s, p, n, e);
		ssize_t got;

		if (r > 0) {
			p += r;
			n -= (size_t)r;
			progress(s, r);
			continue;
		}
		if (r == TLS_ERROR)
			return hung_up(s);
		got = try_read(s, IN_MAX, e);
		if (got == TLS_ERROR)
			return hung_up(s);
		if (got <= 0 && wait_for(s, (short)(POLLOUT | (got == TLS_WANT_READ ? POLLIN : 0)), e) == -1)
			return -1;
	}
	return 0;
}

int
stream_flush(struct stream *s, struct err *e)
{
	size_t n = s->out_len;
	int r;

	if (n == 0)
		return 0;
	r = drain(s, s->out, n, e);
	s->out_len = 0;
	if (s->out_secret)
		explicit_bzero(s->out, n);
	s->out_secret = 0;
	return r;
}

static int
put(struct stream *s, const char *p, size_t n, struct err *e)
{
	if (n > OUT_SIZE - s->out_len && stream_flush(s, e) == -1)
		return -1;
	if (n >= OUT_SIZE)
		return drain(s, p, n, e);
	memcpy(s->out + s->out_len, p, n);
	s->out_len += n;
	return 0;
}

int
stream_write(struct stream *s, const char *p, size_t n, struct err *e)
{
	s->bulk_out += n;
	return put(s, p, n, e);
}

int
stream_sink(void *ctx, const char *p, size_t n, struct err *e)
{
	return stream_write(ctx, p, n, e);
}

/* A line end that came with an argument would make two commands of one. */
static int
has_control(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
			return 1;
	return 0;
}

int
stream_send(struct stream *s, struct err *e, const char *fmt, ...)
{
	va_list ap;

	buf_cut(&s->line, 0);
	va_start(ap, fmt);
	buf_vprintf(&s->line, fmt, ap);
	va_end(ap);
	if (has_control(s->line.data, s->line.len))
		return err_set(e, ERR_DATA, "a control character can't be sent to %s: \"%s\"", s->conn.peer, buf_str(&s->line));
	trace(s, "C", buf_str(&s->line), s->line.len);
	buf_adds(&s->line, "\r\n");
	return put(s, s->line.data, s->line.len, e);
}

int
stream_send_secret(struct stream *s, const char *shown, const char *secret, struct err *e)
{
	if (has_control(shown, strlen(shown)) || has_control(secret, strlen(secret)))
		return err_set(e, ERR_DATA, "a control character in a user name or password can't be sent to %s", s->conn.peer);
	buf_cut(&s->line, 0);
	buf_printf(&s->line, "%s********", shown);
	trace(s, "C", s->line.data, s->line.len);
	s->out_secret = 1;
	if (put(s, shown, strlen(shown), e) == -1)
		return -1;
	s->out_secret = 1;
	if (put(s, secret, strlen(secret), e) == -1)
		return -1;
	s->out_secret = 1;
	return put(s, "\r\n", 2, e);
}

int
stream_starttls(struct stream *s, const struct tls_opts *o, struct err *e)
{
	if (stream_flush(s, e) == -1)
		return -1;
	if (s->in_at < s->in_end)
		return err_set(e, ERR_PROTOCOL, "%s sent data before TLS began; somebody may be tampering with the connection", s->conn.peer);
	if (tls_connect(&s->tls, s->conn.fd, o, deadline_in(s->left, s->opts.end), e) == -1)
		return err_prefix(e, "%s", s->conn.peer);
	s->ops = &over_tls;
	stream_arm(s, 0);
	trace(s, "TLS", tls_version(s->tls), strlen(tls_version(s->tls)));
	return 0;
}
