/* SPDX-License-Identifier: ISC */
/* mboxlock.c - where the system can (Linux), the lock appears with its content at once: else it could be left behind empty. */
#include "mboxlock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "message.h"
#include "xalloc.h"

#define STALE 600	/* seconds */

/* "PID HOST" of a process of this host that is no more. */
static int
is_orphan(const char *lock)
{
	char text[300], host[256];
	long pid;
	int fd = open(lock, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof text - 1);

	if (fd != -1)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	pid = strtol(text, NULL, 10);
	if (sscanf(text, "%*d %255s", host) != 1 || strcmp(host, message_hostname()) != 0 || pid <= 0)
		return 0;
	return kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

static void
remove_stale(const char *lock)
{
	struct stat st;

	if (lstat(lock, &st) == 0 && S_ISREG(st.st_mode) && (time(NULL) - st.st_mtime > STALE || is_orphan(lock)))
		unlink(lock);
}

static int
put_owner(int fd)
{
	char text[300];
	int n = snprintf(text, sizeof text, "%ld %s\n", (long)getpid(), message_hostname());

	return write(fd, text, (size_t)n) == n ? 0 : -1;
}

#ifdef O_TMPFILE
/* -1 with errno. */
static int
make_at_once(const char *lock)
{
	char *dir = xstrdup(lock), self[40];
	char *slash = strrchr(dir, '/');
	int fd, r = -1;

	if (slash != NULL)
		slash[slash == dir] = '\0';
	fd = open(slash != NULL ? dir : ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	free(dir);
	if (fd == -1)
		return -1;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (put_owner(fd) == 0)
		r = linkat(AT_FDCWD, self, AT_FDCWD, lock, AT_SYMLINK_FOLLOW);
	close(fd);
	return r;
}
#else
static int
make_at_once(const char *lock)
{
	(void)lock;
	errno = ENOSYS;
	return -1;
}
#endif

static int
make(const char *lock)
{
	int fd, r;

	if (make_at_once(lock) == 0)
		return 0;
	if (errno == EEXIST || (fd = open(lock, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1)
		return -1;
	if ((r = put_owner(fd)) == -1)
		unlink(lock);
	close(fd);
	return r;
}

int
mboxlock_make(const char *lock, struct err *e)
{
	for (int tries = 0; tries < 2; tries++) {
		if (make(lock) == 0)
			return 1;
		if (errno == EACCES || errno == EPERM || errno == EROFS)
			return 2;
		if (errno != EEXIST)
			return err_sys(e, err_file(errno), "make %s", lock);
		remove_stale(lock);
	}
	return 0;
}
