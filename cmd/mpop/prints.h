/* SPDX-License-Identifier: ISC */
/* prints.h - messages that we have had, by the prints of their headers (headers.h), to be compared with what a server has. */
#ifndef PRINTS_H
#define PRINTS_H

#include <stddef.h>
#include <stdint.h>

#include "headers.h"

struct print {
	char print[HEADERS_PRINT];
	uint64_t size;
	char *text;		/* the caller's: a key, a path */
	int taken;		/* the caller's: it was found to be one of the server's, and is no other */
};

struct prints {			/* zeroed is empty */
	struct print *v;
	size_t count, room;
};

void prints_add(struct prints *, const char *print, uint64_t size, const char *text);
void prints_sort(struct prints *);		/* after the last one */
/* The first that is not taken and has that print, or the next one after `last`. */
struct print *prints_find(const struct prints *, const char *print, struct print *last);
void prints_free(struct prints *);

#endif
