/* SPDX-License-Identifier: ISC */
/* syncstate_rows.c - an array, and open addressing tables of indices into it; rows as text. */
#include "syncstate_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syncflag.h"
#include "syncident.h"
#include "xalloc.h"

int
syncstate_rows_dropped(const struct syncstate_row *row)
{
	return row->size == UINT64_MAX;
}

/* Eight octets at a time, by a factor that nobody knows. */
static uint32_t
hash_name(const struct syncstate_rows *s, const char *name)
{
	size_t n = strlen(name);
	uint64_t h = s->seed ^ n, word;

	for (; n >= sizeof(word); name += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		h = (h ^ word) * s->seed;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, name, n);
	return (uint32_t)(((h ^ word) * s->seed) >> 32);
}

static uint32_t
hash_uid(const struct syncstate_rows *s, uint32_t uid)
{
	return (uint32_t)((uid * s->seed) >> 32);
}

static void
index_begin(struct syncstate_index *x, size_t rows)
{
	free(x->slot);
	for (x->slots = 64; x->slots / 3 * 2 < rows; x->slots *= 2)
		;
	x->slot = xcalloc(x->slots, sizeof(*x->slot));
	x->used = 0;
}

static int
index_full(const struct syncstate_index *x)
{
	return (x->used + 1) * 4 > x->slots * 3;
}

static void
index_add(struct syncstate_index *x, uint32_t hash, size_t row)
{
	size_t at = hash & (x->slots - 1);

	while (x->slot[at].number != 0)
		at = (at + 1) & (x->slots - 1);
	x->slot[at] = (struct syncstate_slot){ (uint32_t)(row + 1), hash };
	x->used++;
}

/* Each row that the hash may mean, until it is NULL. *at begins as the hash. */
static struct syncstate_row *
index_next(const struct syncstate_rows *s, const struct syncstate_index *x, uint32_t hash, size_t *at)
{
	size_t i;

	if (x->slots == 0)
		return NULL;
	for (i = *at & (x->slots - 1); x->slot[i].number != 0; i = (i + 1) & (x->slots - 1)) {
		if (x->slot[i].hash == hash) {
			*at = i + 1;
			return &s->row[x->slot[i].number - 1];
		}
	}
	return NULL;
}

struct syncstate_row *
syncstate_rows_uid(const struct syncstate_rows *s, uint32_t uid)
{
	size_t low = 0, high = s->sorted, mid, at = hash_uid(s, uid);
	struct syncstate_row *row;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->row[mid].uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < s->sorted && s->row[low].uid == uid)
		return &s->row[low];
	while ((row = index_next(s, &s->by_uid, hash_uid(s, uid), &at)) != NULL && row->uid != uid)
		;
	return row;
}

struct syncstate_row *
syncstate_rows_name(const struct syncstate_rows *s, const char *name)
{
	uint32_t hash = hash_name(s, name);
	size_t at = hash;
	struct syncstate_row *row;

	while ((row = index_next(s, &s->by_name, hash, &at)) != NULL && (row->name == NULL || strcmp(row->name, name) != 0))
		;
	return row;
}

struct syncstate_row *
syncstate_rows_load(struct syncstate_rows *s)
{
	if (s->count == s->cap) {
		s->cap = s->cap == 0 ? 64 : s->cap * 2;
		s->row = xreallocarray(s->row, s->cap, sizeof(*s->row));
	}
	s->dropped = 1;
	return &s->row[s->count++];
}

static void
index_all(struct syncstate_rows *s)
{
	size_t i;

	index_begin(&s->by_uid, s->count - s->sorted);
	index_begin(&s->by_name, s->count);
	for (i = 0; i < s->count; i++) {
		if (i >= s->sorted)
			index_add(&s->by_uid, hash_uid(s, s->row[i].uid), i);
		if (s->row[i].name != NULL)
			index_add(&s->by_name, hash_name(s, s->row[i].name), i);
	}
}

struct syncstate_row *
syncstate_rows_add(struct syncstate_rows *s, uint32_t uid)
{
	size_t dropped = s->dropped;
	struct syncstate_row *row;

	if (s->by_name.slots == 0)
		syncstate_rows_tidy(s);
	row = syncstate_rows_load(s);
	*row = (struct syncstate_row){ .uid = uid, .size = UINT64_MAX };
	s->dropped = dropped + 1;
	if (s->sorted + 1 == s->count && (s->sorted == 0 || row[-1].uid < uid))
		s->sorted++;
	else if (index_full(&s->by_uid))
		index_all(s);
	else
		index_add(&s->by_uid, hash_uid(s, uid), s->count - 1);
	return row;
}

void
syncstate_rows_named(struct syncstate_rows *s, struct syncstate_row *row)
{
	if (index_full(&s->by_name))
		index_all(s);
	else
		index_add(&s->by_name, hash_name(s, row->name), (size_t)(row - s->row));
}

void
syncstate_rows_drop(struct syncstate_rows *s, struct syncstate_row *row)
{
	row->name = NULL;
	row->size = UINT64_MAX;
	s->dropped++;
}

static int
by_uid(const void *va, const void *vb)
{
	const struct syncstate_row *a = va, *b = vb;

	return a->uid < b->uid ? -1 : a->uid > b->uid;
}

static int
in_order(const struct syncstate_rows *s)
{
	size_t i;

	for (i = 1; i < s->count && s->row[i - 1].uid < s->row[i].uid; i++)
		;
	return i >= s->count;
}

void
syncstate_rows_tidy(struct syncstate_rows *s)
{
	size_t i, n = 0;

	if (s->seed == 0) {
		arc4random_buf(&s->seed, sizeof(s->seed));
		s->seed |= 1;
	} else if (s->dropped == 0 && s->sorted == s->count) {
		return;
	}
	for (i = 0; i < s->count; i++) {
		if (!syncstate_rows_dropped(&s->row[i]))
			s->row[n++] = s->row[i];
	}
	s->count = n;
	if (!in_order(s))
		qsort(s->row, n, sizeof(*s->row), by_uid);
	s->sorted = n;
	s->dropped = 0;
	index_all(s);
}

void
syncstate_rows_free(struct syncstate_rows *s)
{
	free(s->row);
	free(s->by_uid.slot);
	free(s->by_name.slot);
	*s = (struct syncstate_rows){ .count = 0 };
}

/* The text of a row less its NAME, which is at the end: "FS 00ff… 1234 NAME". */
static int
parse_row(const char *text, struct syncstate_row *row)
{
	char letters[SYNCFLAG_TEXT], hex[SYNCIDENT_HEX];
	size_t n = strcspn(text, " ");

	if (n == 0 || n >= sizeof(letters) || text[n] != ' ')
		return 0;
	memcpy(letters, text, n);
	letters[n] = '\0';
	row->flags = syncflag_letters(letters);
	text += n + 1;
	n = strcspn(text, " ");
	if (n >= sizeof(hex) || text[n] != ' ')
		return 0;
	memcpy(hex, text, n);
	hex[n] = '\0';
	row->ident = 0;
	if (strcmp(hex, "-") != 0 && !syncident_parse(hex, &row->ident))
		return 0;
	for (text += n + 1, row->size = 0; *text >= '0' && *text <= '9'; text++)
		row->size = row->size * 10 + (uint64_t)(*text - '0');
	if (*text != ' ' || row->size == UINT64_MAX)
		return 0;
	row->name = text[1] != '\0' ? text + 1 : NULL;
	if (row->name == NULL)
		return 1;
	n = strlen(row->name);
	return n < SYNCSTATE_ROWS_NAME && strchr(row->name, '/') == NULL;
}

static int
parse_uid(const char *key, uint32_t *uid)
{
	uint64_t n = 0;

	for (; *key >= '0' && *key <= '9' && n <= UINT32_MAX; key++)
		n = n * 10 + (uint64_t)(*key - '0');
	*uid = (uint32_t)n;
	return *key == '\0' && n > 0 && n <= UINT32_MAX;
}

int
syncstate_rows_parse(const char *key, const char *value, struct syncstate_row *row)
{
	return parse_uid(key, &row->uid) && parse_row(value, row);
}

size_t
syncstate_rows_print(const struct syncstate_row *row, char key[SYNCSTATE_ROWS_KEY], char value[SYNCSTATE_ROWS_TEXT])
{
	char letters[SYNCFLAG_TEXT], hex[SYNCIDENT_HEX] = "-";
	size_t at;

	syncflag_text(row->flags, letters);
	if (row->ident != 0)
		syncident_print(row->ident, hex);
	snprintf(key, SYNCSTATE_ROWS_KEY, "%" PRIu32, row->uid);
	at = (size_t)snprintf(value, SYNCSTATE_ROWS_TEXT, "%s %s %" PRIu64 " ", *letters != '\0' ? letters : "-", hex, row->size);
	snprintf(value + at, SYNCSTATE_ROWS_TEXT - at, "%s", row->name != NULL ? row->name : "");
	return at;
}
