/* SPDX-License-Identifier: ISC */
/* uidset.h - a set of UIDs, kept as sorted ranges that do not touch, written as IMAP writes it ("1:5,7,9:*").
 * UID_STAR, the highest number, stands for "*", the last message there is. A zeroed struct is the empty set. */
#ifndef MIMAP_UIDSET_H
#define MIMAP_UIDSET_H

#include <stddef.h>
#include <stdint.h>

#define UID_STAR UINT32_MAX

struct buf;
struct err;

struct uidrange { uint32_t lo, hi; };

struct uidset {
	struct uidrange *range;
	size_t count, room;
};

void uidset_add(struct uidset *, uint32_t lo, uint32_t hi);	/* lo <= hi */
void uidset_merge(struct uidset *, const struct uidset *);	/* adds all of it */
void uidset_remove(struct uidset *, uint32_t lo, uint32_t hi);
int uidset_has(const struct uidset *, uint32_t);
uint64_t uidset_size(const struct uidset *);
void uidset_free(struct uidset *);

/* adds; ERR_USAGE quotes what is no set, and adds nothing */
int uidset_parse(struct uidset *, const char *text, size_t n, struct err *e);
/* Appends the ranges from *pos on (0 at first) that fit into `room` octets, comma-separated; 0 when none was left. */
int uidset_piece(const struct uidset *, size_t *pos, size_t room, struct buf *out);

#endif
