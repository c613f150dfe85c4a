/* SPDX-License-Identifier: ISC */
/* deliver.c - a table per kind of target: maildirs here, the others in files of their own. */
#include "delivering.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "mboxfile.h"
#include "trace.h"
#include "xalloc.h"

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

int
deliver_spool_begin(struct deliver *d, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *path;

	deliver_abort(d);
	if (dir == NULL || *dir != '/')
		dir = "/tmp";
#ifdef O_TMPFILE
	if ((d->spool = open(dir, O_RDWR | O_TMPFILE | O_EXCL | O_CLOEXEC, 0600)) != -1)
		return 0;	/* it never had a name that could be left behind */
#endif
	path = xasprintf("%s/mpop.XXXXXX", dir);
	if ((d->spool = mkostemp(path, O_CLOEXEC)) == -1)
		err_sys(e, err_file(errno), "make %s", path);
	else
		unlink(path);
	free(path);
	return d->spool == -1 ? -1 : 0;
}

int
deliver_spool_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	return sink_fd(&d->spool, p, n, e);
}

void
deliver_spool_abort(struct deliver *d)
{
	if (d->spool != -1)
		close(d->spool);
	d->spool = -1;
}

static const struct deliver_kind_ops to_maildir = { DELIVER_BATCH, maildir_kind_begin, maildir_kind_write, maildir_kind_end,
	maildir_kind_abort, maildir_kind_sync, maildir_kind_place };
static const struct deliver_kind_ops *const kinds[] = { [TO_MAILDIR] = &to_maildir, [TO_COMMAND] = &deliver_to_command,
	[TO_STDOUT] = &deliver_to_stdout, [TO_MBOX] = &deliver_to_mbox };

int
deliver_open(struct deliver **dp, const struct deliver_opts *opts, struct err *e)
{
	struct deliver *d = xcalloc(1, sizeof *d);

	d->kind = kinds[opts->kind];
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
	deliver_spool_abort(d);
	mboxfile_close(&d->file);
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

const char *
deliver_id(const struct deliver *d)
{
	return d->id[0] != '\0' ? d->id : NULL;
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
