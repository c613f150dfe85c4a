/* SPDX-License-Identifier: ISC */
/* mboxfile.c - the lock file of one that died is taken away after ten minutes: nobody writes that long. */
#include "mboxfile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "dir.h"
#include "err.h"
#include "sink.h"
#include "xalloc.h"

#define PATIENCE 30000
#define PAUSE 100
#define STALE 600

static int
locked(const char *path, int64_t until, struct err *e)
{
	if (deadline_now() >= until)
		return err_set(e, ERR_TEMP, "%s is in use (by its lock)", path);
	poll(NULL, 0, PAUSE);
	return 0;
}

static void
remove_stale(const char *lock)
{
	struct stat st;

	if (lstat(lock, &st) == 0 && S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > STALE)
		unlink(lock);
}

/* 1: made, 0: it can't be made here, where others can't make one either. */
static int
lock_by_name(const char *path, const char *lock, int64_t until, struct err *e)
{
	int fd;

	while ((fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1) {
		if (errno == EACCES || errno == EPERM || errno == EROFS)
			return 0;
		if (errno != EEXIST)
			return err_sys(e, err_file(errno), "make %s", lock);
		remove_stale(lock);
		if (locked(path, until, e) == -1)
			return -1;
	}
	close(fd);
	return 1;
}

static int
lock_file(const char *path, int fd, int64_t until, struct err *e)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	while (fcntl(fd, F_SETLK, &all) == -1) {
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_IO, "lock %s", path);
		if (locked(path, until, e) == -1)
			return -1;
	}
	return 0;
}

/* An empty line parts what was there from what comes. */
static int
end_last(int fd, off_t size, struct err *e)
{
	char last[2] = { '\n', '\n' };
	size_t n = size < 2 ? (size_t)size : 2;

	if (n > 0 && pread(fd, last + 2 - n, n, size - (off_t)n) != (ssize_t)n)
		return err_sys(e, ERR_IO, "read the end of the mailbox");
	if (last[1] != '\n')
		return sink_fd(&fd, "\n\n", 2, e);
	return last[0] != '\n' ? sink_fd(&fd, "\n", 1, e) : 0;
}

static int
copy(int to, int from, struct err *e)
{
	char text[32768];
	ssize_t n;

	if (lseek(from, 0, SEEK_SET) == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	while ((n = read(from, text, sizeof text)) > 0)
		if (sink_fd(&to, text, (size_t)n, e) == -1)
			return -1;
	if (n == -1)
		return err_sys(e, ERR_IO, "read a temporary file");
	return fsync(to) == -1 ? err_sys(e, ERR_IO, "sync") : 0;
}

static int
append(const char *path, int fd, int from, int64_t until, struct err *e)
{
	struct stat st;

	if (lock_file(path, fd, until, e) == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return err_set(e, ERR_CANTCREAT, "%s is not a mailbox file", path);
	if (end_last(fd, st.st_size, e) == -1 || copy(fd, from, e) == -1) {
		if (ftruncate(fd, st.st_size) == -1)
			return err_prefix(e, "%s, which ends in half a message now", path);
		return err_prefix(e, "%s", path);
	}
	return st.st_size == 0 ? dir_sync_parent(path, e) : 0;
}

int
mboxfile_append(const char *path, int from, int64_t end, struct err *e)
{
	char *lock = xasprintf("%s.lock", path);
	int64_t until = deadline_in(PATIENCE, end);
	int named = lock_by_name(path, lock, until, e), fd, r = -1;

	if (named != -1) {
		if ((fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600)) == -1)
			err_sys(e, err_file(errno), "open %s", path);
		else {
			r = append(path, fd, from, until, e);
			close(fd);
		}
	}
	if (named == 1)
		unlink(lock);
	free(lock);
	return r;
}
