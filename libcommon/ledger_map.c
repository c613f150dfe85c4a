/* SPDX-License-Identifier: ISC */
/* ledger_map.c - entries in the order they came, and an open addressing table of indices into them. */
#include "ledger_map.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

/* Keys come from servers: a random odd factor keeps them from choosing collisions. */
static size_t
hash(const struct ledger_map *m, const char *key)
{
	uint64_t h = m->seed;

	for (; *key != '\0'; key++)
		h = (h + (unsigned char)*key) * m->seed;
	return (size_t)(h >> 32) & (m->slots - 1);
}

static struct ledger_entry *
find(const struct ledger_map *m, const char *key)
{
	if (m->slots == 0)
		return NULL;
	for (size_t i = hash(m, key); m->slot[i] != 0; i = (i + 1) & (m->slots - 1)) {
		struct ledger_entry *n = &m->entry[m->slot[i] - 1];

		if (n->key != NULL && strcmp(n->key, key) == 0)
			return n;
	}
	return NULL;
}

static void
index_entry(struct ledger_map *m, size_t number)
{
	size_t i = hash(m, m->entry[number].key);

	while (m->slot[i] != 0)
		i = (i + 1) & (m->slots - 1);
	m->slot[i] = (uint32_t)(number + 1);
}

/* Room for one more; removed entries go. */
static void
grow(struct ledger_map *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->used; i++)
		if (m->entry[i].key != NULL)
			m->entry[n++] = m->entry[i];
	if (m->seed == 0)
		arc4random_buf(&m->seed, sizeof m->seed);
	m->seed |= 1;
	m->used = n;
	m->cap = n < 32 ? 64 : n * 2;
	m->entry = xreallocarray(m->entry, m->cap, sizeof *m->entry);
	for (m->slots = 128; m->slots < m->cap * 2; m->slots *= 2)
		;
	free(m->slot);
	m->slot = xcalloc(m->slots, sizeof *m->slot);
	for (size_t i = 0; i < m->used; i++)
		index_entry(m, i);
}

static void
entry_fill(struct ledger_entry *n, const char *key, const char *value)
{
	size_t k = strlen(key) + 1, v = strlen(value) + 1;
	char *both = xmalloc(k + v);

	memcpy(both, key, k);
	memcpy(both + k, value, v);
	free(n->key);
	n->key = both;
	n->value = both + k;
}

void
ledger_map_put(struct ledger_map *m, const char *key, const char *value)
{
	struct ledger_entry *n = find(m, key);

	if (n != NULL) {
		entry_fill(n, key, value);
		return;
	}
	if (m->used == m->cap)
		grow(m);
	n = &m->entry[m->used++];
	n->key = NULL;
	entry_fill(n, key, value);
	index_entry(m, m->used - 1);
	m->count++;
}

void
ledger_map_remove(struct ledger_map *m, const char *key)
{
	struct ledger_entry *n = find(m, key);

	if (n == NULL)
		return;
	free(n->key);
	n->key = NULL;
	m->count--;
}

const char *
ledger_map_get(const struct ledger_map *m, const char *key)
{
	const struct ledger_entry *n = find(m, key);

	return n == NULL ? NULL : n->value;
}

void
ledger_map_free(struct ledger_map *m)
{
	for (size_t i = 0; i < m->used; i++)
		free(m->entry[i].key);
	free(m->entry);
	free(m->slot);
	*m = (struct ledger_map){0};
}
