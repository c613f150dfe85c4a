/* SPDX-License-Identifier: ISC */
/* deliver_mbox.c - messages into a mailbox file, a batch at once. As many files can't be moved into place together here, a batch
 * is first a file of its own, durable and named by the record that says its messages are delivered:
 *   pennypost-batch 1 OFFSET PAD ID      in HEAD octets, the last of them LF
 *   the messages as mboxrd
 * OFFSET is how long the mailbox was, PAD how many line ends go between. Only then is it appended; when a run dies in between,
 * the next one finds the record, and appends what is missing. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "delivering.h"
#include "dir.h"
#include "err.h"
#include "mboxfile.h"

#define HEAD 160

static int
spool_failed(struct err *e)
{
	return err_sys(e, err_file(errno), "write a temporary file");
}

/* Where nobody records anything (-d) an unlinked file will do. */
static int
open_spool(struct deliver *d, struct err *e)
{
	if (d->opts.batch == NULL) {
		if (deliver_spool_begin(d, e) == -1)
			return -1;
	} else if ((d->spool = open(d->opts.batch, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) == -1)
		return err_sys(e, err_file(errno), "make %s", d->opts.batch);
	return lseek(d->spool, HEAD, SEEK_SET) == -1 ? spool_failed(e) : 0;
}

static int
mbox_begin(struct deliver *d, struct err *e)
{
	if (d->spool == -1 && open_spool(d, e) == -1)
		return -1;
	if ((d->begun = lseek(d->spool, 0, SEEK_CUR)) == -1)
		return spool_failed(e);
	return mboxrd_begin(&d->box, deliver_spool_write, d, NULL, time(NULL), e);
}

static int
mbox_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct deliver *d = ctx;

	return mboxrd_write(&d->box, p, n, e);
}

static void
mbox_abort(struct deliver *d)
{
	if (d->spool != -1 && (ftruncate(d->spool, d->begun) == -1 || lseek(d->spool, d->begun, SEEK_SET) == -1))
		deliver_spool_abort(d);		/* what was in it is not recorded, and comes again */
}

static int
mbox_end(struct deliver *d, struct err *e)
{
	if (mboxrd_end(&d->box, e) == 0)
		return 0;
	mbox_abort(d);
	return 1;
}

static int
write_head(struct deliver *d, struct err *e)
{
	static unsigned int counter;
	char head[HEAD + 1];
	int n;

	snprintf(d->id, sizeof d->id, "%lld.%ld.%u", (long long)time(NULL), (long)getpid(), ++counter);
	n = snprintf(head, sizeof head, "pennypost-batch 1 %lld %d %s", (long long)mboxfile_size(d->file), mboxfile_pad(d->file),
	    d->id);
	memset(head + n, ' ', (size_t)(HEAD - n));
	head[HEAD - 1] = '\n';
	if (pwrite(d->spool, head, HEAD, 0) != HEAD || fsync(d->spool) == -1)
		return err_sys(e, err_file(errno), "write %s", d->opts.batch);
	if (!d->named && dir_sync_parent(d->opts.batch, e) == -1)
		return -1;
	d->named = 1;
	return 0;
}

static int
mbox_sync(struct deliver *d, struct err *e)
{
	if (d->spool == -1)
		return err_set(e, ERR_IO, "a temporary file is lost");
	if (mboxfile_open(&d->file, d->opts.where, d->opts.end, e) == -1)
		return -1;
	return d->opts.batch != NULL ? write_head(d, e) : 0;
}

static int
mbox_place(struct deliver *d, struct err *e)
{
	int r = mboxfile_append(d->file, d->spool, HEAD, e);

	mboxfile_close(&d->file);
	deliver_spool_abort(d);
	if (r == 0 && d->opts.batch != NULL) {
		unlink(d->opts.batch);
		d->named = 0;
	}
	return r;
}

const struct deliver_kind_ops deliver_to_mbox = { DELIVER_BATCH, mbox_begin, mbox_write, mbox_end, mbox_abort, mbox_sync,
	mbox_place };

static int
take_number(const char **p, long long max, long long *n)
{
	char *end;

	if (**p < '0' || **p > '9')
		return 0;
	errno = 0;
	*n = strtoll(*p, &end, 10);
	if (errno != 0 || *n > max || *end != ' ')
		return 0;
	*p = end + 1;
	return 1;
}

/* 1: it is the batch that was recorded. */
static int
read_head(int fd, const char *id, off_t *at, int *pad)
{
	static const char begin[] = "pennypost-batch 1 ";
	char head[HEAD + 1] = "";
	const char *p = head + sizeof(begin) - 1;
	long long offset, blanks;

	if (id == NULL || pread(fd, head, HEAD, 0) != HEAD || strncmp(head, begin, sizeof(begin) - 1) != 0)
		return 0;
	if (!take_number(&p, INT64_MAX, &offset) || !take_number(&p, 2, &blanks))
		return 0;
	*at = (off_t)offset;
	*pad = (int)blanks;
	return strncmp(p, id, strlen(id)) == 0 && p[strlen(id)] == ' ';
}

int
deliver_resume(struct deliver *d, const char *id, struct err *e)
{
	struct mboxfile *box = NULL;
	off_t at;
	int fd, pad, r = 0;

	if (d->opts.batch == NULL || (fd = open(d->opts.batch, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return d->opts.batch == NULL || errno == ENOENT ? 0 : err_sys(e, err_file(errno), "open %s", d->opts.batch);
	if (read_head(fd, id, &at, &pad)) {
		r = mboxfile_open(&box, d->opts.where, d->opts.end, e);
		if (r == 0)
			r = mboxfile_resume(box, fd, HEAD, at, pad, e);
		mboxfile_close(&box);
	}
	close(fd);
	if (r == 0)
		unlink(d->opts.batch);
	return r;
}
