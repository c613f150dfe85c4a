/* SPDX-License-Identifier: ISC */
/* seen_entry.h - keys and values in the ledger, for seen.c (one entry) and seen_walk.c (all of them). */
#ifndef SEEN_ENTRY_H
#define SEEN_ENTRY_H

#include <stdint.h>

#include "ledger.h"
#include "seen.h"

#define SEEN_UNPLACED "!unplaced"
#define SEEN_BATCH "!batch"
#define SEEN_KEY_MAX (LISTING_UID_MAX + 40)

struct seen {
	struct ledger *ledger;
	int64_t now;		/* of the run: every entry it makes has this time */
	char prefix;
};

/* key, filled in: "u:UID", for a twin with TAB SIZE TAB WHICH behind it. The message has a UID. */
const char *seen_key(char prefix, const struct listing_msg *, char key[SEEN_KEY_MAX]);
struct seen_entry seen_parse(const char *value);
void seen_store(struct seen *, const char *key, const struct seen_entry *);

#endif
