/* SPDX-License-Identifier: ISC */
/* mboxfile.c - see mboxfile.h. */
#include "mboxfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadline.h"
#include "dir.h"
#include "err.h"
#include "mboxlock.h"
#include "sink.h"
#include "xalloc.h"

#define PATIENCE 30000
#define PAUSE 100

struct mboxfile {
	char *path, *lock;
	int fd, named;		/* named: the lock file is ours */
	off_t size;
	int pad;
};

static int
wait_turn(const struct mboxfile *m, int64_t until, struct err *e)
{
	if (deadline_now() >= until)
		return err_set(e, ERR_TEMP, "%s is in use (by its lock)", m->path);
	poll(NULL, 0, PAUSE);
	return 0;
}

static int
lock_by_name(struct mboxfile *m, int64_t until, struct err *e)
{
	int r;

	while ((r = mboxlock_make(m->lock, e)) == 0)
		if (wait_turn(m, until, e) == -1)
			return -1;
	m->named = r == 1;
	return r == -1 ? -1 : 0;
}

static int
lock_file(struct mboxfile *m, int64_t until, struct err *e)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(m->fd, F_SETLK, &all) == -1) {
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_IO, "lock %s", m->path);
		if (wait_turn(m, until, e) == -1)
			return -1;
	}
	return 0;
}

/* An empty line parts what was there from what comes. */
static int
look_at_end(struct mboxfile *m, struct err *e)
{
	char last[2] = { '\n', '\n' };
	struct stat st;
	size_t n;

	if (fstat(m->fd, &st) == -1 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_CANTCREAT, "%s is not a mailbox file", m->path);
	m->size = st.st_size;
	n = st.st_size < 2 ? (size_t)st.st_size : 2;
	if (n > 0 && pread(m->fd, last + 2 - n, n, st.st_size - (off_t)n) != (ssize_t)n)
		return err_sys(e, ERR_IO, "read the end of %s", m->path);
	m->pad = last[1] != '\n' ? 2 : last[0] != '\n' ? 1 : 0;
	return 0;
}

int
mboxfile_open(struct mboxfile **mp, const char *path, int64_t end, struct err *e)
{
	struct mboxfile *m = xcalloc(1, sizeof *m);
	int64_t until = deadline_in(PATIENCE, end);
	int r;

	m->path = xstrdup(path);
	m->lock = xasprintf("%s.lock", path);
	m->fd = -1;
	r = lock_by_name(m, until, e);
	if (r == 0 && (m->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600)) == -1)
		r = err_sys(e, err_file(errno), "open %s", path);
	if (r == 0 && (lock_file(m, until, e) == -1 || look_at_end(m, e) == -1))
		r = -1;
	if (r == -1)
		mboxfile_close(&m);
	*mp = m;
	return r;
}

void
mboxfile_close(struct mboxfile **mp)
{
	struct mboxfile *m = *mp;

	if (m == NULL)
		return;
	if (m->fd != -1)
		close(m->fd);
	if (m->named)
		unlink(m->lock);
	free(m->path);
	free(m->lock);
	free(m);
	*mp = NULL;
}

off_t
mboxfile_size(const struct mboxfile *m)
{
	return m->size;
}

int
mboxfile_pad(const struct mboxfile *m)
{
	return m->pad;
}

/* What is appended as one sequence: the pad, then the file. Up to n octets of it from `at` on; how many, 0 at its end. */
struct source {
	int from, pad;
	off_t head;
};

static ssize_t
take(const struct source *s, off_t at, char *to, size_t n)
{
	size_t pad = at < s->pad ? (size_t)(s->pad - at) : 0;
	ssize_t r;

	if (pad > n)
		pad = n;
	memset(to, '\n', pad);
	do
		r = pread(s->from, to + pad, n - pad, s->head + at + (off_t)pad - s->pad);
	while (r == -1 && errno == EINTR);
	return r == -1 ? -1 : (ssize_t)pad + r;
}

static int
copy(struct mboxfile *m, const struct source *s, off_t at, struct err *e)
{
	char text[32768];
	ssize_t n;

	for (; (n = take(s, at, text, sizeof text)) > 0; at += n)
		if (sink_fd(&m->fd, text, (size_t)n, e) == -1)
			return err_prefix(e, "%s", m->path);
	if (n == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	return fsync(m->fd) == -1 ? err_sys(e, ERR_IO, "sync %s", m->path) : 0;
}

static int
append(struct mboxfile *m, const struct source *s, off_t at, struct err *e)
{
	if (copy(m, s, at, e) == 0)
		return m->size == 0 ? dir_sync_parent(m->path, e) : 0;
	if (ftruncate(m->fd, m->size) == -1)
		return err_prefix(e, "%s, which ends in half a message now", m->path);
	return -1;
}

int
mboxfile_append(struct mboxfile *m, int from, off_t head, struct err *e)
{
	struct source s = { .from = from, .pad = m->pad, .head = head };

	return append(m, &s, 0, e);
}

/* How much of the sequence the mailbox has from `begin` on to its end; -1: something else. */
static off_t
matching(const struct mboxfile *m, const struct source *s, off_t begin)
{
	char have[16384], want[16384];
	off_t at = 0;
	ssize_t n, got;

	while ((got = pread(m->fd, have, sizeof have, begin + at)) > 0) {
		if ((n = take(s, at, want, (size_t)got)) == -1 || memcmp(have, want, (size_t)n) != 0)
			return -1;
		at += n;
		if (n < got)
			return at;	/* all of it, and others have written since */
	}
	return got == -1 ? -1 : at;
}

int
mboxfile_resume(struct mboxfile *m, int from, off_t head, off_t at, int pad, struct err *e)
{
	struct source s = { .from = from, .pad = pad, .head = head };
	off_t there = m->size < at ? -1 : matching(m, &s, at);
	char next;

	if (there == -1)
		return mboxfile_append(m, from, head, e);
	if (take(&s, there, &next, 1) == 0)
		return 0;
	return append(m, &s, there, e);
}
