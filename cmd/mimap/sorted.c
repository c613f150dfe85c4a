/* SPDX-License-Identifier: ISC */
/* sorted.c - keys and lines are kept until all have come. */
#include "sorted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "response.h"
#include "summary.h"
#include "xalloc.h"

static int
is_power(size_t n)
{
	return (n & (n - 1)) == 0;
}

static void
keep_line(struct sorted *s, struct summary *summary, const struct response *r, uint32_t uid)
{
	size_t before = s->lines.len;

	summary->rows.keep = &s->lines;
	summary_row(summary, r);
	summary->rows.keep = NULL;
	if (is_power(s->count))
		s->line = xreallocarray(s->line, s->count > 0 ? s->count * 2 : 1, sizeof(*s->line));
	s->line[s->count++] = (struct sorted_line){ uid, before, s->lines.len - before };
}

void
sorted_take(struct sorted *s, struct summary *summary, const struct response *r)
{
	struct sortkey_item item;

	if (s->order.len == 0) {
		sortkey_read(&item, s->keys, r);
		if (is_power(s->items))
			s->item = xreallocarray(s->item, s->items > 0 ? s->items * 2 : 1, sizeof(*s->item));
		s->item[s->items++] = item;
	}
	if (summary != NULL) {
		uint32_t uid = 0;

		value_u32(value_after(r->args, "UID"), &uid);
		keep_line(s, summary, r, uid);
	}
}

static int
by_uid(const void *a, const void *b)
{
	const struct sorted_line *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

void
sorted_finish(struct sorted *s)
{
	size_t i;

	if (s->order.len == 0) {
		sortkey_sort(s->item, s->items);
		for (i = 0; i < s->items; i++)
			buf_add(&s->order, &s->item[i].uid, sizeof(s->item[i].uid));
	}
	if (s->count > 0)
		qsort(s->line, s->count, sizeof(*s->line), by_uid);
}

int
sorted_get(const struct sorted *s, size_t i, uint32_t *uid)
{
	if (i >= s->order.len / sizeof(*uid))
		return 0;
	memcpy(uid, s->order.data + i * sizeof(*uid), sizeof(*uid));
	return 1;
}

void
sorted_print(const struct sorted *s, uint32_t uid)
{
	struct sorted_line key = { .uid = uid };
	const struct sorted_line *l = s->count > 0 ? bsearch(&key, s->line, s->count, sizeof(key), by_uid) : NULL;

	if (l != NULL)
		fwrite(s->lines.data + l->at, 1, l->len, stdout);
}

void
sorted_free(struct sorted *s)
{
	size_t i;

	for (i = 0; i < s->items; i++)
		sortkey_free(&s->item[i]);
	free(s->item);
	free(s->line);
	buf_free(&s->order);
	buf_free(&s->lines);
}
