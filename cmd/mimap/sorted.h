/* SPDX-License-Identifier: ISC */
/* sorted.h - messages of a mailbox in the order the user asked for: the server's, or one made here of what it told; with their lines of
 * a listing, which come in another order. Memory is as much as the listing. */
#ifndef MIMAP_SORTED_H
#define MIMAP_SORTED_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "sortkey.h"

struct response;
struct summary;

struct sorted_line {
	uint32_t uid;
	size_t at, len;		/* in lines */
};

struct sorted {			/* zeroed but for keys is valid and empty */
	const struct sortkey_order *keys;
	struct buf order;	/* a uint32_t for each message, in its order; empty: to be made here */
	struct sortkey_item *item;	/* for that */
	size_t items;
	struct buf lines;
	struct sorted_line *line;
	size_t count;
};

void sorted_take(struct sorted *, struct summary *, const struct response *);	/* FETCH; summary NULL: no lines are wanted */
void sorted_finish(struct sorted *);	/* all have come */
int sorted_get(const struct sorted *, size_t index, uint32_t *uid);	/* 0: there are no more */
void sorted_print(const struct sorted *, uint32_t uid);		/* its line, to stdout; nothing if it never came */
void sorted_free(struct sorted *);

#endif
