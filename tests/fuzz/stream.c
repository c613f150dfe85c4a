/* SPDX-License-Identifier: ISC */
/* stream: what arrives in pieces (the first octet tells their size) is read as the same lines as a plain walk over it finds. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "deadline.h"
#include "err.h"
#include "stream.h"

#define MAX_LINE	40
#define MAX_PIECES	64	/* that a socket takes without a reader */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A stream's input: SOCK_SEQPACKET keeps the pieces apart. */
static struct stream *
fed(const uint8_t *data, size_t n, size_t piece)
{
	const struct stream_opts o = { .max_line = MAX_LINE, .end = deadline_in(1000, 0) };
	struct conn c = { .peer = "fuzz" };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sv) == -1)
		abort();
	for (size_t at = 0; at < n; at += piece)
		if (send(sv[1], data + at, piece < n - at ? piece : n - at, 0) == -1)
			abort();
	close(sv[1]);
	c.fd = sv[0];
	return stream_new(&c, &o);
}

/* The line at data: its length, how much it takes up; or what stream_line must say instead. */
static int
walk(const uint8_t *data, size_t n, size_t *len, size_t *taken, enum err_class *class)
{
	const uint8_t *lf = n > 0 ? memchr(data, '\n', n) : NULL;

	if (n == 0)
		return 1;
	*len = lf ? (size_t)(lf - data) : n;
	*taken = *len + 1;
	if (lf && *len > 0 && data[*len - 1] == '\r')
		(*len)--;
	*class = lf || *len > MAX_LINE + 1 ? ERR_PROTOCOL : ERR_TEMP;
	return lf && *len <= MAX_LINE ? 0 : -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t piece = n > 0 ? data[0] : 1, at = 0, want_len = 0, taken = 0, len = 0;
	enum err_class class = ERR_NONE;
	struct err e = { 0 };
	struct stream *s;
	char *line;
	int want, got;

	if (n > 8192)
		return 0;
	if (piece < n / MAX_PIECES + 1)
		piece = n / MAX_PIECES + 1;
	s = fed(data, n, piece);
	do {
		want = walk(data + at, n - at, &want_len, &taken, &class);
		got = stream_line(s, &line, &len, &e);
		if (got != want || (got == -1 && e.class != class))
			abort();
		if (got == 0 && (len != want_len || memcmp(line, data + at, len) != 0 || line[len] != '\0'))
			abort();
		at += taken;
	} while (got == 0);
	stream_close(&s);
	return 0;
}
