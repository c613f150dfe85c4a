/* SPDX-License-Identifier: ISC */
/* target.c - a maildir, or standard output behind a hold. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "eol.h"
#include "err.h"
#include "mboxrd.h"
#include "spill.h"
#include "xalloc.h"

#define HOLD (256 * 1024)

struct target {
	struct maildir *maildir;
	int as_is, paths, begun;
	struct eol eol;
	uint64_t octets;
	struct buf hold;	/* for stdout */
	int spill;		/* the temporary file, or -1 */
};

int
target_open(struct target **out, const struct target_opts *o, struct err *e)
{
	struct target *t = xcalloc(1, sizeof(*t));

	t->as_is = o->as_is;
	t->paths = o->paths;
	t->spill = -1;
	if (o->maildir != NULL && maildir_open(&t->maildir, o->maildir, e) == -1)
		target_free(&t);
	*out = t;
	return t == NULL ? -1 : 0;
}

void
target_free(struct target **tp)
{
	struct target *t = *tp;

	if (t == NULL)
		return;
	target_abort(t);
	maildir_free(&t->maildir);
	buf_free(&t->hold);
	free(t);
	*tp = NULL;
}

struct maildir *
target_maildir(struct target *t)
{
	return t->maildir;
}

void
target_placed(void *ctx, const char *path)
{
	struct target *t = ctx;

	if (t->paths)
		printf("%s\n", path);
}

static int
spill_hold(struct target *t, struct err *e)
{
	if (t->spill == -1 && (t->spill = spill_open(e)) == -1)
		return -1;
	if (sink_fd(&t->spill, buf_str(&t->hold), t->hold.len, e) == -1)
		return err_prefix(e, "temporary file");
	buf_cut(&t->hold, 0);
	return 0;
}

/* LF text to its place. */
static int
keep(void *ctx, const char *p, size_t n, struct err *e)
{
	struct target *t = ctx;

	t->octets += n;
	if (t->maildir != NULL)
		return maildir_write(t->maildir, p, n, e);
	buf_add(&t->hold, p, n);
	return t->hold.len > HOLD ? spill_hold(t, e) : 0;
}

int
target_begin(struct target *t, struct err *e)
{
	target_abort(t);
	t->eol = (struct eol){ 0, 0 };
	t->begun = 1;
	return t->maildir != NULL ? maildir_begin(t->maildir, e) : 0;
}

int
target_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct target *t = ctx;

	return eol_to_lf(&t->eol, p, n, keep, t, e);
}

void
target_abort(struct target *t)
{
	t->begun = 0;
	if (t->maildir != NULL)
		maildir_abort(t->maildir);
	if (t->spill != -1)
		close(t->spill);
	t->spill = -1;
	buf_cut(&t->hold, 0);
}

static int
to_stdout(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)ctx;
	if (fwrite(p, 1, n, stdout) == n)
		return 0;
	return err_sys(e, ERR_IO, "write standard output");
}

/* What is held, in order: the temporary file, then memory. */
static int
give_out(struct target *t, sink_fn *sink, void *ctx, struct err *e)
{
	char part[16384];
	ssize_t n = 0;

	if (t->spill != -1 && lseek(t->spill, 0, SEEK_SET) == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	while (t->spill != -1 && (n = read(t->spill, part, sizeof(part))) > 0) {
		if (sink(ctx, part, (size_t)n, e) == -1)
			return -1;
	}
	if (n == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	return t->hold.len > 0 ? sink(ctx, buf_str(&t->hold), t->hold.len, e) : 0;
}

static int
end_stdout(struct target *t, time_t when, struct err *e)
{
	struct mboxrd box;
	int r;

	if (t->as_is)
		return give_out(t, to_stdout, NULL, e);
	r = mboxrd_begin(&box, to_stdout, NULL, NULL, when != 0 ? when : time(NULL), e);
	if (r == 0)
		r = give_out(t, mboxrd_write, &box, e);
	if (r == 0)
		r = mboxrd_end(&box, e);
	return r;
}

int
target_end(struct target *t, const char *letters, time_t when, struct err *e)
{
	int r = eol_to_lf_end(&t->eol, keep, t, e);

	if (r == 0)
		r = t->maildir != NULL ? maildir_stage(t->maildir, letters, when, e) : end_stdout(t, when, e);
	if (r == -1 || t->maildir == NULL)
		target_abort(t);
	t->begun = 0;
	return r;
}

size_t
target_staged(const struct target *t)
{
	return t->maildir != NULL ? maildir_count(t->maildir) : 0;
}

uint64_t
target_octets(const struct target *t)
{
	return t->octets;
}

int
target_sync(struct target *t, struct err *e)
{
	return t->maildir != NULL ? maildir_sync(t->maildir, e) : 0;
}

int
target_place(struct target *t, struct err *e)
{
	t->octets = 0;
	return t->maildir != NULL ? maildir_place(t->maildir, target_placed, t, e) : 0;
}
