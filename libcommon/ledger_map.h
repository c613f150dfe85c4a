/* SPDX-License-Identifier: ISC */
/* ledger_map.h - the ledger's map in memory: text to text, in the order of the first put. A zeroed struct is empty.
 * Keys may be chosen by an enemy. Private to ledger.c. */
#ifndef LEDGER_MAP_H
#define LEDGER_MAP_H

#include <stddef.h>
#include <stdint.h>

struct ledger_entry {
	const char *key;	/* NULL: removed */
	const char *value;
	char *own;		/* the octets of both, to be freed; NULL: somebody else's */
};

struct ledger_slot {
	uint32_t number;	/* index into entry + 1; 0: free */
	uint32_t hash;		/* its entry's: most that differ are told apart without a look at it */
};

struct ledger_map {
	struct ledger_entry *entry;
	size_t used, cap;	/* of entry, removed ones counted */
	size_t count;		/* alive */
	struct ledger_slot *slot;
	size_t slots;		/* a power of two */
	uint64_t seed;
};

const char *ledger_map_get(const struct ledger_map *, const char *key);	/* NULL if none; until the next change */
void ledger_map_put(struct ledger_map *, const char *key, const char *value);
void ledger_map_lend(struct ledger_map *, const char *key, const char *value);	/* the same, but both stay where they are */
void ledger_map_room(struct ledger_map *, size_t more);			/* so many are about to come */
void ledger_map_remove(struct ledger_map *, const char *key);
void ledger_map_free(struct ledger_map *);

#endif
