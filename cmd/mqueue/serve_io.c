/* SPDX-License-Identifier: ISC */
/* serve_io.c - see serve_io.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "deadline.h"
#include "err.h"
#include "serve_io.h"

#define BULK 4096
#define REPLIES (16 * 1024)

void
serve_io_open(struct serve_io *io, int in, int out, int64_t wait)
{
	io->wait = wait;
	io->in = in;
	io->out = out;
	io->at = io->end = 0;
	io->step = 0;
	io->moved = 0;
	io->last = deadline_now() + SERVE_SESSION;
	io->line = io->reply = (struct buf){ 0 };
}

void
serve_io_close(struct serve_io *io)
{
	buf_free(&io->line);
	buf_free(&io->reply);
}

void
serve_io_arm(struct serve_io *io)
{
	io->step = deadline_in(io->wait, io->last);
	io->moved = 0;
}

int
serve_io_flush(struct serve_io *io, struct err *e)
{
	struct pollfd p = { .fd = io->out, .events = POLLOUT };
	int64_t at = deadline_in(io->wait, io->last);
	ssize_t n;

	while (io->reply.len > 0) {
		if (deadline_poll(&p, 1, at, "the client takes no reply", e) == -1)
			return -1;
		n = write(io->out, io->reply.data, io->reply.len);
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return err_sys(e, ERR_IO, "reply to the client");
		if (n > 0)
			buf_drop(&io->reply, (size_t)n);
	}
	return 0;
}

int
serve_io_waiting(struct serve_io *io)
{
	struct pollfd p = { .fd = io->in, .events = POLLIN };

	return io->at < io->end || poll(&p, 1, 0) > 0;
}

/* More input; what was there has been used. */
static int
fill(struct serve_io *io, struct err *e)
{
	struct pollfd p = { .fd = io->in, .events = POLLIN };
	ssize_t n;

	if ((!serve_io_waiting(io) || io->reply.len > REPLIES) && serve_io_flush(io, e) == -1)
		return -1;
	do {
		if (deadline_poll(&p, 1, io->step, "the client says nothing", e) == -1)
			return -1;
		n = read(io->in, io->data, sizeof io->data);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n == -1)
		return err_sys(e, ERR_IO, "read from the client");
	if (n == 0)
		return err_set(e, ERR_TEMP, "the client has hung up");
	io->at = 0;
	io->end = (size_t)n;
	return 0;
}

/* Up to and with the next LF of what is here. 1 when it was found. */
static int
take_line(struct serve_io *io)
{
	const char *p = io->data + io->at, *lf = memchr(p, '\n', io->end - io->at);
	size_t n = lf != NULL ? (size_t)(lf + 1 - p) : io->end - io->at;

	buf_add(&io->line, p, n);
	io->at += n;
	return lf != NULL;
}

enum serve_io_result
serve_io_line(struct serve_io *io, size_t limit, struct err *e)
{
	int done = 0;

	serve_io_arm(io);
	buf_cut(&io->line, 0);
	while (!done) {
		if (io->at == io->end && fill(io, e) == -1)
			return SERVE_GONE;
		done = take_line(io);
		if (io->line.len > SERVE_FLOOD)
			return SERVE_BARE;
	}
	if (io->line.len < 2 || io->line.data[io->line.len - 2] != '\r')
		return SERVE_BARE;
	buf_cut(&io->line, io->line.len - 2);
	if (memchr(io->line.data, '\r', io->line.len) != NULL)
		return SERVE_BARE;
	return io->line.len > limit ? SERVE_LONG : SERVE_OK;
}

enum serve_io_result
serve_io_some(struct serve_io *io, const char **p, size_t *n, struct err *e)
{
	if (io->at == io->end && fill(io, e) == -1)
		return SERVE_GONE;
	*p = io->data + io->at;
	*n = io->end - io->at;
	return SERVE_OK;
}

void
serve_io_take(struct serve_io *io, size_t n)
{
	io->at += n;
	if ((io->moved += n) >= BULK)
		serve_io_arm(io);
}
