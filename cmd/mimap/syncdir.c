/* SPDX-License-Identifier: ISC */
/* syncdir.c - every change of a directory is synced before the next one builds on it. */
#include "syncdir.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "synctree.h"
#include "xalloc.h"

static const char *const parts[] = { "tmp", "new", "cur" };	/* cur/ last */

#define PARTS (sizeof(parts) / sizeof(*parts))

static int
path_of(const struct synctree *t, const char *mailbox, char **path, struct err *e)
{
	struct buf b = { 0 };

	if (synctree_path(t, mailbox, &b, e) == -1)
		return -1;
	*path = buf_steal(&b);
	return 0;
}

static int
exists(const char *path, const char *part)
{
	char *full = part != NULL ? xasprintf("%s/%s", path, part) : xstrdup(path);
	struct stat st;
	int r = lstat(full, &st) == 0;

	free(full);
	return r;
}

int
syncdir_create(const struct synctree *t, const char *mailbox, struct err *e)
{
	char *path = NULL, *part;
	size_t i;
	int r = path_of(t, mailbox, &path, e);

	for (i = 0; r == 0 && i < PARTS; i++) {
		part = xasprintf("%s/%s", path, parts[i]);
		r = dir_make(part, e);
		free(part);
	}
	free(path);
	return r;
}

/* Fine where it is not there: a run that was killed may have moved it. */
static int
move_part(const char *from, const char *to, const char *part, struct err *e)
{
	char *a = xasprintf("%s/%s", from, part), *b = xasprintf("%s/%s", to, part);
	int r = 0;

	if (rename(a, b) == -1 && errno != ENOENT)
		r = err_sys(e, err_file(errno), "rename %s to %s", a, b);
	free(a);
	free(b);
	return r;
}

static char *
state_name(const char *label)
{
	return xasprintf(".pennypost-folder-%s", label);
}

static int
move_parts(const char *from, const char *to, const char *label, struct err *e)
{
	char *state = state_name(label);
	size_t i;
	int r = dir_make(to, e);

	if (r == 0)
		r = move_part(from, to, state, e);
	if (r == 0)
		r = move_part(from, to, "dovecot-keywords", e);
	for (i = 0; r == 0 && i < PARTS - 1; i++)
		r = move_part(from, to, parts[i], e);
	if (r == 0 && (dir_sync(to, e) == -1 || move_part(from, to, parts[i], e) == -1 || dir_sync(to, e) == -1
	    || dir_sync(from, e) == -1))
		r = -1;
	free(state);
	return r;
}

static int
move_whole(const char *from, const char *to, struct err *e)
{
	if (dir_make_parent(to, e) == -1)
		return -1;
	if (rename(from, to) == -1)
		return err_sys(e, err_file(errno), "rename %s to %s", from, to);
	return dir_sync_parent(to, e) == -1 ? -1 : dir_sync_parent(from, e);
}

/* Directories that nothing is left in, up to DIR. */
static void
prune(const struct synctree *t, char *path)
{
	char *slash;

	while (strlen(path) > strlen(t->dir) && rmdir(path) == 0 && (slash = strrchr(path, '/')) != NULL)
		*slash = '\0';
}

/* "A" → "A/b" can't take all of A along. */
static int
lies_in(const char *inner, const char *outer)
{
	size_t n = strlen(outer);

	return strncmp(inner, outer, n) == 0 && inner[n] == '/';
}

int
syncdir_rename(const struct synctree *t, const char *from, const char *to, int whole, const char *label, struct err *e)
{
	char *a = NULL, *b = NULL;
	int r = path_of(t, from, &a, e) == -1 || path_of(t, to, &b, e) == -1 ? -1 : 0;

	if (r == 0 && exists(b, "cur"))
		r = err_set(e, ERR_CANTCREAT, "rename folder %s to %s: %s is a folder already", from, to, b);
	else if (r == 0 && whole && strcmp(a, t->dir) != 0 && !exists(b, NULL) && !lies_in(b, a))
		r = move_whole(a, b, e);
	else if (r == 0 && (r = move_parts(a, b, label, e)) == 0)
		prune(t, a);
	free(a);
	free(b);
	return r;
}

static int
remove_file(const char *path, const char *name, struct err *e)
{
	char *full = xasprintf("%s/%s", path, name);
	int r = 0;

	if (unlink(full) == -1 && errno != ENOENT)
		r = err_sys(e, err_file(errno), "remove %s", full);
	free(full);
	return r;
}

static int
remove_part(const char *path, const char *part, struct err *e)
{
	char *full = xasprintf("%s/%s", path, part);
	int r = 0;

	if (rmdir(full) == -1 && errno != ENOENT)
		r = err_sys(e, err_file(errno), "remove %s", full);
	free(full);
	return r;
}

/* Nothing is taken apart that can't be removed as a whole. */
static int
check_empty(const char *path, const char *part, struct err *e)
{
	char *full = xasprintf("%s/%s", path, part);
	const struct dirent *entry;
	DIR *d = opendir(full);
	int r = 0;

	if (d == NULL && errno != ENOENT)
		r = err_sys(e, err_file(errno), "read directory %s", full);
	while (r == 0 && d != NULL && (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = err_set(e, ERR_DATA, "%s is not removed with its mailbox: it holds other files", full);
	}
	if (d != NULL)
		closedir(d);
	free(full);
	return r;
}

static int
check_parts(const char *path, struct err *e)
{
	size_t i;

	for (i = 0; i < PARTS; i++) {
		if (check_empty(path, parts[i], e) == -1)
			return -1;
	}
	return 0;
}

int
syncdir_remove(const struct synctree *t, const char *mailbox, const char *label, struct err *e)
{
	char *path = NULL, *state = state_name(label);
	int r = path_of(t, mailbox, &path, e);

	if (r == 0 && strcmp(path, t->dir) == 0)
		r = err_set(e, ERR_DATA, "%s is not removed: it holds all other folders", path);
	if (r == 0 && (check_parts(path, e) == -1 || remove_part(path, "tmp", e) == -1 || remove_part(path, "new", e) == -1
	    || remove_file(path, state, e) == -1 || remove_file(path, "dovecot-keywords", e) == -1 || remove_part(path, "cur", e) == -1
	    || dir_sync(path, e) == -1))
		r = -1;
	if (r == 0)
		prune(t, path);
	free(state);
	free(path);
	return r;
}
