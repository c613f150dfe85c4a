/* SPDX-License-Identifier: ISC */
/* value.h - what a response is made of: atoms, strings, lists; and the arena that holds them until the next response.
 * Limits: 100,000 values a response; octets are bounded by the lines and literals they come from. */
#ifndef MIMAP_VALUE_H
#define MIMAP_VALUE_H

#include <stddef.h>
#include <stdint.h>

struct buf;

#define VALUE_MAX 100000

enum value_kind { VALUE_ATOM, VALUE_STRING, VALUE_LIST, VALUE_STREAMED };

struct value {
	enum value_kind kind;
	const char *text;	/* atom or string, NUL added; may hold NULs where it came in a literal */
	size_t len;
	uint64_t size;		/* streamed: the octets that went past */
	struct value *first;	/* of a list */
	struct value *next;	/* in the same list */
};

struct arena {			/* zeroed is valid and empty */
	struct arena_block *blocks;
	size_t values;
};

struct value *arena_value(struct arena *, enum value_kind, const char *text, size_t len);	/* copies; NULL over VALUE_MAX */
void arena_reset(struct arena *);
void arena_free(struct arena *);

/* All take NULL for a value that isn't there. */
int value_is(const struct value *, const char *atom);			/* case ignored */
int value_nil(const struct value *);
/* an atom's or string's octets; 0 for NIL, lists and streamed */
int value_text(const struct value *, const char **, size_t *);
int value_u32(const struct value *, uint32_t *);			/* 1 if it is a number that fits */
int value_u64(const struct value *, uint64_t *);			/* at most INT64_MAX */
const struct value *value_at(const struct value *list, size_t index);	/* element, or NULL */
const struct value *value_after(const struct value *list, const char *key);	/* in (key value key value …) */
/* the same for keys that servers spell differently, as BODY[HEADER.FIELDS ("To")]: what begins so, case ignored */
const struct value *value_behind(const struct value *list, const char *beginning);
void value_print(struct buf *, const struct value *first);		/* as a server would say it: first and all its next */

#endif
