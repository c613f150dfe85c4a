/* SPDX-License-Identifier: ISC */
/* syncstate_rows.h - a folder's rows in memory, found by UID and by NAME. Zeroed is empty. Private to syncstate.c.
 * A row that was dropped stays in its place, of an impossible size, until tidy sorts by UID and closes the ranks. Rows that came in
 * order are found by bisection; those that did not, by a table. Names are borrowed, and may be chosen by an enemy. */
#ifndef MIMAP_SYNCSTATE_ROWS_H
#define MIMAP_SYNCSTATE_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "syncstate.h"

struct syncstate_slot {
	uint32_t number;	/* of the row + 1; 0: free */
	uint32_t hash;
};

struct syncstate_index {	/* old entries of a row do no harm: what is found is compared */
	struct syncstate_slot *slot;
	size_t slots, used;	/* slots: a power of two; at most three quarters used */
};

struct syncstate_rows {
	struct syncstate_row *row;
	size_t count, cap;
	size_t sorted;		/* the first so many are in order */
	size_t dropped;
	struct syncstate_index by_uid, by_name;	/* by_uid: of those behind the sorted ones */
	uint64_t seed;
};

int syncstate_rows_dropped(const struct syncstate_row *);
struct syncstate_row *syncstate_rows_uid(const struct syncstate_rows *, uint32_t uid);	/* dropped ones too */
struct syncstate_row *syncstate_rows_name(const struct syncstate_rows *, const char *name);
struct syncstate_row *syncstate_rows_load(struct syncstate_rows *);	/* one more, to be filled; tidy is due afterwards */
struct syncstate_row *syncstate_rows_add(struct syncstate_rows *, uint32_t uid);	/* one more, as good as dropped; the UID must be new */
void syncstate_rows_named(struct syncstate_rows *, struct syncstate_row *);	/* it has got a name */
void syncstate_rows_drop(struct syncstate_rows *, struct syncstate_row *);
void syncstate_rows_tidy(struct syncstate_rows *);	/* where there is anything to tidy */
void syncstate_rows_free(struct syncstate_rows *);

/* As the ledger has them: "UID", "LETTERS IDENT SIZE NAME". */
#define SYNCSTATE_ROWS_KEY 16
#define SYNCSTATE_ROWS_TEXT 400
#define SYNCSTATE_ROWS_NAME 256
int syncstate_rows_parse(const char *key, const char *value, struct syncstate_row *);	/* 1 if it is one; the name lies in the value, or is NULL */
/* Returns where NAME begins. */
size_t syncstate_rows_print(const struct syncstate_row *, char key[SYNCSTATE_ROWS_KEY], char value[SYNCSTATE_ROWS_TEXT]);

#endif
