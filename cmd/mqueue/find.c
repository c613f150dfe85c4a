/* SPDX-License-Identifier: ISC */
/* find.c - see find.h. */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "find.h"
#include "xalloc.h"

static int
compare(const void *a, const void *b)
{
	const struct spool_name *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

int
finder_open(struct finder *f, const struct spool *q, struct err *e)
{
	size_t i;

	*f = (struct finder){ .by_id = NULL };
	if (spool_list(q, &f->list, e) == -1)
		return -1;
	f->by_id = xcalloc(f->list.count + 1, sizeof *f->by_id);
	for (i = 0; i < f->list.count; i++)
		if (*f->list.at[i].id != '\0')
			f->by_id[f->count++] = &f->list.at[i];
	qsort(f->by_id, f->count, sizeof *f->by_id, compare);
	return 0;
}

void
finder_free(struct finder *f)
{
	free(f->by_id);
	spool_list_free(&f->list);
}

/* A name, or a path that ends in it. */
static const struct spool_name *
by_name(const struct finder *f, const char *what)
{
	const char *slash = strrchr(what, '/');
	size_t i;

	for (i = 0; i < f->count; i++)
		if (strcmp(f->by_id[i]->name, slash == NULL ? what : slash + 1) == 0)
			return f->by_id[i];
	return NULL;
}

static int
same_id(const struct finder *f, const struct spool_name *const *at, const char *id)
{
	return at >= f->by_id && at < f->by_id + f->count && strcmp((*at)->id, id) == 0;
}

const struct spool_name *
finder_find(const struct finder *f, const char *what, struct err *e)
{
	struct spool_name key = { .name = NULL };
	const struct spool_name *keyp = &key, *n, **at;

	if (ident_typed(what, key.id) == -1) {
		if ((n = by_name(f, what)) == NULL)
			err_set(e, ERR_DATA, "%s: no such message in the queue", what);
		return n;
	}
	at = f->count == 0 ? NULL : bsearch(&keyp, f->by_id, f->count, sizeof *f->by_id, compare);
	if (at == NULL) {
		err_set(e, ERR_DATA, "%s: no such message in the queue", what);
		return NULL;
	}
	if (same_id(f, at - 1, key.id) || same_id(f, at + 1, key.id)) {
		err_set(e, ERR_DATA, "%s: more than one message has this id; use the file's name, as %s", what, (*at)->name);
		return NULL;
	}
	return *at;
}
