/* SPDX-License-Identifier: ISC */
/* rows.h - a listing on stdout: aligned columns with a head on a terminal, TAB-separated lines elsewhere, or JSON lines.
 * Text is made harmless (log_safe), so a record is always one line; the last column on a terminal is cut at its edge. */
#ifndef MIMAP_ROWS_H
#define MIMAP_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct column {
	const char *name;
	size_t width;		/* on a terminal */
	int right;		/* numbers */
};

struct rows {
	const struct column *column;
	size_t count, at;
	enum { ROWS_TABS, ROWS_TERMINAL, ROWS_JSON } form;
	size_t edge;		/* columns of the terminal */
	int begun;
	struct buf line, safe;
};

void rows_begin(struct rows *, const struct column *, size_t count, int json);
/* One for each column, in order. */
void rows_text(struct rows *, const char *, size_t);
void rows_number(struct rows *, uint64_t);
void rows_size(struct rows *, uint64_t);	/* 1.5M on a terminal */
void rows_none(struct rows *);			/* "-", null */
void rows_words(struct rows *, const char *words);	/* "seen,flagged" or "-": a list in JSON */
void rows_end(struct rows *);			/* the row is complete: prints it */
void rows_free(struct rows *);

#endif
