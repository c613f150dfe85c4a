/* SPDX-License-Identifier: ISC */
/* listing.c - in the usual case both answers count 1, 2, 3…: then a size finds its message at the cursor, nothing is sorted. */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "reply.h"
#include "xalloc.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)
#define CONFLICT (UINT32_MAX - 1)	/* two UIDs for one number: neither counts */

static struct listing_msg *
append(struct listing *l, uint32_t number)
{
	struct listing_msg *m;

	if (l->count == l->room) {
		l->room = l->room > 0 ? l->room * 2 : 64;
		l->msg = xreallocarray(l->msg, l->room, sizeof *l->msg);
	}
	m = &l->msg[l->count++];
	*m = (struct listing_msg){ .number = number, .uid_at = LISTING_NO_UID, .size = LISTING_NO_SIZE };
	return m;
}

static int
bad_line(const char *what, const char *line, struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "not a line of %s: \"%.100s\"", what, line);
}

int
listing_uidl(struct listing *l, const char *line, size_t len, struct err *e)
{
	const char *uid;
	size_t n;
	uint32_t number;
	struct listing_msg *m;

	if (reply_number(line, len, &number, &uid, &n) == -1)
		return bad_line("UIDL", line, e);
	if (++l->uid_lines > LISTING_MAX || l->text.len > TEXT_MAX)
		return err_set(e, ERR_PROTOCOL, "the server lists too many messages (more than %u)", LISTING_MAX);
	m = append(l, number);
	if (n > 0 && n <= LISTING_UID_MAX && memchr(uid, '\0', n) == NULL) {
		m->uid_at = (uint32_t)l->text.len;
		buf_add(&l->text, uid, n);
		buf_addc(&l->text, '\0');
	}
	return 0;
}

uint64_t
listing_size(const char *digits, size_t len)
{
	uint64_t size = 0;

	if (len == 0 || *digits < '0' || *digits > '9')
		return LISTING_NO_SIZE;
	for (size_t i = 0; i < len && digits[i] >= '0' && digits[i] <= '9' && size < LISTING_NO_SIZE / 16; i++)
		size = size * 10 + (uint64_t)(digits[i] - '0');
	return size;
}

int
listing_list(struct listing *l, const char *line, size_t len, struct err *e)
{
	const char *rest;
	size_t n;
	uint32_t number;
	uint64_t size;
	struct listing_msg *m;

	if (reply_number(line, len, &number, &rest, &n) == -1)
		return bad_line("LIST", line, e);
	if (++l->size_lines > LISTING_MAX)
		return err_set(e, ERR_PROTOCOL, "the server lists too many messages (more than %u)", LISTING_MAX);
	while (l->cursor < l->count && l->msg[l->cursor].number < number)
		l->cursor++;
	if (l->cursor < l->count && l->msg[l->cursor].number == number)
		m = &l->msg[l->cursor];
	else
		m = append(l, number);
	if ((size = listing_size(rest, n)) != LISTING_NO_SIZE)
		m->size = size;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct listing_msg *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Two records of one number: what only one knows is taken; two UIDs contradict each other unless they are the same. */
static void
merge(struct listing_msg *to, const struct listing_msg *from, const char *text)
{
	if (to->size == LISTING_NO_SIZE)
		to->size = from->size;
	if (from->uid_at == LISTING_NO_UID || to->uid_at == CONFLICT)
		return;
	if (to->uid_at == LISTING_NO_UID)
		to->uid_at = from->uid_at;
	else if (strcmp(text + to->uid_at, text + from->uid_at) != 0)
		to->uid_at = CONFLICT;
}

static void
merge_numbers(struct listing *l)
{
	size_t to = 0;

	for (size_t i = 1; i < l->count; i++)
		if (l->msg[i].number == l->msg[to].number)
			merge(&l->msg[to], &l->msg[i], l->text.data);
		else
			l->msg[++to] = l->msg[i];
	if (l->count > 0)
		l->count = to + 1;
}

static int
by_uid(const void *a, const void *b)
{
	const struct listing_msg *x = *(struct listing_msg *const *)a, *y = *(struct listing_msg *const *)b;
	int c = strcmp(x->uid, y->uid);

	return c != 0 ? c : by_number(x, y);
}

/* Many servers count their UIDs up: then there is nothing to sort, and no twin. */
static int
ascending(struct listing_msg *const *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i - 1]->uid, v[i]->uid) >= 0)
			return 0;
	return 1;
}

static size_t
mark_twins(struct listing_msg **v, size_t n)
{
	size_t twins = 0;

	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && strcmp(v[i]->uid, v[k]->uid) == 0; k++)
			;
		for (size_t j = i; k - i > 1 && j < k; j++, twins++)
			v[j]->twin = (unsigned int)(j - i + 1);
	}
	return twins;
}

/* The text no longer grows: UIDs become pointers, and are compared with each other. */
static size_t
find_twins(struct listing *l)
{
	l->by_uid = xcalloc(l->count + 1, sizeof *l->by_uid);
	for (size_t i = 0; i < l->count; i++) {
		struct listing_msg *m = &l->msg[i];

		if (m->uid_at != LISTING_NO_UID && m->uid_at != CONFLICT) {
			m->uid = l->text.data + m->uid_at;
			l->by_uid[l->uids++] = m;
		}
	}
	if (ascending(l->by_uid, l->uids))
		return 0;
	qsort(l->by_uid, l->uids, sizeof *l->by_uid, by_uid);
	return mark_twins(l->by_uid, l->uids);
}

static int
sorted(const struct listing *l)
{
	for (size_t i = 1; i < l->count; i++)
		if (l->msg[i - 1].number >= l->msg[i].number)
			return 0;
	return 1;
}

size_t
listing_end(struct listing *l)
{
	if (!sorted(l)) {
		qsort(l->msg, l->count, sizeof *l->msg, by_number);
		merge_numbers(l);
	}
	return find_twins(l);
}

const struct listing_msg *
listing_find(const struct listing *l, const char *uid)
{
	size_t low = 0, high = l->uids;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(uid, l->by_uid[mid]->uid);

		if (c == 0)
			return l->by_uid[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

void
listing_free(struct listing *l)
{
	free(l->by_uid);
	free(l->msg);
	buf_free(&l->text);
	memset(l, 0, sizeof *l);
}
