/* SPDX-License-Identifier: ISC */
/* deliver.c - a table per kind of target. */
#include "deliver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "command.h"
#include "err.h"
#include "mboxfile.h"
#include "mboxrd.h"
#include "trace.h"
#include "xalloc.h"

#define BATCH 256

struct kind {
	size_t batch;
	int (*begin)(struct deliver *, struct err *);
	sink_fn *write;
	int (*end)(struct deliver *, struct err *);
	void (*abort)(struct deliver *);
	int (*sync)(struct deliver *, struct err *);
	int (*place)(struct deliver *, struct err *);
};

struct deliver {
	const struct kind *kind;
	struct maildir *maildir;
	struct deliver_opts opts;
	int spool;		/* the message under way, or -1 */
	char *out;		/* what mboxrd made, not yet written */
	size_t held;
	struct mboxrd box;	/* a mailbox file: the spool holds all messages of the batch */
	off_t begun;		/* where the one under way begins in it */
};

/* A maildir. */

static int
maildir_kind_begin(struct deliver *d, struct err *e)
{
	return maildir_begin(d->maildir, e);
}

static int
maildir_kind_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	return maildir_write(d->maildir, p, n, e);
}

static int
maildir_kind_end(struct deliver *d, struct err *e)
{
	return maildir_stage(d->maildir, NULL, 0, e) == -1;
}

static void
maildir_kind_abort(struct deliver *d)
{
	maildir_abort(d->maildir);
}

static int
maildir_kind_sync(struct deliver *d, struct err *e)
{
	return maildir_sync(d->maildir, e);
}

static int
maildir_kind_place(struct deliver *d, struct err *e)
{
	return maildir_place(d->maildir, deliver_placed, d, e);
}

/* A spooled message, whole before anybody sees it. */

static int
spool_begin(struct deliver *d, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *path;

	deliver_abort(d);
	if (dir == NULL || *dir != '/')
		dir = "/tmp";
	path = xasprintf("%s/mpop.XXXXXX", dir);
	if ((d->spool = mkostemp(path, O_CLOEXEC)) == -1)
		err_sys(e, err_file(errno), "make %s", path);
	else
		unlink(path);
	free(path);
	return d->spool == -1 ? -1 : 0;
}

static int
spool_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	return sink_fd(&d->spool, p, n, e);
}

static void
spool_abort(struct deliver *d)
{
	if (d->spool != -1)
		close(d->spool);
	d->spool = -1;
}

static int
nothing_to_do(struct deliver *d, struct err *e)
{
	(void)d;
	(void)e;
	return 0;
}

/* A command. */

/* What it says by sysexits.h is passed on; 126 and 127 are the shell's: then no other message can be delivered either. */
static int
command_end(struct deliver *d, struct err *e)
{
	int code = command_run(d->opts.where, d->spool, d->opts.end, e);

	spool_abort(d);
	if (code == 126 || code == 127)
		return err_set(e, ERR_CONFIG, "the command \"%.200s\" can't be run", d->opts.where);
	if (code > 0)
		err_set(e, code >= ERR_USAGE && code <= ERR_CONFIG ? (enum err_class)code : ERR_TEMP,
		    "the command exited with %d", code);
	return code != 0;
}

/* Standard output. */

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

	spool_abort(d);
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

/* A mailbox file. */

static int
mbox_begin(struct deliver *d, struct err *e)
{
	if (d->spool == -1 && spool_begin(d, e) == -1)
		return -1;
	if ((d->begun = lseek(d->spool, 0, SEEK_END)) == -1)
		return err_sys(e, ERR_IO, "write a temporary file");
	return mboxrd_begin(&d->box, spool_write, d, NULL, time(NULL), e);
}

static int
mbox_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	return mboxrd_write(&d->box, p, n, e);
}

static int
mbox_end(struct deliver *d, struct err *e)
{
	return mboxrd_end(&d->box, e) == -1;
}

static void
mbox_abort(struct deliver *d)
{
	if (d->spool != -1 && ftruncate(d->spool, d->begun) == -1)
		spool_abort(d);		/* what was in it is not recorded, and comes again */
}

static int
mbox_sync(struct deliver *d, struct err *e)
{
	int r = d->spool == -1 ? err_set(e, ERR_IO, "a temporary file is lost") :
	    mboxfile_append(d->opts.where, d->spool, d->opts.end, e);

	spool_abort(d);
	return r;
}

static const struct kind kinds[] = {
	[TO_MAILDIR] = { BATCH, maildir_kind_begin, maildir_kind_write, maildir_kind_end, maildir_kind_abort, maildir_kind_sync,
	    maildir_kind_place },
	[TO_COMMAND] = { 1, spool_begin, spool_write, command_end, spool_abort, nothing_to_do, nothing_to_do },
	[TO_STDOUT] = { BATCH, spool_begin, spool_write, stdout_end, spool_abort, stdout_sync, nothing_to_do },
	[TO_MBOX] = { BATCH, mbox_begin, mbox_write, mbox_end, mbox_abort, mbox_sync, nothing_to_do }
};

int
deliver_open(struct deliver **dp, const struct deliver_opts *opts, struct err *e)
{
	struct deliver *d = xcalloc(1, sizeof *d);

	d->kind = &kinds[opts->kind];
	d->opts = *opts;
	d->spool = -1;
	if (opts->kind == TO_STDOUT)
		d->out = xmalloc(BUFSIZ);
	if (opts->kind == TO_MAILDIR && maildir_open(&d->maildir, opts->where, e) == -1)
		deliver_free(&d);
	*dp = d;
	return d == NULL ? -1 : 0;
}

void
deliver_free(struct deliver **dp)
{
	struct deliver *d = *dp;

	if (d == NULL)
		return;
	spool_abort(d);
	maildir_free(&d->maildir);
	free(d->out);
	free(d);
	*dp = NULL;
}

struct maildir *
deliver_maildir(const struct deliver *d)
{
	return d->maildir;
}

size_t
deliver_batch(const struct deliver *d)
{
	return d->kind->batch;
}

int
deliver_begin(struct deliver *d, struct err *e)
{
	struct buf fields = { NULL, 0, 0 };
	int r = d->kind->begin(d, e);

	if (r == 0 && d->opts.trace != NULL)
		trace_fields(&fields, d->opts.trace);
	if (r == 0 && fields.len > 0)
		r = d->kind->write(d, fields.data, fields.len, e);
	buf_free(&fields);
	return r;
}

int
deliver_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	return d->kind->write(d, p, n, e);
}

int
deliver_end(struct deliver *d, struct err *e)
{
	return d->kind->end(d, e);
}

const char *
deliver_name(const struct deliver *d)
{
	return d->maildir != NULL ? maildir_name(d->maildir) : "-";
}

void
deliver_abort(struct deliver *d)
{
	d->kind->abort(d);
}

int
deliver_sync(struct deliver *d, struct err *e)
{
	return d->kind->sync(d, e);
}

int
deliver_place(struct deliver *d, struct err *e)
{
	return d->kind->place(d, e);
}

void
deliver_placed(void *ctx, const char *path)
{
	struct deliver *d = ctx;

	if (d->opts.print_paths)
		puts(path);
}
