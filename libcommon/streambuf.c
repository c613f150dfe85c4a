/* SPDX-License-Identifier: ISC */
/* streambuf.c - buffers and waits over a plain or TLS connection.
 * The two kinds differ in struct stream_ops only; STARTTLS changes the pointer. Only wait_for waits, and that is where the armed
 * time is spent: only waiting counts, so a caller may take as long as it likes over its own files between two reads.
 * When a write fails because the server hung up, what it said before that is still worth reading (often why it hung up): then
 * writes are swallowed, and the read after its last words reports the end. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "deadline.h"
#include "err.h"
#include "streambuf.h"
#include "xalloc.h"

#define IN_MAX		((size_t)1024 * 1024)	/* while a write waits */
#define PROGRESS	4096			/* octets that renew the armed time */

/* > 0, or one of the enum of tls.h with *e set where it is TLS_ERROR. */
struct stream_ops {
	ssize_t (*read)(struct stream *, char *, size_t, struct err *);
	ssize_t (*write)(struct stream *, const char *, size_t, struct err *);
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

const struct stream_ops stream_plain = { plain_read, plain_write };
const struct stream_ops stream_over_tls = { over_tls_read, over_tls_write };

static void
progress(struct stream *s, ssize_t n)
{
	s->moved += (size_t)n;
	if (s->moved >= PROGRESS) {
		s->left = s->armed;
		s->moved = 0;
	}
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

static ssize_t
expanded_read(struct stream *s, char *p, size_t n, struct err *e)
{
	for (;;) {
		ssize_t r = deflate_unpack(s->deflate, p, n, e);
		size_t room;
		char *to;

		if (r == -1)
			return err_prefix(e, "%s sent", s->conn.peer);
		if (r != 0)
			return r == DEFLATE_END ? TLS_EOF : r;
		to = deflate_room(s->deflate, &room);
		r = s->ops->read(s, to, room, e);
		if (r <= 0)
			return r;
		deflate_fed(s->deflate, (size_t)r);
	}
}

ssize_t
stream_try(struct stream *s, size_t max, struct err *e)
{
	size_t n = room(s, max);
	ssize_t r;

	if (s->eof)
		return TLS_EOF;
	if (n == 0)
		return TLS_WANT_WRITE;	/* only while a write waits */
	r = s->deflate != NULL ? expanded_read(s, s->in + s->in_end, n, e) : s->ops->read(s, s->in + s->in_end, n, e);
	if (r > 0) {
		s->in_end += (size_t)r;
		progress(s, r);
	}
	s->eof = r == TLS_EOF;
	return r;
}

int
stream_fill(struct stream *s, size_t max, struct err *e)
{
	if (stream_flush(s, e) == -1)
		return -1;
	for (;;) {
		ssize_t r = stream_try(s, max, e);

		if (r >= 0)
			return r == TLS_EOF;
		if (r == TLS_ERROR || wait_for(s, r == TLS_WANT_WRITE ? POLLOUT : POLLIN, e) == -1)
			return -1;
	}
}

/* The server has hung up. What it said before is taken in; with nothing to read, the error stands. */
static int
hung_up(struct stream *s)
{
	struct err ignored;

	while (stream_try(s, IN_MAX, &ignored) > 0)
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
			s->gone += (uint64_t)r;
			progress(s, r);
			continue;
		}
		if (r == TLS_ERROR)
			return hung_up(s);
		got = stream_try(s, IN_MAX, e);
		if (got == TLS_ERROR)
			return hung_up(s);
		if (got <= 0 && wait_for(s, (short)(POLLOUT | (got == TLS_WANT_READ ? POLLIN : 0)), e) == -1)
			return -1;
	}
	return 0;
}

static int
push(struct stream *s, const char *p, size_t n, int flush, struct err *e)
{
	const char *packed;
	size_t len;

	if (s->deflate == NULL)
		return drain(s, p, n, e);
	while ((len = deflate_pack(s->deflate, &p, &n, flush, &packed)) > 0) {
		if (drain(s, packed, len, e) == -1)
			return -1;
	}
	return 0;
}

static int
empty(struct stream *s, int flush, struct err *e)
{
	size_t n = s->out_len;
	int r;

	if (n == 0 && !(flush && s->deflate != NULL && deflate_waiting(s->deflate)))
		return 0;
	r = push(s, s->out, n, flush, e);
	s->out_len = 0;
	if (s->out_secret)
		explicit_bzero(s->out, n);
	s->out_secret = 0;
	return r;
}

int
stream_flush(struct stream *s, struct err *e)
{
	return empty(s, 1, e);
}

int
stream_put(struct stream *s, const char *p, size_t n, struct err *e)
{
	s->put += n;
	if (n > STREAM_OUT - s->out_len && empty(s, 0, e) == -1)
		return -1;
	if (n >= STREAM_OUT)
		return push(s, p, n, 0, e);
	memcpy(s->out + s->out_len, p, n);
	s->out_len += n;
	return 0;
}
