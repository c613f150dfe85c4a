/* SPDX-License-Identifier: ISC */
/* sortkey.h - what messages are sorted by (RFC 5256): the user's words, the protocol's, and the comparison itself for servers that
 * do not sort. Limit: 8 keys. */
#ifndef MIMAP_SORTKEY_H
#define MIMAP_SORTKEY_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct response;

#define SORTKEY_MAX 8

struct sortkey_order {		/* zeroed: none */
	struct { unsigned char key, reverse; } by[SORTKEY_MAX];
	size_t count;
};

struct sortkey_item {		/* a message */
	uint32_t uid;
	const struct sortkey_order *order;
	struct { int64_t number; char *text; } value[SORTKEY_MAX];
};

/* "date", "-size", "from,subject"; ERR_USAGE. "reverse" before a key is the same as the hyphen. */
int sortkey_parse(struct sortkey_order *, const char *text, struct err *e);
void sortkey_wire(const struct sortkey_order *, struct buf *out);	/* REVERSE SIZE DATE */
/* from a FETCH response with UID, INTERNALDATE, RFC822.SIZE and ENVELOPE */
void sortkey_read(struct sortkey_item *, const struct sortkey_order *, const struct response *);
void sortkey_sort(struct sortkey_item *, size_t count);		/* by UID where all keys are the same */
void sortkey_free(struct sortkey_item *);

#endif
