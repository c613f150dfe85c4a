/* SPDX-License-Identifier: ISC */
/* spool.c - the queue's directory, and how entries come in. (spool_list.c: reading it; entry.c: claiming and removing; settle.c:
 * recording.)
 *
 * States of an entry, and the call that leads from each to the next. "Safe" means: it survives a power cut.
 *   none      open(tmp/NAME, O_CREAT|O_EXCL)
 *   partial   Nobody looks into tmp/; what a killed add leaves there goes after 36 hours. write …, fsync(file)
 *   staged    The data are safe. Lock the file, rename(tmp/NAME, new/NAME), never over another file
 *   placed    Complete and visible, but the name is not safe: add still holds the lock, so nobody sends it. fsync(new/). If
 *             that fails it is unlinked again and add fails; a runner that has just opened it sees that the name is gone.
 *   waiting   Safe: the lock goes, add prints the id and exits 0.
 *   claimed   A runner has the exclusive lock on the open file, has then checked that the name still leads to that file, and
 *             has read the envelope again. The lock ends with its process, however that ends, and so does msend (courier.c).
 *             Each reply is recorded as it comes: pwrite of the reply and the fate's octet, fdatasync(file) for sent and
 *             refused. `later` is not synced: losing it only means another try.
 *   untold    Somebody was refused or given up, or there is a delay or success to tell of, and the sender does not know yet.
 *             The notice becomes an entry as others do: it is placed before pwrite, fdatasync(file) record that he was told.
 *             Its name follows from this entry's and from what it tells, so what a crash leaves here makes the same notice
 *             again, and placing it finds that it is there. Only if it has been sent meanwhile there are two. No other
 *             recipient is tried before.
 *      → waiting   somebody is to be tried later: pwrite of time and count, not synced; unlock
 *      → done      nobody waits, nobody is to be told: unlink, not synced. An entry that a power cut brings back has nobody
 *                  waiting: it is removed unsent. Of several entries that were answered in one go the fdatasync of each is
 *                  left out: fsync(new/) after the unlinks takes its place.
 *      → held      nobody waits, and the sender of somebody refused can't be told (the null sender, too many notices): it is
 *                  reported, then pwrite of the state. After a cut it is reported again.
 * So the only window for sending twice is SMTP's own (RFC 1047), between the server's 250 and our pwrite (after a kill) or
 * fdatasync or fsync (after a power cut), for the messages that msend has under way. */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "lock.h"
#include "maildir.h"
#include "message.h"
#include "spool.h"
#include "xalloc.h"

#define FLUSH_ALL 8	/* so many files are better flushed by one syncfs */

const char *const spool_box_name[] = { "new", "cur" };

int
spool_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_dirs(struct spool *q, const char *path)
{
	int root = spool_dir(AT_FDCWD, path), saved;

	if (root != -1) {
		q->tmp = spool_dir(root, "tmp");
		q->box[SPOOL_NEW] = q->tmp == -1 ? -1 : spool_dir(root, spool_box_name[SPOOL_NEW]);
		q->box[SPOOL_CUR] = q->box[SPOOL_NEW] == -1 ? -1 : spool_dir(root, spool_box_name[SPOOL_CUR]);
		saved = errno;
		close(root);
		errno = saved;
	}
	return q->box[SPOOL_CUR] == -1 ? -1 : 0;
}

static int
make_dirs(const char *path, struct err *e)
{
	struct maildir *m;

	if (maildir_open(&m, path, e) == -1)
		return -1;
	maildir_free(&m);
	return 0;
}

/* The path goes to msend on a line of its own, and into messages. */
static int
settle_path(struct spool *q, const char *path, struct err *e)
{
	const char *p;

	if ((q->path = realpath(path, NULL)) == NULL)
		return err_sys(e, err_file(errno), "queue %s", path);
	for (p = q->path; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			return err_set(e, ERR_CONFIG, "queue %s: a control character in the path", path);
	return 0;
}

int
spool_open(struct spool *q, const char *path, int make, struct err *e)
{
	*q = (struct spool){ .tmp = -1, .box = { -1, -1 } };
	if (open_dirs(q, path) == -1) {
		int lacking = errno == ENOENT;

		spool_close(q);
		if (!lacking)
			return err_sys(e, err_file(errno), "queue %s", path);
		if (!make)
			return 1;
		if (make_dirs(path, e) == -1)
			return -1;
		if (open_dirs(q, path) == -1) {
			err_sys(e, err_file(errno), "queue %s", path);
			spool_close(q);
			return -1;
		}
	}
	if (settle_path(q, path, e) == -1) {
		spool_close(q);
		return -1;
	}
	return 0;
}

static void
close_dir(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void
spool_close(struct spool *q)
{
	int saved = errno;

	close_dir(&q->tmp);
	close_dir(&q->box[SPOOL_NEW]);
	close_dir(&q->box[SPOOL_CUR]);
	free(q->path);
	q->path = NULL;
	errno = saved;
}

int
spool_sync(const struct spool *q, struct err *e)
{
	return fsync(q->box[SPOOL_NEW]) == -1 ? err_sys(e, ERR_IO, "sync %s/new", q->path) : 0;
}

int
spool_flush(const struct spool *q, struct err *e)
{
#ifdef __linux__
	if (syncfs(q->tmp) == -1)
		return err_sys(e, ERR_IO, "sync %s", q->path);
#else
	(void)q;
	(void)e;
#endif
	return 0;
}

void
spool_tidy(const struct spool *q)
{
	struct maildir *m;
	struct err ignored;

	if (maildir_open(&m, q->path, &ignored) == -1)
		return;
	maildir_tidy(m);
	maildir_free(&m);
}

char *
spool_path(const struct spool *q, const struct spool_name *n)
{
	return xasprintf("%s/%s/%s", q->path, spool_box_name[n->box], n->name);
}

int
draft_begin(struct draft *d, const struct spool *q, struct err *e)
{
	struct timespec now;
	int64_t when;

	*d = (struct draft){ .spool = q, .fd = -1 };
	clock_gettime(CLOCK_REALTIME, &now);
	if (ident_name(d->name, sizeof d->name, &now, message_hostname()) == -1 || ident_parse(d->name, d->id, &when) == -1)
		return err_set(e, ERR_CONFIG, "the host name %s does not fit a file name", message_hostname());
	d->fd = openat(q->tmp, d->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->fd == -1)
		return err_sys(e, err_file(errno), "create %s/tmp/%s", q->path, d->name);
	strlcpy(d->to, d->name, sizeof d->to);
	d->at = DRAFT_STAGED;
	return 0;
}

int
draft_derive(struct draft *d, const char *from, uint64_t what, struct err *e)
{
	int64_t when;

	if (ident_derive(d->to, sizeof d->to, from, what) == -1 || ident_parse(d->to, d->id, &when) == -1)
		return err_set(e, ERR_SOFTWARE, "no name can be made from %s", from);
	return 0;
}

int
draft_sync(struct draft *d, struct err *e)
{
	return fsync(d->fd) == -1 ? err_sys(e, ERR_IO, "sync %s/tmp/%s", d->spool->path, d->name) : 0;
}

/* maildir.c tells why. */
int
draft_sync_all(struct draft *d, size_t count, struct err *e)
{
	size_t i;

#ifdef __linux__
	if (count >= FLUSH_ALL && syncfs(d->fd) == 0)
		return 0;
#endif
	for (i = 0; i < count; i++)
		if (draft_sync(&d[i], e) == -1)
			return -1;
	return 0;
}

/* Without the call, or on a file system that can't do it (NFS), link says as well when the name is taken. */
static int
move(const struct draft *d)
{
	int from = d->spool->tmp, to = d->spool->box[SPOOL_NEW];

#ifdef RENAME_NOREPLACE
	if (renameat2(from, d->name, to, d->to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
#endif
	if (linkat(from, d->name, to, d->to, 0) == -1)
		return -1;
	(void)unlinkat(from, d->name, 0);
	return 0;
}

int
draft_place(struct draft *d, struct err *e)
{
	if (lock_file(d->fd) == -1)
		return err_sys(e, ERR_IO, "lock %s/tmp/%s", d->spool->path, d->name);
	if (move(d) == -1) {
		if (errno == EEXIST && strcmp(d->name, d->to) != 0)
			return 1;
		return err_sys(e, err_file(errno), "move %s/tmp/%s to new/", d->spool->path, d->name);
	}
	d->at = DRAFT_PLACED;
	return 0;
}

void
draft_end(struct draft *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
	d->at = DRAFT_NONE;
}

/* The lock is still held while the name goes: a runner that waited for it finds no entry. */
void
draft_abort(struct draft *d)
{
	if (d->at == DRAFT_STAGED)
		(void)unlinkat(d->spool->tmp, d->name, 0);
	else if (d->at == DRAFT_PLACED)
		(void)unlinkat(d->spool->box[SPOOL_NEW], d->to, 0);
	draft_end(d);
}
