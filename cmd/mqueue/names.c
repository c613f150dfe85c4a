/* SPDX-License-Identifier: ISC */
/* names.c - see names.h. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "xalloc.h"

/* Where it is, or where it belongs. */
static char **
place(char **at, size_t room, const char *name)
{
	uint64_t hash = 14695981039346656037u;
	const char *p;
	size_t i;

	for (p = name; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	for (i = (size_t)(hash ^ hash >> 29) & (room - 1); at[i] != NULL && strcmp(at[i], name) != 0;)
		i = (i + 1) & (room - 1);
	return &at[i];
}

static void
grow(struct names *n)
{
	size_t room = n->room == 0 ? 16 : n->room * 2, i;
	char **at = xcalloc(room, sizeof *at);

	for (i = 0; i < n->room; i++)
		if (n->at[i] != NULL)
			*place(at, room, n->at[i]) = n->at[i];
	free(n->at);
	n->at = at;
	n->room = room;
}

const char *
names_add(struct names *n, const char *name)
{
	char **p;

	if (n->count >= n->room / 2)
		grow(n);
	p = place(n->at, n->room, name);
	if (*p == NULL) {
		*p = xstrdup(name);
		n->count++;
	}
	return *p;
}

void
names_free(struct names *n)
{
	size_t i;

	for (i = 0; i < n->room; i++)
		free(n->at[i]);
	free(n->at);
	*n = (struct names){ .at = NULL };
}
