/* SPDX-License-Identifier: ISC */
/* syncmatch.c - pairing by key, then by number and size. Both lists are sorted by what must be equal, and then walked together:
 * in each run of equals the first goes with the first, by date and order. */
#include "syncmatch.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define TRIES 4096	/* among equals, for one that `from` lets through */

struct entry {
	const struct syncmatch_item *item;
	size_t index;
	uint64_t size;		/* the one of its sizes that it stands for */
};

struct side {
	struct syncmatch_item *item;
	size_t count;
	struct entry *entry;
	size_t entries;
};

typedef int compare_fn(const void *, const void *);

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_rest(const struct entry *a, const struct entry *b)
{
	if (a->item->date != b->item->date)
		return a->item->date < b->item->date ? -1 : 1;
	return compare_numbers(a->index, b->index);
}

static int
same_key(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;

	return strcmp(a->item->key, b->item->key);
}

static int
by_key(const void *va, const void *vb)
{
	int r = same_key(va, vb);

	return r != 0 ? r : compare_rest(va, vb);
}

static int
same_ident(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;

	if (a->item->ident != b->item->ident)
		return compare_numbers(a->item->ident, b->item->ident);
	return compare_numbers(a->size, b->size);
}

static int
by_ident(const void *va, const void *vb)
{
	int r = same_ident(va, vb);

	return r != 0 ? r : compare_rest(va, vb);
}

static int
same_date(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int r = same_ident(va, vb);

	return r != 0 || a->item->date == b->item->date ? r : a->item->date < b->item->date ? -1 : 1;
}

/* A UID below `from` cannot be it: it was there before. */
static int
uid_fits(const struct syncmatch_item *a, const struct syncmatch_item *b)
{
	return (a->from == 0 || b->uid == 0 || b->uid >= a->from) && (b->from == 0 || a->uid == 0 || a->uid >= b->from);
}

static int
sizes_fit(const struct syncmatch_item *a, const struct syncmatch_item *b)
{
	uint64_t a_up = a->size_up != 0 ? a->size_up : a->size, b_up = b->size_up != 0 ? b->size_up : b->size;

	if (a->size == 0 || b->size == 0)
		return 1;
	return a->size == b->size || a->size == b_up || a_up == b->size;
}

static int
fit(const struct syncmatch_item *a, const struct syncmatch_item *b)
{
	return uid_fits(a, b) && sizes_fit(a, b) && (a->ident == 0 || b->ident == 0 || a->ident == b->ident);
}

static void
add_entry(struct side *s, size_t index, uint64_t size)
{
	s->entry[s->entries++] = (struct entry){ &s->item[index], index, size };
}

static void
list_keys(struct side *s)
{
	size_t i;

	s->entries = 0;
	for (i = 0; i < s->count; i++) {
		if (s->item[i].with == SYNCMATCH_NONE && s->item[i].key != NULL)
			add_entry(s, i, 0);
	}
}

/* One entry for each size that a message may have. */
static void
list_idents(struct side *s)
{
	const struct syncmatch_item *m;
	size_t i;

	s->entries = 0;
	for (i = 0; i < s->count; i++) {
		m = &s->item[i];
		if (m->with != SYNCMATCH_NONE || m->ident == 0 || m->size == 0)
			continue;
		add_entry(s, i, m->size);
		if (m->size_up != 0 && m->size_up != m->size)
			add_entry(s, i, m->size_up);
	}
}

static void
sort(struct side *s, compare_fn *order)
{
	if (s->entries > 1)
		qsort(s->entry, s->entries, sizeof(*s->entry), order);
}

static size_t
run_length(const struct side *s, size_t at, compare_fn *same)
{
	size_t n = 1;

	while (at + n < s->entries && same(&s->entry[at], &s->entry[at + n]) == 0)
		n++;
	return n;
}

static int
is_free(const struct entry *e)
{
	return e->item->with == SYNCMATCH_NONE;
}

/* Runs of equals: in both the first free ones that fit. What does not fit at the head of one is passed over, and only so often
 * that a run of many equals stays linear. */
static size_t
pair_run(struct side *a, size_t ai, size_t an, struct side *b, size_t bi, size_t bn)
{
	size_t pairs = 0, i, j = bi, k, tries;

	for (i = ai; i < ai + an; i++) {
		if (!is_free(&a->entry[i]))
			continue;
		while (j < bi + bn && !is_free(&b->entry[j]))
			j++;
		for (k = j, tries = 0; k < bi + bn && tries < TRIES; k++, tries++) {
			if (is_free(&b->entry[k]) && fit(a->entry[i].item, b->entry[k].item))
				break;
		}
		if (k >= bi + bn || tries == TRIES)
			continue;
		a->item[a->entry[i].index].with = b->entry[k].index;
		b->item[b->entry[k].index].with = a->entry[i].index;
		pairs++;
	}
	return pairs;
}

static size_t
pair_sorted(struct side *a, struct side *b, compare_fn *same)
{
	size_t i = 0, j = 0, in, jn, pairs = 0;
	int r;

	while (i < a->entries && j < b->entries) {
		r = same(&a->entry[i], &b->entry[j]);
		in = r <= 0 ? run_length(a, i, same) : 0;
		jn = r >= 0 ? run_length(b, j, same) : 0;
		if (r == 0)
			pairs += pair_run(a, i, in, b, j, jn);
		i += in;
		j += jn;
	}
	return pairs;
}

static void
prepare(struct side *s, struct syncmatch_item *item, size_t count)
{
	size_t i;

	*s = (struct side){ .item = item, .count = count };
	s->entry = xreallocarray(NULL, count * 2 + 1, sizeof(*s->entry));
	for (i = 0; i < count; i++)
		item[i].with = SYNCMATCH_NONE;
}

size_t
syncmatch(struct syncmatch_item *a, size_t na, struct syncmatch_item *b, size_t nb)
{
	struct side sa, sb;
	size_t pairs;

	prepare(&sa, a, na);
	prepare(&sb, b, nb);
	list_keys(&sa);
	list_keys(&sb);
	sort(&sa, by_key);
	sort(&sb, by_key);
	pairs = pair_sorted(&sa, &sb, same_key);
	list_idents(&sa);
	list_idents(&sb);
	sort(&sa, by_ident);
	sort(&sb, by_ident);
	pairs += pair_sorted(&sa, &sb, same_date);
	pairs += pair_sorted(&sa, &sb, same_ident);
	free(sa.entry);
	free(sb.entry);
	return pairs;
}
