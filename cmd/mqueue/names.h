/* SPDX-License-Identifier: ISC */
/* names.h - a set of strings, each kept once, so that equal ones are one pointer. Owns them. */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>

struct names {
	char **at;		/* a hash table; NULL: free */
	size_t count, room;	/* room: a power of two, or 0 */
};

const char *names_add(struct names *, const char *);	/* the one that is kept */
void names_free(struct names *);

#endif
