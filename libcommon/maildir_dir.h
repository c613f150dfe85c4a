/* SPDX-License-Identifier: ISC */
/* maildir_dir.h - maildir.c's lower half: the three directories, names in them, moves between them. Private to the two. */
#ifndef MAILDIR_DIR_H
#define MAILDIR_DIR_H

#include <stddef.h>

struct err;

struct maildir_names {		/* a directory read once, sorted; names less what follows the first , or : */
	char **name;
	size_t count;
	int read;
};

struct maildir_dirs {
	char *path;
	int tmp, new, cur;	/* descriptors */
	struct maildir_names in_tmp, in_new, in_cur;
};

int maildir_dirs_open(struct maildir_dirs *, const char *path, struct err *e);	/* on -1 close is still due */
void maildir_dirs_close(struct maildir_dirs *);
int maildir_dirs_sync(struct maildir_dirs *, int new, int cur, struct err *e);
int maildir_dirs_have(struct maildir_dirs *, const char *name);
void maildir_dirs_tidy(struct maildir_dirs *);

void maildir_tmp_name(char *out, size_t size, const char *name);	/* less ,S= */
char *maildir_final_path(const struct maildir_dirs *, const char *name, const char *flags);	/* the caller frees; flags NULL: in new/ */
int maildir_move(struct maildir_dirs *, const char *name, const char *flags, struct err *e);	/* out of tmp/, over nothing */
int maildir_waits(struct maildir_dirs *, const char *tmp, struct err *e);	/* 1: it was in tmp/ when that was first read */

#endif
