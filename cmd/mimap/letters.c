/* SPDX-License-Identifier: ISC */
/* letters.c - files and maildirs to a list of messages. */
#include "letters.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "err.h"
#include "flagname.h"
#include "xalloc.h"

static void
add(struct letters *l, char *path, int from_maildir)
{
	if (l->count == l->room) {
		l->room = l->room > 0 ? l->room * 2 : 16;
		l->letter = xreallocarray(l->letter, l->room, sizeof(*l->letter));
	}
	l->letter[l->count++] = (struct letter){ .path = path, .from_maildir = from_maildir };
}

/* …/cur/NAME:2,FS or …/new/NAME */
static int
in_maildir(const char *path)
{
	const char *name = strrchr(path, '/');

	if (name == NULL)
		return strstr(path, ":2,") != NULL;
	if (strstr(name, ":2,") != NULL)
		return 1;
	return name - path >= 4 && (strncmp(name - 4, "/new", 4) == 0 || strncmp(name - 4, "/cur", 4) == 0);
}

static int
add_directory(struct letters *l, const char *path, const char *sub, struct err *e)
{
	char *dir = xasprintf("%s/%s", path, sub);
	struct dirent **names = NULL;
	int n = scandir(dir, &names, NULL, alphasort), i;

	for (i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			add(l, xasprintf("%s/%s", dir, names[i]->d_name), 1);
		free(names[i]);
	}
	free(names);
	if (n == -1)
		err_sys(e, ERR_DATA, "%s is no maildir: read %s", path, dir);
	free(dir);
	return n == -1 ? -1 : 0;
}

int
letters_add(struct letters *l, const char *path, struct err *e)
{
	struct stat st;

	if (path != NULL && stat(path, &st) == -1)
		return err_sys(e, ERR_DATA, "read %s", path);
	if (path == NULL || !S_ISDIR(st.st_mode)) {
		add(l, path != NULL ? xstrdup(path) : NULL, path != NULL && in_maildir(path));
		return 0;
	}
	return add_directory(l, path, "new", e) == -1 ? -1 : add_directory(l, path, "cur", e);
}

void
letters_flags(const struct letter *l, struct buf *out)
{
	const char *path = l->path != NULL ? l->path : "", *name = strrchr(path, '/'), *info = strstr(name != NULL ? name : path, ":2,");

	if (info != NULL)
		flagname_from_letters(out, info + 3);
}

void
letters_free(struct letters *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		free(l->letter[i].path);
		free(l->letter[i].id);
	}
	free(l->letter);
	*l = (struct letters){ NULL, 0, 0 };
}
