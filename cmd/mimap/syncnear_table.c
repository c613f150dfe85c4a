/* SPDX-License-Identifier: ISC */
/* syncnear_table.c - names in blocks, files in an array, an open addressing table of indices into that. */
#include "syncnear_table.h"

#include <stdlib.h>
#include <string.h>

#include "syncflag.h"
#include "xalloc.h"

#define BLOCK (64 * 1024)

struct near_block {
	struct near_block *next;
	size_t used;
	char text[BLOCK];
};

static const char *
keep_text(struct near_table *t, const char *text, size_t n)
{
	struct near_block *b = t->blocks;
	char *copy;

	if (b == NULL || b->used + n + 1 > sizeof(b->text)) {
		b = xmalloc(sizeof(*b));
		b->used = 0;
		b->next = t->blocks;
		t->blocks = b;
	}
	copy = b->text + b->used;
	memcpy(copy, text, n + 1);
	b->used += n + 1;
	return copy;
}

/* Eight octets at a time, behind a factor that nobody knows. */
static uint32_t
hash(const struct near_table *t, const char *name, size_t n)
{
	uint64_t h = t->seed ^ n, word;

	for (; n >= sizeof(word); name += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		h = (h ^ word) * t->seed;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, name, n);
	h = (h ^ word) * t->seed;
	return (uint32_t)(h >> 32);
}

static int
same_name(const struct near_file *f, const char *name, size_t n)
{
	return f->name_len == n && memcmp(f->file, name, n) == 0;
}

/* Where the NAME is, or where it would be. */
static struct near_slot *
find_slot(const struct near_table *t, const char *name, size_t n, uint32_t h)
{
	size_t i = h & (t->slots - 1);

	while (t->slot[i].number != 0 && (t->slot[i].hash != h || !same_name(&t->file[t->slot[i].number - 1], name, n)))
		i = (i + 1) & (t->slots - 1);
	return &t->slot[i];
}

static void
fill(struct near_table *t, struct near_file *f, const char *file, int in_new)
{
	size_t n = strlen(file), name = strcspn(file, ":");

	f->file = keep_text(t, file, n);
	f->name_len = (uint16_t)name;
	f->flags = strncmp(file + name, ":2,", 3) == 0 ? syncflag_letters(file + name + 3) : 0;
	f->in_new = in_new != 0;
}

void
near_table_add(struct near_table *t, const char *file, int in_new, enum near_odd odd)
{
	struct near_file *f;

	if (t->count == t->cap) {
		t->cap = t->cap == 0 ? 64 : t->cap * 2;
		t->file = xreallocarray(t->file, t->cap, sizeof(*t->file));
	}
	f = &t->file[t->count++];
	memset(f, 0, sizeof(*f));
	fill(t, f, file, in_new);
	f->odd = (uint8_t)odd;
}

/* b is the message rather than a. */
static int
is_better(const struct near_file *a, const struct near_file *b)
{
	if ((a->odd == NEAR_FINE) != (b->odd == NEAR_FINE))
		return b->odd == NEAR_FINE;
	if (a->in_new != b->in_new)
		return !b->in_new;
	return strcmp(b->file, a->file) > 0;
}

static void
lose(struct near_file *f)
{
	if (f->odd == NEAR_FINE)
		f->odd = NEAR_TWICE;
}

/* One name read twice is one file, which was moved about while the directory was read. */
static void
index_file(struct near_table *t, size_t number)
{
	struct near_file *f = &t->file[number], *other;
	uint32_t h = hash(t, f->file, f->name_len);
	struct near_slot *slot = find_slot(t, f->file, f->name_len, h);

	if (slot->number == 0) {
		*slot = (struct near_slot){ (uint32_t)(number + 1), h };
		return;
	}
	other = &t->file[slot->number - 1];
	if (f->in_new == other->in_new && strcmp(f->file, other->file) == 0) {
		f->gone = 1;
	} else if (is_better(other, f)) {
		lose(other);
		slot->number = (uint32_t)(number + 1);
	} else {
		lose(f);
	}
}

void
near_table_index(struct near_table *t)
{
	size_t i;

	if (t->seed == 0)
		arc4random_buf(&t->seed, sizeof(t->seed));
	t->seed |= 1;
	for (t->slots = 128; t->slots < t->count * 2; t->slots *= 2)
		;
	free(t->slot);
	t->slot = xcalloc(t->slots, sizeof(*t->slot));
	for (i = 0; i < t->count; i++) {
		if (!t->file[i].gone)
			index_file(t, i);
	}
}

struct near_file *
near_table_insert(struct near_table *t, const char *file, int in_new)
{
	struct near_file *f;
	uint32_t h;

	near_table_add(t, file, in_new, NEAR_FINE);
	f = &t->file[t->count - 1];
	if (t->count * 2 > t->slots) {
		near_table_index(t);
	} else {
		h = hash(t, f->file, f->name_len);
		*find_slot(t, f->file, f->name_len, h) = (struct near_slot){ (uint32_t)t->count, h };
	}
	return f;
}

void
near_table_rename(struct near_table *t, struct near_file *f, const char *file)
{
	fill(t, f, file, 0);
}

struct near_file *
near_table_find(const struct near_table *t, const char *name)
{
	size_t n = strlen(name);
	uint32_t number = t->slots == 0 ? 0 : find_slot(t, name, n, hash(t, name, n))->number;

	return number == 0 || t->file[number - 1].gone ? NULL : &t->file[number - 1];
}

void
near_table_clear(struct near_table *t)
{
	uint64_t seed = t->seed;

	near_table_free(t);
	t->seed = seed;
}

void
near_table_free(struct near_table *t)
{
	struct near_block *b;

	while ((b = t->blocks) != NULL) {
		t->blocks = b->next;
		free(b);
	}
	free(t->file);
	free(t->slot);
	*t = (struct near_table){ .count = 0 };
}
