/* SPDX-License-Identifier: ISC */
/* deliver_stdout.c - messages as mboxrd on standard output, each whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "delivering.h"
#include "err.h"

static int
out_flush(struct deliver *d, struct err *e)
{
	int fd = STDOUT_FILENO;
	size_t n = d->held;

	d->held = 0;
	return n > 0 ? sink_fd(&fd, d->out, n, e) : 0;
}

static int
out_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	while (n > 0) {
		size_t part = BUFSIZ - d->held < n ? BUFSIZ - d->held : n;

		memcpy(d->out + d->held, p, part);
		d->held += part;
		p += part;
		n -= part;
		if (d->held == BUFSIZ && out_flush(d, e) == -1)
			return -1;
	}
	return 0;
}

static int
copy_mboxrd(struct deliver *d, struct err *e)
{
	struct mboxrd box;
	char text[16384];
	ssize_t n;

	if (lseek(d->spool, 0, SEEK_SET) == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	if (mboxrd_begin(&box, out_write, d, NULL, time(NULL), e) == -1)
		return -1;
	while ((n = read(d->spool, text, sizeof text)) > 0)
		if (mboxrd_write(&box, text, (size_t)n, e) == -1)
			return -1;
	if (n == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	return mboxrd_end(&box, e) == -1 ? -1 : out_flush(d, e);
}

/* Where the next octet goes if it is a file, else -1. */
static off_t
out_position(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	return (fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND) != 0 ? st.st_size : lseek(STDOUT_FILENO, 0, SEEK_CUR);
}

/* Waits until no other process of this run writes; such locks belong to processes. */
static void
turn(const struct deliver *d, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	while (d->opts.turn != -1 && fcntl(d->opts.turn, F_SETLKW, &lock) == -1 && errno == EINTR)
		;
}

/* Half a message does not stay in a file. */
static int
stdout_append(struct deliver *d, struct err *e)
{
	off_t begin = out_position();
	int r = copy_mboxrd(d, e);

	deliver_spool_abort(d);
	if (r == 0)
		return 0;
	d->held = 0;
	if (begin != -1 && ftruncate(STDOUT_FILENO, begin) == 0)
		lseek(STDOUT_FILENO, begin, SEEK_SET);
	return err_prefix(e, "standard output");
}

static int
stdout_end(struct deliver *d, struct err *e)
{
	int r;

	turn(d, F_WRLCK);
	r = stdout_append(d, e);
	turn(d, F_UNLCK);
	return r;
}

/* A file is synced; of a reader behind a pipe we know only whether it is still there. */
static int
stdout_sync(struct deliver *d, struct err *e)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	(void)d;
	if (fsync(STDOUT_FILENO) == -1 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		return err_sys(e, ERR_IO, "sync standard output");
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0)
		return err_set(e, ERR_IO, "standard output: the reader has gone");
	return 0;
}

static int
stdout_place(struct deliver *d, struct err *e)
{
	(void)d;
	(void)e;
	return 0;
}

const struct deliver_kind_ops deliver_to_stdout = { DELIVER_BATCH, deliver_spool_begin, deliver_spool_write, stdout_end,
	deliver_spool_abort, stdout_sync, stdout_place };
