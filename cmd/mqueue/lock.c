/* SPDX-License-Identifier: ISC */
/* lock.c - see lock.h. */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lock.h"

#ifdef F_OFD_SETLK
static int
lock_range(int fd, off_t at, off_t len)
{
	struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = len };

	if (fcntl(fd, F_OFD_SETLK, &range) == 0)
		return 0;
	return errno == EAGAIN || errno == EACCES ? 1 : -1;
}

int
lock_file(int fd)
{
	return lock_range(fd, 0, 0);
}

int
lock_octet(int fd, off_t at)
{
	return lock_range(fd, at, 1);
}

int
lock_taken(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}
#else
int
lock_file(int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? 1 : -1;
}

int
lock_octet(int fd, off_t at)
{
	return at == 0 ? lock_file(fd) : 0;
}

int
lock_taken(int fd)
{
	(void)fd;
	return 0;
}
#endif
