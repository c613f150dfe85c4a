/* SPDX-License-Identifier: ISC */
/* maildir.c - staged, group-committed delivery (the maildir format: cr.yp.to/proto/maildir.html).
 * Which flush: from 8 files on one syncfs, else fsync each. Measured on ext4, ms for 256 files of 10 kB: fsync each 47,
 * write-back started on all and then fsync each 18, syncfs 3; 1 file: 0.4, 0.4, 0.6. Each fsync empties the drive's cache once
 * more, which costs milliseconds on real discs. Beside a copy that keeps the disc busy syncfs took 0.9 to 1.7 s, fsync each 0.5 s:
 * a stall, but a bounded one. Where syncfs fails (it may be another's file) fsync tells which of ours is hit.
 * A file that is moved by link and unlink can be in tmp/ and new/ after a crash; recovery knows that. */
#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "err.h"
#include "maildir_dir.h"
#include "xalloc.h"

#define BUFFER (64 * 1024)
#define WRITEBACK (8 * 1024 * 1024)	/* so much is given to the disc while more is still coming in */
#define OPEN_MAX_FILES 256		/* not yet synced; their descriptors are open, to hear of write-back errors */
#define SYNC_ALL 8			/* so many files are better flushed by one syncfs */

struct staged {
	char *name;	/* with ,S= */
	char *flags;	/* NULL: new/ */
	int fd;		/* -1 once synced */
};

struct maildir {
	struct maildir_dirs dirs;
	char host[128];			/* as it is part of names */
	int fd;				/* of the file begun, else -1 */
	char tmp[NAME_MAX + 1];		/* its name */
	char last[NAME_MAX + 1];	/* the last staged one's */
	off_t size, handed;		/* written; of these given to write-back */
	char *buffer;
	size_t held;
	struct staged *staged;
	size_t count, cap, synced;	/* the first `synced` of them are on disk */
	int moved_new, moved_cur;	/* there: the directory is not synced yet */
};

/* The host's name as part of a file name: what could be mistaken for a path, an info part or a line end is \ooo. */
static void
host_part(char *out, size_t size)
{
	char host[65] = "";
	size_t n = 0;

	if (gethostname(host, sizeof host - 1) == -1 || host[0] == '\0')
		strlcpy(host, "localhost", sizeof host);
	for (const char *p = host; *p != '\0' && n + 5 < size; p++) {
		if (*p <= ' ' || *p == 0x7f || strchr("/:,\\", *p) != NULL)
			n += (size_t)snprintf(out + n, size - n, "\\%03o", (unsigned char)*p);
		else
			out[n++] = *p;
	}
	out[n] = '\0';
}

int
maildir_open(struct maildir **mp, const char *path, struct err *e)
{
	struct maildir *m = xcalloc(1, sizeof *m);

	m->fd = -1;
	host_part(m->host, sizeof m->host);
	if (maildir_dirs_open(&m->dirs, path, e) == -1) {
		maildir_free(&m);
		return -1;
	}
	m->buffer = xmalloc(BUFFER);
	*mp = m;
	return 0;
}

static void
unlink_tmp(struct maildir *m, const char *name)
{
	char tmp[NAME_MAX + 1];

	maildir_tmp_name(tmp, sizeof tmp, name);
	unlinkat(m->dirs.tmp, tmp, 0);
}

static void
staged_clear(struct staged *s)
{
	if (s->fd != -1)
		close(s->fd);
	free(s->name);
	free(s->flags);
}

void
maildir_free(struct maildir **mp)
{
	struct maildir *m = *mp;

	if (m == NULL)
		return;
	maildir_abort(m);
	for (size_t i = 0; i < m->count; i++) {
		if (i >= m->synced)
			unlink_tmp(m, m->staged[i].name);
		staged_clear(&m->staged[i]);
	}
	free(m->staged);
	free(m->buffer);
	maildir_dirs_close(&m->dirs);
	free(m);
	*mp = NULL;
}

const char *
maildir_path(const struct maildir *m)
{
	return m->dirs.path;
}

const char *
maildir_name(const struct maildir *m)
{
	return m->last;
}

size_t
maildir_count(const struct maildir *m)
{
	return m->count;
}

int
maildir_begin(struct maildir *m, struct err *e)
{
	static unsigned int counter;
	struct timeval now;

	maildir_abort(m);
	if (m->count - m->synced >= OPEN_MAX_FILES && maildir_sync(m, e) == -1)
		return -1;
	for (int tries = 0; tries < 10; tries++) {
		gettimeofday(&now, NULL);
		snprintf(m->tmp, sizeof m->tmp, "%lld.M%06ldP%ldQ%u.%s", (long long)now.tv_sec, (long)now.tv_usec, (long)getpid(),
		    ++counter, m->host);
		m->fd = openat(m->dirs.tmp, m->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (m->fd != -1 || errno != EEXIST)
			break;
	}
	if (m->fd == -1)
		return err_sys(e, err_file(errno), "make %s/tmp/%s", m->dirs.path, m->tmp);
	m->size = m->handed = 0;
	m->held = 0;
	return 0;
}

void
maildir_abort(struct maildir *m)
{
	if (m->fd == -1)
		return;
	close(m->fd);
	m->fd = -1;
	unlinkat(m->dirs.tmp, m->tmp, 0);
}

/* The file begun is dropped: it would be incomplete. */
static int
write_failed(struct maildir *m, const char *what, struct err *e)
{
	err_sys(e, err_file(errno), "%s %s/tmp/%s", what, m->dirs.path, m->tmp);
	maildir_abort(m);
	return -1;
}

static int
write_all(struct maildir *m, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t w = write(m->fd, p, n);

		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return write_failed(m, "write", e);
		p += w;
		n -= (size_t)w;
		m->size += w;
	}
#ifdef __linux__
	if (m->size - m->handed >= WRITEBACK) {
		sync_file_range(m->fd, m->handed, m->size - m->handed, SYNC_FILE_RANGE_WRITE);
		m->handed = m->size;
	}
#endif
	return 0;
}

static int
write_held(struct maildir *m, struct err *e)
{
	size_t n = m->held;

	m->held = 0;
	return write_all(m, m->buffer, n, e);
}

int
maildir_write(void *ctx, const char *data, size_t len, struct err *e)
{
	struct maildir *m = ctx;

	if (m->fd == -1)
		return err_set(e, ERR_IO, "write to %s: no file is begun", m->dirs.path);
	if (len > BUFFER - m->held && write_held(m, e) == -1)
		return -1;
	if (len >= BUFFER)
		return write_all(m, data, len, e);
	memcpy(m->buffer + m->held, data, len);
	m->held += len;
	return 0;
}

static int
set_mtime(struct maildir *m, time_t mtime)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime}};

	return mtime == 0 ? 0 : futimens(m->fd, times);
}

int
maildir_stage(struct maildir *m, const char *flags, time_t mtime, struct err *e)
{
	struct staged *s;

	if (m->fd == -1)
		return err_set(e, ERR_IO, "write to %s: no file is begun", m->dirs.path);
	if (write_held(m, e) == -1)
		return -1;
	if (set_mtime(m, mtime) == -1)
		return write_failed(m, "set the time of", e);
	if (m->count == m->cap) {
		m->cap = m->cap == 0 ? 16 : m->cap * 2;
		m->staged = xreallocarray(m->staged, m->cap, sizeof *m->staged);
	}
	snprintf(m->last, sizeof m->last, "%.*s,S=%lld", (int)(sizeof m->last - 32), m->tmp, (long long)m->size);
	s = &m->staged[m->count++];
	s->name = xstrdup(m->last);
	s->flags = flags == NULL || *flags == '\0' ? NULL : xstrdup(flags);
	s->fd = m->fd;
	m->fd = -1;
	return 0;
}

static int
sync_each(struct maildir *m, struct err *e)
{
#ifdef __linux__
	for (size_t i = m->synced; i < m->count; i++)
		sync_file_range(m->staged[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
	for (size_t i = m->synced; i < m->count; i++)
		if (fsync(m->staged[i].fd) == -1)
			return err_sys(e, err_file(errno), "sync %s/tmp/%s", m->dirs.path, m->staged[i].name);
	if (fsync(m->dirs.tmp) == -1)
		return err_sys(e, err_file(errno), "sync %s/tmp", m->dirs.path);
	return 0;
}

static int
sync_staged(struct maildir *m, struct err *e)
{
#ifdef __linux__
	if (m->count - m->synced >= SYNC_ALL && syncfs(m->dirs.tmp) == 0)
		return 0;
#endif
	return sync_each(m, e);
}

int
maildir_sync(struct maildir *m, struct err *e)
{
	if (m->synced == m->count)
		return 0;
	if (sync_staged(m, e) == -1)
		return -1;
	for (; m->synced < m->count; m->synced++) {
		struct staged *s = &m->staged[m->synced];
		int fd = s->fd;

		s->fd = -1;
		if (close(fd) == -1)
			return err_sys(e, err_file(errno), "close %s/tmp/%s", m->dirs.path, s->name);
	}
	return 0;
}

/* The first n are placed: told, then forgotten. */
static void
placed(struct maildir *m, size_t n, maildir_placed_fn *fn, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		char *path = maildir_final_path(&m->dirs, m->staged[i].name, m->staged[i].flags);

		if (fn != NULL)
			fn(ctx, path);
		free(path);
		staged_clear(&m->staged[i]);
	}
	m->count -= n;
	m->synced -= n;
	memmove(m->staged, m->staged + n, m->count * sizeof *m->staged);
}

/* Renames what is staged; which directories have to be synced then is noted. */
static int
move_staged(struct maildir *m, size_t *moved, struct err *e)
{
	if (maildir_sync(m, e) == -1)
		return -1;
	for (*moved = 0; *moved < m->count; ++*moved) {
		struct staged *s = &m->staged[*moved];

		if (maildir_move(&m->dirs, s->name, s->flags, e) == -1)
			return -1;
		*(s->flags == NULL ? &m->moved_new : &m->moved_cur) = 1;
	}
	return 0;
}

int
maildir_settle(struct maildir *m, struct err *e)
{
	if (maildir_dirs_sync(&m->dirs, m->moved_new, m->moved_cur, e) == -1)
		return -1;
	m->moved_new = m->moved_cur = 0;
	return 0;
}

int
maildir_place(struct maildir *m, maildir_placed_fn *fn, void *ctx, struct err *e)
{
	size_t n = 0;
	struct err later = {0};
	int r = move_staged(m, &n, e);

	if (maildir_settle(m, r == -1 ? &later : e) == -1)
		r = -1, fn = NULL;
	placed(m, n, fn, ctx);
	return r;
}

int
maildir_place_soon(struct maildir *m, maildir_placed_fn *fn, void *ctx, struct err *e)
{
	size_t n = 0;
	int r = move_staged(m, &n, e);

	placed(m, n, fn, ctx);
	return r;
}

/* With a size in its name that the file has not, it is what a broken file system left: fetching again is the cure. */
static int
recover_size_ok(const char *name, off_t size)
{
	const char *s = strstr(name, ",S=");
	const char *wrong;

	if (s == NULL)
		return 1;
	return strtonum(s + 3, 0, LLONG_MAX, &wrong) == size && wrong == NULL;
}

int
maildir_recover(struct maildir *m, const char *name, const char *flags, struct err *e)
{
	struct stat st;
	char tmp[NAME_MAX + 1];
	int there;

	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL || strlen(name) > NAME_MAX)
		return err_set(e, ERR_DATA, "%s: \"%s\" is not the name of a message file", m->dirs.path, name);
	maildir_tmp_name(tmp, sizeof tmp, name);
	if ((there = maildir_waits(&m->dirs, tmp, e)) != 1)
		return there;
	if (fstatat(m->dirs.tmp, tmp, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_sys(e, err_file(errno), "look at %s/tmp/%s", m->dirs.path, tmp);
	if (!S_ISREG(st.st_mode) || !recover_size_ok(name, st.st_size)) {
		unlinkat(m->dirs.tmp, tmp, 0);
		return 2;
	}
	if ((there = maildir_has(m, name)) == -1)
		return err_sys(e, err_file(errno), "read %s/cur", m->dirs.path);
	if (there) {
		unlinkat(m->dirs.tmp, tmp, 0);
		return 0;
	}
	if (flags != NULL && *flags == '\0')
		flags = NULL;
	if (maildir_move(&m->dirs, name, flags, e) == -1 || maildir_dirs_sync(&m->dirs, flags == NULL, flags != NULL, e) == -1)
		return -1;
	return 1;
}

int
maildir_has(struct maildir *m, const char *name)
{
	return maildir_dirs_have(&m->dirs, name);
}

void
maildir_tidy(struct maildir *m)
{
	maildir_dirs_tidy(&m->dirs);
}
