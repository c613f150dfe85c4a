/* SPDX-License-Identifier: ISC */
/* dir.c - makes and syncs directories. */
#include "dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "xalloc.h"

static char *
parent_of(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n == 0 ? xstrdup(".") : xstrndup(path, n);
}

int
dir_sync(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd == -1)
		return err_sys(e, err_file(errno), "open directory %s", path);
	r = fsync(fd);
	if (r == -1)
		err_sys(e, err_file(errno), "sync directory %s", path);
	close(fd);
	return r;
}

int
dir_sync_parent(const char *path, struct err *e)
{
	char *parent = parent_of(path);
	int r = dir_sync(parent, e);

	free(parent);
	return r;
}

int
dir_make_parent(const char *path, struct err *e)
{
	char *parent = parent_of(path);
	int r = strcmp(parent, path) == 0 ? err_set(e, ERR_CANTCREAT, "make directory %s: no such place", path) : dir_make(parent, e);

	free(parent);
	return r;
}

int
dir_make(const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode) ? 0 : err_set(e, ERR_CANTCREAT, "%s is not a directory", path);
	if ((errno == ENOENT || errno == ENOTDIR) && *path != '\0' && dir_make_parent(path, e) == -1)
		return -1;
	if (mkdir(path, 0700) == 0)
		return dir_sync_parent(path, e);
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))	/* another was quicker */
		return 0;
	return err_sys(e, err_file(errno), "make directory %s", path);
}
