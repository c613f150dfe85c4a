/* SPDX-License-Identifier: ISC */
/* renamed.c - each record serves for one message only: a second one with the same header is another copy. */
#include "renamed.h"

#include <stdlib.h>

#include "headers.h"
#include "listing.h"
#include "pop3.h"
#include "prints.h"
#include "seen.h"
#include "xalloc.h"

struct renamed {
	struct pop3 *p;
	struct seen *s;
	struct prints gone;		/* texts: their keys */
	size_t adopted;
	uint64_t *size;			/* theirs, sorted */
};

static void
gather(void *ctx, const char *key, const struct seen_entry *entry)
{
	struct renamed *r = ctx;

	prints_add(&r->gone, entry->print, entry->size, key);
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
	prints_sort(&r->gone);
	r->size = xcalloc(r->gone.count, sizeof *r->size);
	for (size_t i = 0; i < r->gone.count; i++)
		r->size[i] = r->gone.v[i].size;
	qsort(r->size, r->gone.count, sizeof *r->size, by_size);
}

static int
compare(void *ctx, struct listing_msg *m, const struct buf *header, const struct err *why, struct err *e)
{
	struct renamed *r = ctx;
	char print[HEADERS_PRINT];
	struct print *g;

	(void)why;
	(void)e;
	if (header == NULL || headers_print(buf_str(header), header->len, print) == -1 || (g = prints_find(&r->gone, print, NULL)) == NULL)
		return 0;
	g->taken = 1;
	r->adopted++;
	seen_adopt(r->s, g->text, m);
	return 0;
}

/* Only those of a size that one of the gone had. */
static int
same_size(const struct renamed *r, struct listing_msg **msg, size_t *count, struct err *e)
{
	size_t same = 0;

	if (r->size[r->gone.count - 1] == LISTING_NO_SIZE)	/* the largest there is: some are not known */
		return 0;
	if (r->p->uids_only && pop3_sizes(r->p, msg, *count, e) == -1)
		return -1;
	for (size_t i = 0; i < *count; i++)
		if (bsearch(&msg[i]->size, r->size, r->gone.count, sizeof *r->size, by_size) != NULL)
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
	int rc = r.gone.count > 0 && l->count > 0 ? compare_all(&r, l, e) : 0;

	prints_free(&r.gone);
	free(r.size);
	if (rc == 0 && gone > 0)
		seen_prune(s, l);
	*adopted = r.adopted;
	return rc;
}
