/* SPDX-License-Identifier: ISC */
/* ledger_map.c - entries in the order they came, and an open addressing table of indices into them. */
#include "ledger_map.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* Keys come from servers: a random odd factor keeps them from choosing collisions. */
static uint32_t
hash(const struct ledger_map *m, const char *key)
{
	size_t n = strlen(key);
	uint64_t h = m->seed ^ n, part;

	for (; n >= sizeof part; n -= sizeof part, key += sizeof part) {
		memcpy(&part, key, sizeof part);
		h = (h ^ part) * m->seed;
		h ^= h >> 31;
	}
	for (part = 0; n > 0; n--)
		part = part << 8 | (unsigned char)*key++;
	h = (h ^ part) * m->seed;
	return (uint32_t)((h ^ h >> 31) * m->seed >> 32);
}

static struct ledger_entry *
find(const struct ledger_map *m, const char *key, uint32_t h)
{
	if (m->slots == 0)
		return NULL;
	for (size_t i = h & (m->slots - 1); m->slot[i].number != 0; i = (i + 1) & (m->slots - 1)) {
		struct ledger_entry *n = &m->entry[m->slot[i].number - 1];

		if (m->slot[i].hash == h && n->key != NULL && strcmp(n->key, key) == 0)
			return n;
	}
	return NULL;
}

static void
index_entry(struct ledger_map *m, size_t number, uint32_t h)
{
	size_t i = h & (m->slots - 1);

	while (m->slot[i].number != 0)
		i = (i + 1) & (m->slots - 1);
	m->slot[i] = (struct ledger_slot){ (uint32_t)(number + 1), h };
}

/* Room for so many in all; removed entries go. */
static void
resize(struct ledger_map *m, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < m->used; i++)
		if (m->entry[i].key != NULL)
			m->entry[n++] = m->entry[i];
	m->used = n;
	m->cap = cap;
	m->entry = xreallocarray(m->entry, m->cap, sizeof *m->entry);
	for (m->slots = 128; m->slots < m->cap / 2 * 3; m->slots *= 2)
		;
	free(m->slot);
	m->slot = xcalloc(m->slots, sizeof *m->slot);
	for (size_t i = 0; i < m->used; i++)
		index_entry(m, i, hash(m, m->entry[i].key));
}

void
ledger_map_room(struct ledger_map *m, size_t more)
{
	if (m->cap - m->used < more)
		resize(m, m->count + more);
}

static void
fill(struct ledger_entry *n, const char *key, const char *value, char *own)
{
	free(n->own);
	n->key = key;
	n->value = value;
	n->own = own;
}

static void
put(struct ledger_map *m, const char *key, const char *value, char *own)
{
	struct ledger_entry *n;
	uint32_t h;

	while (m->seed == 0) {
		arc4random_buf(&m->seed, sizeof m->seed);
		m->seed |= 1;
	}
	h = hash(m, key);
	if ((n = find(m, key, h)) == NULL) {
		if (m->used == m->cap)
			resize(m, m->count < 32 ? 64 : m->count * 2);
		n = &m->entry[m->used++];
		*n = (struct ledger_entry){ NULL, NULL, NULL };
		index_entry(m, m->used - 1, h);
		m->count++;
	}
	fill(n, key, value, own);
}

void
ledger_map_put(struct ledger_map *m, const char *key, const char *value)
{
	size_t k = strlen(key) + 1, v = strlen(value) + 1;
	char *both = xmalloc(k + v);

	memcpy(both, key, k);
	memcpy(both + k, value, v);
	put(m, both, both + k, both);
}

void
ledger_map_lend(struct ledger_map *m, const char *key, const char *value)
{
	put(m, key, value, NULL);
}

void
ledger_map_remove(struct ledger_map *m, const char *key)
{
	struct ledger_entry *n = find(m, key, hash(m, key));

	if (n == NULL)
		return;
	fill(n, NULL, NULL, NULL);
	m->count--;
}

const char *
ledger_map_get(const struct ledger_map *m, const char *key)
{
	const struct ledger_entry *n = find(m, key, hash(m, key));

	return n == NULL ? NULL : n->value;
}

void
ledger_map_free(struct ledger_map *m)
{
	for (size_t i = 0; i < m->used; i++)
		free(m->entry[i].own);
	free(m->entry);
	free(m->slot);
	*m = (struct ledger_map){0};
}
