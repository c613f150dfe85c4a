/* SPDX-License-Identifier: ISC */
/* held.h - bytes held until they are sent: in memory up to 256 KiB, beyond that in an unlinked temporary file.
 * A part of a regular file can stand in, read where it is. Owns memory and descriptors. */
#ifndef MSEND_HELD_H
#define MSEND_HELD_H

#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "sink.h"

#define HELD_MEMORY (256 * 1024)

struct held {
	struct buf mem;		/* all of it, unless there is a file */
	int file;		/* 1: fd holds it */
	int fd;
	off_t at;		/* where it begins there */
	uint64_t size;
	const char *source;	/* borrowed, for messages; NULL: the temporary file */
};

sink_fn held_write;		/* ctx is the struct. Fails as ERR_IO or ERR_CANTCREAT, naming the directory ($TMPDIR) */
int held_copy(struct held *, int fd, const char *source, struct err *e);	/* all that can still be read from fd */
void held_file(struct held *, int fd, off_t at, uint64_t size, const char *source);	/* takes fd over */
int held_each(const struct held *, sink_fn *, void *ctx, struct err *e);	/* any number of times; a file that got shorter is ERR_DATA */
void held_free(struct held *);

#endif
