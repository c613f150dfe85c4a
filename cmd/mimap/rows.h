/* SPDX-License-Identifier: ISC */
/* rows.h - a listing on stdout: aligned columns with a head on a terminal, TAB-separated lines elsewhere, or JSON lines.
 * Text is made harmless (log_safe), so a record is always one line; the last column on a terminal is cut at its edge.
 * Columns that say where the row is from (account, mailbox) can stand before the others: they are filled in by themselves. */
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

#define ROWS_COLUMNS 12
#define ROWS_FIXED 2

struct rows {
	struct column column[ROWS_COLUMNS];	/* the fixed ones first */
	size_t count, fixed, at;
	const char *value[ROWS_FIXED];		/* of the fixed ones; borrowed */
	const char *extra;			/* JSON: the name of the next cell, beyond the columns */
	struct buf *keep;			/* takes the lines in place of stdout; NULL */
	enum { ROWS_TABS, ROWS_TERMINAL, ROWS_JSON } form;
	size_t edge;		/* columns of the terminal */
	int begun;
	struct buf line, safe;
};

void rows_begin(struct rows *, const struct column *, size_t count, int json);
/* One more before the columns there are, behind other fixed ones; before the first row. Its value may change from row to row. */
void rows_fix(struct rows *, const char *name, size_t width, const char *value);
int rows_extra(struct rows *, const char *name);	/* 1: JSON, and a cell of that name may follow the last column; else 0 */
/* One for each column, in order. */
void rows_text(struct rows *, const char *, size_t);
void rows_number(struct rows *, uint64_t);
void rows_size(struct rows *, uint64_t);	/* 1.5M on a terminal */
void rows_none(struct rows *);			/* "-", null */
void rows_truth(struct rows *, int);		/* JSON: true, false */
void rows_words(struct rows *, const char *words);	/* "seen,flagged" or "-": a list in JSON */
void rows_end(struct rows *);			/* the row is complete: prints it */
void rows_free(struct rows *);

#endif
