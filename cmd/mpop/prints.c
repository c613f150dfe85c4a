/* SPDX-License-Identifier: ISC */
/* prints.c - see prints.h. */
#include "prints.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void
prints_add(struct prints *p, const char *print, uint64_t size, const char *text)
{
	struct print *n;

	if (p->count == p->room) {
		p->room = p->room > 0 ? p->room * 2 : 64;
		p->v = xreallocarray(p->v, p->room, sizeof *p->v);
	}
	n = &p->v[p->count++];
	*n = (struct print){ .size = size, .text = xstrdup(text) };
	strlcpy(n->print, print, sizeof n->print);
}

static int
by_print(const void *a, const void *b)
{
	return strcmp(((const struct print *)a)->print, ((const struct print *)b)->print);
}

void
prints_sort(struct prints *p)
{
	if (p->count > 0)
		qsort(p->v, p->count, sizeof *p->v, by_print);
}

struct print *
prints_find(const struct prints *p, const char *print, struct print *last)
{
	struct print key = { .size = 0 }, *n;

	strlcpy(key.print, print, sizeof key.print);
	if (p->count == 0 || (n = bsearch(&key, p->v, p->count, sizeof *n, by_print)) == NULL)
		return NULL;
	while (n > p->v && by_print(n - 1, &key) == 0)
		n--;
	if (last != NULL)
		n = last + 1;
	while (n < p->v + p->count && by_print(n, &key) == 0 && n->taken)
		n++;
	return n < p->v + p->count && by_print(n, &key) == 0 ? n : NULL;
}

void
prints_free(struct prints *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->v[i].text);
	free(p->v);
	*p = (struct prints){ NULL, 0, 0 };
}
