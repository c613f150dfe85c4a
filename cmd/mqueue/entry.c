/* SPDX-License-Identifier: ISC */
/* entry.c - see entry.h; the states are in spool.c.
 * Only regular files are opened, and no symbolic links followed: a queue directory that others can write to makes nobody read
 * other files. A file that can't be read as an entry is ERR_DATA, and untouched. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "entry.h"
#include "err.h"
#include "lock.h"

static int
cannot(const struct spool *q, const struct spool_name *n, const char *what, struct err *e)
{
	return err_sys(e, err_file(errno), "%s %s/%s/%s", what, q->path, n->box == SPOOL_NEW ? "new" : "cur", n->name);
}

static int
open_entry(struct entry *t, const struct spool *q, const struct spool_name *n, int flags, struct stat *st, struct err *e)
{
	*t = (struct entry){ .spool = q, .name = n };
	t->fd = openat(q->box[n->box], n->name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (t->fd == -1 && errno == ENOENT)
		return ENTRY_GONE;
	if (t->fd == -1 && errno != ELOOP && errno != EMLINK && errno != EISDIR)
		return cannot(q, n, "open", e);
	if (t->fd != -1 && fstat(t->fd, st) == -1)
		return cannot(q, n, "look at", e);
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_DATA, "%s in %s is no regular file", n->name, q->path);
	return ENTRY_OK;
}

static int
read_envelope(struct entry *t, const struct stat *st, struct err *e)
{
	if (envelope_read(t->fd, &t->env, e) == -1)
		return err_prefix(e, "%s in %s", t->name->name, t->spool->path);
	t->size = st->st_size - t->env.message_at;
	if (t->env.rcpts == 0 || t->size <= 0)
		return err_set(e, ERR_DATA, "%s in %s: a queue file without %s", t->name->name, t->spool->path,
		    t->env.rcpts == 0 ? "recipients" : "a message");
	return ENTRY_OK;
}

int
entry_read(struct entry *t, const struct spool *q, const struct spool_name *n, struct err *e)
{
	struct stat st = { 0 };
	int code = open_entry(t, q, n, O_RDONLY, &st, e);

	if (code == ENTRY_OK)
		code = read_envelope(t, &st, e);
	if (code != ENTRY_OK)
		entry_close(t);
	return code;
}

/* The one who had the lock before may have removed the entry, or a maildir reader moved it: is the name still this file's? */
static int
still_there(const struct entry *t, const struct stat *st, struct err *e)
{
	struct stat now;

	if (fstatat(t->spool->box[t->name->box], t->name->name, &now, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? ENTRY_GONE : cannot(t->spool, t->name, "look at", e);
	return now.st_dev == st->st_dev && now.st_ino == st->st_ino ? ENTRY_OK : ENTRY_GONE;
}

static int
take(struct entry *t, const struct stat *st, struct err *e)
{
	switch (lock_file(t->fd)) {
	case 0:
		return still_there(t, st, e);
	case 1:
		return ENTRY_BUSY;
	}
	return cannot(t->spool, t->name, "lock", e);
}

int
entry_claim(struct entry *t, const struct spool *q, const struct spool_name *n, struct err *e)
{
	struct stat st = { 0 };
	int code = open_entry(t, q, n, O_RDWR, &st, e);

	if (code == ENTRY_OK)
		code = take(t, &st, e);
	if (code == ENTRY_OK)
		code = read_envelope(t, &st, e);
	if (code != ENTRY_OK)
		entry_close(t);
	return code;
}

int
entry_taken(const struct entry *t)
{
	return lock_taken(t->fd);
}

/* ENOENT: a maildir reader moved it meanwhile. Its fates are recorded, so the next run removes it where it is. */
int
entry_remove(struct entry *t, struct err *e)
{
	if (unlinkat(t->spool->box[t->name->box], t->name->name, 0) == -1 && errno != ENOENT)
		return cannot(t->spool, t->name, "remove", e);
	return 0;
}

void
entry_close(struct entry *t)
{
	size_t i;

	for (i = 0; t->said != NULL && i < t->env.rcpts; i++) {
		free(t->said[i].reply);
		free(t->said[i].remote);
	}
	free(t->said);
	t->said = NULL;
	envelope_free(&t->env);
	if (t->fd != -1)
		close(t->fd);
	t->fd = -1;
}

size_t
entry_count(const struct entry *t, enum envelope_fate fate)
{
	size_t i, n = 0;

	for (i = 0; i < t->env.rcpts; i++)
		n += t->env.rcpt[i].fate == fate;
	return n;
}
