/* SPDX-License-Identifier: ISC */
/* paths.h - the lines of standard input, of which one can tell whether the next has come yet. Owns its buffer. */
#ifndef MSEND_PATHS_H
#define MSEND_PATHS_H

#include "buf.h"

struct err;

struct paths {			/* zeroed is the start */
	struct buf in;
	size_t at;		/* where the next line begins */
	int eof;
};

/* 1: *path is it, until the next call; 0: none has come yet (never where wait is set), -1 at the end, or with *e set (ERR_IO, or ERR_DATA
 * for a line of more than 64 KiB). */
int paths_next(struct paths *, int wait, char **path, struct err *e);
void paths_free(struct paths *);

#endif
