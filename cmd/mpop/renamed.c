/* SPDX-License-Identifier: ISC */
/* renamed.c - each record serves for one message only: a second one with the same header is another copy. */
#include "renamed.h"

#include <stdlib.h>
#include <string.h>

#include "headers.h"
#include "listing.h"
#include "pop3.h"
#include "seen.h"
#include "xalloc.h"

struct gone {
	char *key;
	char print[HEADERS_PRINT];
	uint64_t size;
	int found;
};

struct renamed {
	struct pop3 *p;
	struct seen *s;
	struct gone *gone;		/* by print */
	size_t count, room, adopted;
	uint64_t *size;			/* theirs, sorted */
};

static void
gather(void *ctx, const char *key, const struct seen_entry *entry)
{
	struct renamed *r = ctx;
	struct gone *g;

	if (r->count == r->room) {
		r->room = r->room > 0 ? r->room * 2 : 64;
		r->gone = xreallocarray(r->gone, r->room, sizeof *r->gone);
	}
	g = &r->gone[r->count++];
	*g = (struct gone){ .key = xstrdup(key), .size = entry->size };
	strlcpy(g->print, entry->print, sizeof g->print);
}

static int
by_print(const void *a, const void *b)
{
	return strcmp(((const struct gone *)a)->print, ((const struct gone *)b)->print);
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
sort(struct renamed *r)
{
	r->size = xcalloc(r->count, sizeof *r->size);
	for (size_t i = 0; i < r->count; i++)
		r->size[i] = r->gone[i].size;
	qsort(r->gone, r->count, sizeof *r->gone, by_print);
	qsort(r->size, r->count, sizeof *r->size, by_size);
}

static struct gone *
find(struct renamed *r, const char *print)
{
	struct gone key = { .key = NULL }, *g;

	strlcpy(key.print, print, sizeof key.print);
	if ((g = bsearch(&key, r->gone, r->count, sizeof *g, by_print)) == NULL)
		return NULL;
	while (g > r->gone && by_print(g - 1, &key) == 0)
		g--;
	while (g < r->gone + r->count && by_print(g, &key) == 0 && g->found)
		g++;
	return g < r->gone + r->count && by_print(g, &key) == 0 ? g : NULL;
}

static int
compare(void *ctx, struct listing_msg *m, const struct buf *header, const struct err *why, struct err *e)
{
	struct renamed *r = ctx;
	char print[HEADERS_PRINT];
	struct gone *g;

	(void)why;
	(void)e;
	if (header == NULL || headers_print(buf_str(header), header->len, print) == -1 || (g = find(r, print)) == NULL)
		return 0;
	g->found = 1;
	r->adopted++;
	seen_adopt(r->s, g->key, m);
	return 0;
}

/* Only those of a size that one of the gone had. */
static int
same_size(const struct renamed *r, struct listing_msg **msg, size_t *count, struct err *e)
{
	size_t same = 0;

	if (r->size[r->count - 1] == LISTING_NO_SIZE)	/* the largest there is: some are not known */
		return 0;
	if (r->p->uids_only && pop3_sizes(r->p, msg, *count, e) == -1)
		return -1;
	for (size_t i = 0; i < *count; i++)
		if (bsearch(&msg[i]->size, r->size, r->count, sizeof *r->size, by_size) != NULL)
			msg[same++] = msg[i];
	*count = same;
	return 0;
}

/* Those to be compared: unknown ones with a UID of their own. */
static int
candidates(const struct renamed *r, struct listing *l, struct listing_msg **msg, size_t *count, struct err *e)
{
	struct seen_entry entry;
	size_t known = 0;

	*count = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct listing_msg *m = &l->msg[i];

		if (seen_get(r->s, m, &entry))
			known++;
		else if (m->uid != NULL && m->twin == 0)
			msg[(*count)++] = m;
	}
	return known == 0 ? 0 : same_size(r, msg, count, e);
}

static int
compare_all(struct renamed *r, struct listing *l, struct err *e)
{
	struct listing_msg **msg = xcalloc(l->count, sizeof *msg);
	size_t count;
	int rc;

	sort(r);
	rc = candidates(r, l, msg, &count, e);
	if (rc == 0 && count > 0)
		rc = headers_each(r->p, msg, count, compare, r, e);
	free(msg);
	return rc;
}

int
renamed_adopt(struct pop3 *p, struct listing *l, struct seen *s, size_t *adopted, struct err *e)
{
	struct renamed r = { .p = p, .s = s };
	size_t gone = seen_gone(s, l, gather, &r);
	int rc = r.count > 0 && l->count > 0 ? compare_all(&r, l, e) : 0;

	for (size_t i = 0; i < r.count; i++)
		free(r.gone[i].key);
	free(r.gone);
	free(r.size);
	if (rc == 0 && gone > 0)
		seen_prune(s, l);
	*adopted = r.adopted;
	return rc;
}
