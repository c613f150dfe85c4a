/* SPDX-License-Identifier: ISC */
/* syncnear_table.h - the files of a maildir in memory, found by NAME. A zeroed struct is empty. Private to syncnear.c.
 * Names may be chosen by an enemy. */
#ifndef MIMAP_SYNCNEAR_TABLE_H
#define MIMAP_SYNCNEAR_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "syncnear.h"

struct near_block;

struct near_slot {
	uint32_t number;	/* of the file + 1; 0: free */
	uint32_t hash;
};

struct near_table {
	struct near_file *file;
	size_t count, cap;
	struct near_block *blocks;	/* the names */
	struct near_slot *slot;
	size_t slots;			/* a power of two */
	uint64_t seed;
};

void near_table_add(struct near_table *, const char *file, int in_new, enum near_odd odd);	/* not found before the next index */
void near_table_index(struct near_table *);		/* of those with one NAME, one is fine */
struct near_file *near_table_insert(struct near_table *, const char *file, int in_new);	/* indexed at once; its NAME must be new */
void near_table_rename(struct near_table *, struct near_file *, const char *file);	/* in cur/ now; the NAME is the same */
struct near_file *near_table_find(const struct near_table *, const char *name);
void near_table_clear(struct near_table *);		/* keeps the seed */
void near_table_free(struct near_table *);

#endif
