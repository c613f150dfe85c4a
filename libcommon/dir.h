/* SPDX-License-Identifier: ISC */
/* dir.h - directories that are on disk once they have been made. */
#ifndef DIR_H
#define DIR_H

struct err;

int dir_make(const char *path, struct err *e);		/* 0700, parents too; fine if it is there. What was made is synced */
int dir_make_parent(const char *path, struct err *e);	/* of a file that is to be made */
int dir_sync(const char *path, struct err *e);		/* the names in it */
int dir_sync_parent(const char *path, struct err *e);	/* the name itself */

#endif
