/* SPDX-License-Identifier: ISC */
/* seen.c - one entry: its key and value, what is found and what is put. */
#include "seen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "seen_entry.h"
#include "xalloc.h"

int
seen_open(struct seen **sp, const char *path, const struct account *a, int headers, struct err *e)
{
	struct seen *s = xcalloc(1, sizeof *s);
	char *name = seen_mailbox(a), *owner = xasprintf("mpop %s", name);

	s->prefix = headers ? 'h' : 'u';
	s->now = time(NULL);
	if (ledger_open(&s->ledger, path, owner, e) == -1)
		seen_free(&s);
	free(name);
	free(owner);
	*sp = s;
	return s == NULL ? -1 : 0;
}

int
seen_peek(struct seen **sp, const char *path, const struct account *a, int headers, struct err *e)
{
	*sp = NULL;
	return access(path, F_OK) == -1 ? 0 : seen_open(sp, path, a, headers, e);
}

void
seen_free(struct seen **sp)
{
	if (*sp == NULL)
		return;
	ledger_free(&(*sp)->ledger);
	free(*sp);
	*sp = NULL;
}

size_t
seen_count(const struct seen *s)
{
	return s == NULL ? 0 : ledger_count(s->ledger) - (ledger_get(s->ledger, SEEN_UNPLACED) != NULL) -
	    (ledger_get(s->ledger, SEEN_BATCH) != NULL);
}

const char *
seen_key(char prefix, const struct listing_msg *m, char key[SEEN_KEY_MAX])
{
	size_t n = strlen(m->uid);

	key[0] = prefix;
	key[1] = ':';
	memcpy(key + 2, m->uid, n + 1);
	if (m->twin > 0 && m->size == LISTING_NO_SIZE)
		snprintf(key + 2 + n, SEEN_KEY_MAX - 2 - n, "\t-\t%u", m->twin);
	else if (m->twin > 0)
		snprintf(key + 2 + n, SEEN_KEY_MAX - 2 - n, "\t%" PRIu64 "\t%u", m->size, m->twin);
	return key;
}

/* Digits, at least one; what follows them, or NULL. Quicker than strtoll, which counts with ten thousand entries. */
static const char *
number(const char *p, uint64_t *n)
{
	const char *begin = p;

	for (*n = 0; *p >= '0' && *p <= '9'; p++)
		*n = *n * 10 + (uint64_t)(*p - '0');
	return p > begin ? p : NULL;
}

/* What is not as we write it is as little as can be: delivered, long ago, no file. */
struct seen_entry
seen_parse(const char *value)
{
	struct seen_entry entry = { .size = LISTING_NO_SIZE, .name = "-" };
	uint64_t time, size = LISTING_NO_SIZE;
	const char *p = number(value, &time);
	size_t n;

	if (p == NULL || *p++ != ' ')
		return entry;
	p = *p == '-' ? p + 1 : number(p, &size);
	if (p == NULL || p[0] != ' ' || p[1] == '\0' || strchr("dxm", p[1]) == NULL)
		return entry;
	n = strcspn(p + 2, " ");
	if (n >= HEADERS_PRINT || p[2 + n] == '\0' || p[3 + n] == '\0')
		return entry;
	entry = (struct seen_entry){ .time = (int64_t)time, .size = size, .deleted = p[1] == 'x', .marked = p[1] == 'm',
	    .name = p + 3 + n };
	memcpy(entry.print, p + 2, n);
	return entry;
}

void
seen_store(struct seen *s, const char *key, const struct seen_entry *entry)
{
	struct buf value = { NULL, 0, 0 };

	buf_printf(&value, "%" PRId64 " ", entry->time);
	if (entry->size == LISTING_NO_SIZE)
		buf_addc(&value, '-');
	else
		buf_printf(&value, "%" PRIu64, entry->size);
	buf_printf(&value, " %c%s %s", entry->deleted ? 'x' : entry->marked ? 'm' : 'd', entry->print, entry->name);
	ledger_put(s->ledger, key, value.data);
	buf_free(&value);
}

int
seen_is_new(const struct seen *s)
{
	return ledger_is_new(s->ledger);
}

static const char *
get_as(const struct seen *s, char prefix, const struct listing_msg *m)
{
	char key[SEEN_KEY_MAX];

	return s != NULL && m->uid != NULL ? ledger_get(s->ledger, seen_key(prefix, m, key)) : NULL;
}

int
seen_get(const struct seen *s, const struct listing_msg *m, struct seen_entry *entry)
{
	const char *value = s != NULL ? get_as(s, s->prefix, m) : NULL;

	if (value == NULL)
		return 0;
	*entry = seen_parse(value);
	return !entry->deleted || entry->size == m->size || m->size == LISTING_NO_SIZE || entry->size == LISTING_NO_SIZE;
}

/* With the time of this run. */
static void
put_now(struct seen *s, char prefix, const struct listing_msg *m, struct seen_entry entry)
{
	char key[SEEN_KEY_MAX], now[24];

	if (m->uid == NULL)
		return;
	entry.time = s->now;
	snprintf(now, sizeof now, "%" PRId64, s->now);
	if (strcmp(entry.name, "-") != 0)
		ledger_put(s->ledger, SEEN_UNPLACED, now);
	seen_store(s, seen_key(prefix, m, key), &entry);
}

void
seen_put(struct seen *s, const struct listing_msg *m, const char *name, const char *print)
{
	struct seen_entry entry = { .size = m->size, .name = name };

	strlcpy(entry.print, print != NULL ? print : "", sizeof entry.print);
	put_now(s, s->prefix, m, entry);
}

void
seen_mark(struct seen *s, const struct listing_msg *m)
{
	put_now(s, s->prefix, m, (struct seen_entry){ .size = m->size, .marked = 1, .name = "-" });
}

void
seen_note(struct seen *s, const struct listing_msg *m, const char *name)
{
	put_now(s, 'n', m, (struct seen_entry){ .size = m->size, .name = name });
}

void
seen_outsized(struct seen *s, const struct listing_msg *m, uint64_t size)
{
	put_now(s, 'z', m, (struct seen_entry){ .size = size, .name = "-" });
}

int
seen_noted(const struct seen *s, const struct listing_msg *m)
{
	return get_as(s, 'n', m) != NULL;
}

uint64_t
seen_size(const struct seen *s, const struct listing_msg *m)
{
	const char *value = get_as(s, 'z', m);
	uint64_t size = value != NULL ? seen_parse(value).size : LISTING_NO_SIZE;

	if (size == LISTING_NO_SIZE || (m->size != LISTING_NO_SIZE && m->size > size))
		return m->size;
	return size;
}

void
seen_deleted(struct seen *s, const struct listing_msg *m)
{
	struct seen_entry entry;
	char key[SEEN_KEY_MAX];

	if (seen_get(s, m, &entry)) {
		entry.deleted = 1;
		entry.name = "-";
		seen_store(s, seen_key(s->prefix, m, key), &entry);
	}
}

int
seen_commit(struct seen *s, struct err *e)
{
	return ledger_commit(s->ledger, e);
}

void
seen_batch(struct seen *s, const char *id)
{
	ledger_put(s->ledger, SEEN_BATCH, id);
}

const char *
seen_batch_id(const struct seen *s)
{
	return ledger_get(s->ledger, SEEN_BATCH);
}

void
seen_placed(struct seen *s)
{
	ledger_remove(s->ledger, SEEN_BATCH);
	ledger_remove(s->ledger, SEEN_UNPLACED);
}

void
seen_adopt(struct seen *s, const char *key, const struct listing_msg *m)
{
	const char *value = ledger_get(s->ledger, key);
	struct seen_entry entry;
	char to[SEEN_KEY_MAX];

	if (value == NULL)
		return;
	entry = seen_parse(value);
	if (m->size != LISTING_NO_SIZE)
		entry.size = m->size;
	entry.name = "-";
	seen_store(s, seen_key(s->prefix, m, to), &entry);
	ledger_remove(s->ledger, key);
}
