/* SPDX-License-Identifier: ISC */
/* maildir_dir.c - the three directories of a maildir: made, read, moved between. */
#include "maildir_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dir.h"
#include "err.h"
#include "xalloc.h"

#define TMP_AGE (36 * 3600)

/* A stream of its own over the directory, whose descriptor stays as it is. */
static DIR *
read_dir(int at)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d == NULL && fd != -1)
		close(fd);
	return d;
}

/* A directory with other things in it and no part of a maildir is somebody's documents, not a place for mail. */
static int
look_inside(int root, const char *path, struct err *e)
{
	DIR *d = read_dir(root);
	struct dirent *f;
	int foreign = 0, part = 0;

	if (d == NULL)
		return err_sys(e, err_file(errno), "read directory %s", path);
	while ((f = readdir(d)) != NULL) {
		const char *name = f->d_name;

		if (strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0)
			part = 1;
		else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strncmp(name, ".pennypost", 10) != 0 &&
		    strcmp(name, "lost+found") != 0)
			foreign = 1;
	}
	closedir(d);
	if (foreign && !part)
		return err_set(e, ERR_CANTCREAT, "%s is not a maildir (it holds other files); name a maildir, or a directory to be made", path);
	return 0;
}

static int
open_part(int root, const char *path, const char *part, int *fd, int *made, struct err *e)
{
	if (mkdirat(root, part, 0700) == 0)
		*made = 1;
	*fd = openat(root, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd == -1 ? err_sys(e, err_file(errno), "open %s/%s", path, part) : 0;
}

static int
open_parts(struct maildir_dirs *d, int root, struct err *e)
{
	int made = 0;

	if (look_inside(root, d->path, e) == -1 || open_part(root, d->path, "tmp", &d->tmp, &made, e) == -1 ||
	    open_part(root, d->path, "new", &d->new, &made, e) == -1 || open_part(root, d->path, "cur", &d->cur, &made, e) == -1)
		return -1;
	if (made && fsync(root) == -1)
		return err_sys(e, err_file(errno), "sync directory %s", d->path);
	return 0;
}

int
maildir_dirs_open(struct maildir_dirs *d, const char *path, struct err *e)
{
	size_t n = strlen(path);
	int root, r;

	while (n > 1 && path[n - 1] == '/')
		n--;
	d->tmp = d->new = d->cur = -1;
	d->path = xstrndup(path, n);
	if (dir_make(d->path, e) == -1)
		return -1;
	if ((root = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return err_sys(e, err_file(errno), "open directory %s", path);
	r = open_parts(d, root, e);
	close(root);
	return r;
}

static void
names_free(struct maildir_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct maildir_names){0};
}

void
maildir_dirs_close(struct maildir_dirs *d)
{
	int fd[3] = {d->tmp, d->new, d->cur};

	for (int i = 0; i < 3; i++)
		if (fd[i] != -1)
			close(fd[i]);
	names_free(&d->in_tmp);
	names_free(&d->in_new);
	names_free(&d->in_cur);
	free(d->path);
}

int
maildir_dirs_sync(struct maildir_dirs *d, int new, int cur, struct err *e)
{
	if (new && fsync(d->new) == -1)
		return err_sys(e, err_file(errno), "sync %s/new", d->path);
	if (cur && fsync(d->cur) == -1)
		return err_sys(e, err_file(errno), "sync %s/cur", d->path);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
names_read(struct maildir_names *names, int at)
{
	DIR *d;
	struct dirent *f;
	size_t cap = 0;

	if (names->read)
		return 0;
	if ((d = read_dir(at)) == NULL)
		return -1;
	while (errno = 0, (f = readdir(d)) != NULL) {
		if (f->d_name[0] == '.')
			continue;
		if (names->count == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			names->name = xreallocarray(names->name, cap, sizeof *names->name);
		}
		names->name[names->count++] = xstrndup(f->d_name, strcspn(f->d_name, ",:"));
	}
	names->read = errno == 0;
	closedir(d);
	if (!names->read) {
		names_free(names);
		return -1;
	}
	if (names->count > 0)
		qsort(names->name, names->count, sizeof *names->name, compare);
	return 0;
}

static int
names_have(const struct maildir_names *names, const char *name)
{
	return names->count > 0 && bsearch(&name, names->name, names->count, sizeof *names->name, compare) != NULL;
}

/* One more, put there by ourselves after the directory was read. The names of one run mostly go to the end. */
static void
names_insert(struct maildir_names *names, const char *name)
{
	char *base;
	size_t at = names->count;

	if (!names->read)
		return;
	base = xstrndup(name, strcspn(name, ",:"));
	while (at > 0 && strcmp(names->name[at - 1], base) > 0)
		at--;
	names->name = xreallocarray(names->name, names->count + 1, sizeof *names->name);
	memmove(names->name + at + 1, names->name + at, (names->count - at) * sizeof *names->name);
	names->name[at] = base;
	names->count++;
}

int
maildir_waits(struct maildir_dirs *d, const char *tmp, struct err *e)
{
	char *base;
	int r;

	if (names_read(&d->in_tmp, d->tmp) == -1)
		return err_sys(e, err_file(errno), "read %s/tmp", d->path);
	base = xstrndup(tmp, strcspn(tmp, ",:"));
	r = names_have(&d->in_tmp, base);
	free(base);
	return r;
}

int
maildir_dirs_have(struct maildir_dirs *d, const char *name)
{
	struct stat st;
	char *base;
	int r;

	if (fstatat(d->new, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || fstatat(d->cur, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (names_read(&d->in_new, d->new) == -1 || names_read(&d->in_cur, d->cur) == -1)
		return -1;
	base = xstrndup(name, strcspn(name, ",:"));
	r = names_have(&d->in_cur, base) || names_have(&d->in_new, base);
	free(base);
	return r;
}

void
maildir_tmp_name(char *out, size_t size, const char *name)
{
	const char *s = strstr(name, ",S=");

	snprintf(out, size, "%.*s", s == NULL ? NAME_MAX : (int)(s - name), name);
}

/* Flags are letters in ASCII order; anything else in them is left out. */
static void
final_name(char *out, size_t size, const char *name, const char *flags)
{
	char sorted[53] = "";
	size_t n = 0;

	for (int c = 'A'; flags != NULL && c <= 'z'; c++)
		if ((c <= 'Z' || c >= 'a') && strchr(flags, c) != NULL)
			sorted[n++] = (char)c;
	sorted[n] = '\0';
	snprintf(out, size, "%s%s%s", name, flags == NULL ? "" : ":2,", sorted);
}

char *
maildir_final_path(const struct maildir_dirs *d, const char *name, const char *flags)
{
	char final[NAME_MAX + 64];

	final_name(final, sizeof final, name, flags);
	return xasprintf("%s/%s/%s", d->path, flags == NULL ? "new" : "cur", final);
}

/* By link and unlink, where a rename that refuses to replace is not to be had. A file system without links gets a plain rename:
 * nobody else makes these names. */
static int
move_by_link(int from, const char *old, int to, const char *new)
{
	struct stat st;

	if (linkat(from, old, to, new, 0) == 0)
		return unlinkat(from, old, 0);
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	if (fstatat(to, new, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from, old, to, new);
}

static int
move_file(int from, const char *old, int to, const char *new)
{
#ifdef __linux__
	if (renameat2(from, old, to, new, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
#endif
	return move_by_link(from, old, to, new);
}

int
maildir_move(struct maildir_dirs *d, const char *name, const char *flags, struct err *e)
{
	char tmp[NAME_MAX + 1], final[NAME_MAX + 64];

	maildir_tmp_name(tmp, sizeof tmp, name);
	final_name(final, sizeof final, name, flags);
	if (move_file(d->tmp, tmp, flags == NULL ? d->new : d->cur, final) == -1)
		return err_sys(e, err_file(errno), "move %s/tmp/%s to %s/%s", d->path, tmp, flags == NULL ? "new" : "cur", final);
	names_insert(flags == NULL ? &d->in_new : &d->in_cur, name);
	return 0;
}

/* By the time of the last change of the inode: a staged file's mtime may be the message's own date, years ago. */
void
maildir_dirs_tidy(struct maildir_dirs *d)
{
	DIR *dir = read_dir(d->tmp);
	struct dirent *f;
	struct stat st;
	time_t now = time(NULL);

	while (dir != NULL && (f = readdir(dir)) != NULL)
		if (fstatat(d->tmp, f->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && now - st.st_ctime > TMP_AGE)
			unlinkat(d->tmp, f->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}
