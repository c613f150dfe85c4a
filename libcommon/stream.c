/* SPDX-License-Identifier: ISC */
/* stream.c - lines, counted octets and the trace, over the buffers of streambuf.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "deadline.h"
#include "err.h"
#include "log.h"
#include "streambuf.h"
#include "xalloc.h"

#define TIMEOUT		60
#define MAX_LINE	8192

struct stream *
stream_new(struct conn *c, const struct stream_opts *o)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->ops = &stream_plain;
	s->conn = *c;
	c->fd = -1;
	c->pid = 0;
	s->opts = *o;
	if (s->opts.timeout == 0)
		s->opts.timeout = TIMEOUT;
	if (s->opts.max_line == 0)
		s->opts.max_line = MAX_LINE;
	s->in_cap = STREAM_IN;
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
	deflate_free(&s->deflate);
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

int
stream_fd(const struct stream *s)
{
	return s->conn.fd;
}

void
stream_keepalive(struct stream *s, int seconds)
{
	unsigned int unheard = (unsigned int)seconds * 2000;
	const struct { int name; const void *value; socklen_t size; } options[] = {
#ifdef TCP_KEEPIDLE
		{ TCP_KEEPIDLE, &seconds, sizeof seconds },
#endif
#ifdef TCP_KEEPINTVL
		{ TCP_KEEPINTVL, &(const int){ seconds / 4 + 1 }, sizeof(int) },
#endif
#ifdef TCP_KEEPCNT
		{ TCP_KEEPCNT, &(const int){ 4 }, sizeof(int) },
#endif
#ifdef TCP_USER_TIMEOUT
		{ TCP_USER_TIMEOUT, &unheard, sizeof unheard },
#endif
		{ -1, &unheard, sizeof unheard }
	};

	for (size_t i = 0; options[i].name != -1; i++)	/* no TCP: refused, and no harm */
		setsockopt(s->conn.fd, IPPROTO_TCP, options[i].name, options[i].value, options[i].size);
}

int
stream_local(const struct stream *s)
{
	return s->conn.local;
}

const char *
stream_peer(const struct stream *s)
{
	return s->conn.peer;
}

void
stream_limit(struct stream *s, size_t max_line)
{
	s->opts.max_line = max_line;
}

void
stream_arm(struct stream *s, int seconds)
{
	s->armed = s->left = (int64_t)(seconds > 0 ? seconds : s->opts.timeout) * 1000;
	s->moved = 0;
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
		r = stream_fill(s, s->opts.max_line + 2 > STREAM_IN ? s->opts.max_line + 2 : STREAM_IN, e);
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
		int r = stream_fill(s, s->in_cap, e);

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
	ssize_t r = s->in_at < s->in_end ? 1 : stream_try(s, s->in_cap, e);

	return r == TLS_ERROR ? -1 : r >= 0;
}

int
stream_write(struct stream *s, const char *p, size_t n, struct err *e)
{
	s->bulk_out += n;
	return stream_put(s, p, n, e);
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
	return stream_put(s, s->line.data, s->line.len, e);
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
	if (stream_put(s, shown, strlen(shown), e) == -1)
		return -1;
	s->out_secret = 1;
	if (stream_put(s, secret, strlen(secret), e) == -1)
		return -1;
	s->out_secret = 1;
	return stream_put(s, "\r\n", 2, e);
}

uint64_t
stream_mark(const struct stream *s)
{
	return s->put;
}

int
stream_passed(const struct stream *s, uint64_t mark)
{
	return s->gone >= mark;
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
	s->ops = &stream_over_tls;
	stream_arm(s, 0);
	trace(s, "TLS", tls_version(s->tls), strlen(tls_version(s->tls)));
	return 0;
}

int
stream_deflate(struct stream *s, struct err *e)
{
	if (stream_flush(s, e) == -1)
		return -1;
	s->deflate = deflate_new(s->in + s->in_at, s->in_end - s->in_at);
	s->in_at = s->in_end;
	return s->deflate != NULL ? 0 : err_set(e, ERR_SOFTWARE, "built without zlib");
}
