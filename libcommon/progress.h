/* SPDX-License-Identifier: ISC */
/* progress.h - one line on stderr about long work, where stderr is a terminal; nothing otherwise.
 * Rewritten at most five times a second, first shown after half a second, gone at the end. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

struct buf;

struct progress {
	const char *verb;	/* "fetching" */
	uint64_t items, items_all, bytes, bytes_all;	/* 0: not known */
	int64_t began, shown;
	int on;
};

void progress_begin(struct progress *, const char *verb, uint64_t items, uint64_t bytes, int quiet);
void progress_add(struct progress *, uint64_t items, uint64_t bytes);
void progress_end(struct progress *);
void progress_text(const struct progress *, int64_t now, struct buf *out);	/* the line as it stands */

#endif
