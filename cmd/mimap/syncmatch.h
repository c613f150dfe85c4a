/* SPDX-License-Identifier: ISC */
/* syncmatch.h - two lists of messages, and which of the one is which of the other. Pure.
 * For files that may be on the server already (pending), for all of a folder (state lost, UIDVALIDITY changed), for moves (vanished
 * here, new there), and for a file that has another NAME now. Each is used once. Two that have the same key (NAME, EMAILID) are
 * one unless their sizes or numbers, where both are known, speak against it; then those of the same number and size; among equals
 * those of the same date go first, then the order given. What has no number and no key matches nothing.
 * n log n. Borrows all it is given. */
#ifndef MIMAP_SYNCMATCH_H
#define MIMAP_SYNCMATCH_H

#include <stddef.h>
#include <stdint.h>

#define SYNCMATCH_NONE SIZE_MAX

struct syncmatch_item {
	uint64_t ident;		/* syncident.h; 0: not known */
	uint64_t size, size_up;	/* octets on the wire; size_up 0: the same. 0: not known */
	int64_t date;		/* INTERNALDATE, or the file's mtime; 0: not known */
	const char *key;	/* NAME or EMAILID, NULL: none */
	uint32_t from;		/* matches only a UID of this or above (NEXT of a pending mark); 0: any */
	uint32_t uid;		/* 0: not known: fits any `from` */
	size_t with;		/* out: the index in the other list, or SYNCMATCH_NONE */
};

size_t syncmatch(struct syncmatch_item *a, size_t na, struct syncmatch_item *b, size_t nb);	/* sets `with` in both; how many pairs */

#endif
