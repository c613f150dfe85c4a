/* SPDX-License-Identifier: ISC */
/* uidset.c - sets of UIDs (RFC 3501 section 9, sequence-set). Invariant: lo <= hi, and range[i].hi + 1 < range[i + 1].lo. */
#include "uidset.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "xalloc.h"

/* The first range whose end is not below uid. */
static size_t
find(const struct uidset *s, uint32_t uid)
{
	size_t lo = 0, hi = s->count, mid;

	if (s->count > 0 && s->range[s->count - 1].hi < uid)	/* sets mostly grow at their end */
		return s->count;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->range[mid].hi < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Ranges from..to-1 give way to `count` others (0, 1 or 2). */
static void
replace(struct uidset *s, size_t from, size_t to, const struct uidrange *with, size_t count)
{
	size_t tail = s->count - to, need = from + count + tail;

	if (s->range == NULL || need > s->room) {
		s->room = s->room * 2 > need ? s->room * 2 : need + 7;
		s->range = xreallocarray(s->range, s->room, sizeof(*s->range));
	}
	memmove(s->range + from + count, s->range + to, tail * sizeof(*s->range));
	if (count > 0)
		memcpy(s->range + from, with, count * sizeof(*with));
	s->count = need;
}

void
uidset_add(struct uidset *s, uint32_t lo, uint32_t hi)
{
	struct uidrange new = { lo, hi };
	size_t from = find(s, lo > 0 ? lo - 1 : 0), to = from;

	while (to < s->count && (hi == UINT32_MAX || s->range[to].lo <= hi + 1)) {
		if (s->range[to].lo < new.lo)
			new.lo = s->range[to].lo;
		if (s->range[to].hi > new.hi)
			new.hi = s->range[to].hi;
		to++;
	}
	replace(s, from, to, &new, 1);
}

void
uidset_merge(struct uidset *s, const struct uidset *more)
{
	size_t i;

	for (i = 0; i < more->count; i++)
		uidset_add(s, more->range[i].lo, more->range[i].hi);
}

void
uidset_remove(struct uidset *s, uint32_t lo, uint32_t hi)
{
	struct uidrange rest[2];
	size_t from = find(s, lo), to = from, count = 0;

	while (to < s->count && s->range[to].lo <= hi)
		to++;
	if (to == from)
		return;
	if (s->range[from].lo < lo)
		rest[count++] = (struct uidrange){ s->range[from].lo, lo - 1 };
	if (s->range[to - 1].hi > hi)
		rest[count++] = (struct uidrange){ hi + 1, s->range[to - 1].hi };
	replace(s, from, to, rest, count);
}

int
uidset_has(const struct uidset *s, uint32_t uid)
{
	size_t i = find(s, uid);

	return i < s->count && s->range[i].lo <= uid;
}

uint64_t
uidset_size(const struct uidset *s)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < s->count; i++)
		total += (uint64_t)s->range[i].hi - s->range[i].lo + 1;
	return total;
}

void
uidset_free(struct uidset *s)
{
	free(s->range);
	memset(s, 0, sizeof(*s));
}

/* "*" or 1 … 4294967295 without leading zeros; *p moves behind it. */
static int
parse_number(const char **p, const char *end, uint32_t *n)
{
	uint64_t v = 0;

	if (*p < end && **p == '*') {
		(*p)++;
		*n = UID_STAR;
		return 0;
	}
	if (*p == end || **p == '0')
		return -1;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (uint64_t)(**p - '0');
		if (v > UINT32_MAX)
			return -1;
	}
	*n = (uint32_t)v;
	return v == 0 ? -1 : 0;
}

static int
parse_range(const char **p, const char *end, struct uidrange *r)
{
	uint32_t swap;

	if (parse_number(p, end, &r->lo) == -1)
		return -1;
	r->hi = r->lo;
	if (*p < end && **p == ':') {
		(*p)++;
		if (parse_number(p, end, &r->hi) == -1)
			return -1;
	}
	if (r->lo > r->hi) {
		swap = r->lo;
		r->lo = r->hi;
		r->hi = swap;
	}
	return 0;
}

int
uidset_parse(struct uidset *s, const char *text, size_t n, struct err *e)
{
	const char *p = text, *end = text + n;
	struct uidset new = { NULL, 0, 0 };
	struct uidrange r;

	do {
		if (parse_range(&p, end, &r) == -1 || (p < end && *p != ',')) {
			uidset_free(&new);
			return err_set(e, ERR_USAGE, "\"%.*s\" is no set of UIDs (like 7 or 1:5,9:*)", n > 80 ? 80 : (int)n, text);
		}
		uidset_add(&new, r.lo, r.hi);
	} while (p < end && *p++ == ',');
	uidset_merge(s, &new);
	uidset_free(&new);
	return 0;
}

static void
print_number(struct buf *out, uint32_t n)
{
	if (n == UID_STAR)
		buf_addc(out, '*');
	else
		buf_printf(out, "%u", n);
}

int
uidset_piece(const struct uidset *s, size_t *pos, size_t room, struct buf *out)
{
	size_t first = *pos, start = out->len, before;

	for (; *pos < s->count; (*pos)++) {
		before = out->len;
		if (*pos > first)
			buf_addc(out, ',');
		print_number(out, s->range[*pos].lo);
		if (s->range[*pos].hi != s->range[*pos].lo) {
			buf_addc(out, ':');
			print_number(out, s->range[*pos].hi);
		}
		if (out->len - start > room && *pos > first) {
			buf_cut(out, before);
			break;
		}
	}
	return *pos > first;
}
