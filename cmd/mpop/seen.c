/* SPDX-License-Identifier: ISC */
/* seen.c - keys and values of ledgers; what stays of an entry, and for how long. */
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
#include "ledger.h"
#include "xalloc.h"

#define UNPLACED "!unplaced"
#define TMP_LIFE (36 * 3600)	/* readers remove older files from tmp/ */

struct seen {
	struct ledger *ledger;
	int64_t now;		/* of the run: every entry it makes has this time */
	char prefix;
};

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
	return s == NULL ? 0 : ledger_count(s->ledger) - (ledger_get(s->ledger, UNPLACED) != NULL);
}

static void
add_size(struct buf *b, uint64_t size)
{
	if (size == LISTING_NO_SIZE)
		buf_addc(b, '-');
	else
		buf_printf(b, "%" PRIu64, size);
}

static const char *
make_key(char prefix, const struct listing_msg *m, struct buf *key)
{
	buf_addc(key, prefix);
	buf_addc(key, ':');
	buf_adds(key, m->uid);
	if (m->twin > 0) {
		buf_addc(key, '\t');
		add_size(key, m->size);
		buf_printf(key, "\t%u", m->twin);
	}
	return buf_str(key);
}

/* What is not as we write it is as little as can be: delivered, long ago, no file. */
static struct seen_entry
parse_value(const char *value)
{
	struct seen_entry entry = { .size = LISTING_NO_SIZE, .name = "-" };
	uint64_t size = LISTING_NO_SIZE;
	const char *print;
	size_t n;
	char *end;
	int64_t time = strtoll(value, &end, 10);

	if (*end++ != ' ')
		return entry;
	if (*end == '-')
		end++;
	else
		size = strtoull(end, &end, 10);
	if (end[0] != ' ' || end[1] == '\0' || strchr("dxm", end[1]) == NULL)
		return entry;
	print = end + 2;
	n = strspn(print, "0123456789abcdef");
	if (n >= HEADERS_PRINT || print[n] != ' ' || print[n + 1] == '\0')
		return entry;
	entry = (struct seen_entry){ .time = time, .size = size, .deleted = end[1] == 'x', .marked = end[1] == 'm',
	    .name = print + n + 1 };
	memcpy(entry.print, print, n);
	return entry;
}

static void
put_value(struct seen *s, const char *key, const struct seen_entry *entry)
{
	struct buf value = { NULL, 0, 0 };

	buf_printf(&value, "%" PRId64 " ", entry->time);
	add_size(&value, entry->size);
	buf_printf(&value, " %c%s %s", entry->deleted ? 'x' : entry->marked ? 'm' : 'd', entry->print, entry->name);
	ledger_put(s->ledger, key, value.data);
	buf_free(&value);
}

static const char *
get_as(const struct seen *s, char prefix, const struct listing_msg *m)
{
	struct buf key = { NULL, 0, 0 };
	const char *value = NULL;

	if (s != NULL && m->uid != NULL)
		value = ledger_get(s->ledger, make_key(prefix, m, &key));
	buf_free(&key);
	return value;
}

int
seen_get(const struct seen *s, const struct listing_msg *m, struct seen_entry *entry)
{
	const char *value = s != NULL ? get_as(s, s->prefix, m) : NULL;

	if (value == NULL)
		return 0;
	*entry = parse_value(value);
	return !entry->deleted || entry->size == m->size || m->size == LISTING_NO_SIZE || entry->size == LISTING_NO_SIZE;
}

/* With the time of this run. */
static void
put_now(struct seen *s, char prefix, const struct listing_msg *m, struct seen_entry entry)
{
	struct buf key = { NULL, 0, 0 };
	char now[24];

	if (m->uid == NULL)
		return;
	entry.time = s->now;
	snprintf(now, sizeof now, "%" PRId64, s->now);
	if (strcmp(entry.name, "-") != 0)
		ledger_put(s->ledger, UNPLACED, now);
	put_value(s, make_key(prefix, m, &key), &entry);
	buf_free(&key);
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
	uint64_t size = value != NULL ? parse_value(value).size : LISTING_NO_SIZE;

	if (size == LISTING_NO_SIZE || (m->size != LISTING_NO_SIZE && m->size > size))
		return m->size;
	return size;
}

void
seen_deleted(struct seen *s, const struct listing_msg *m)
{
	struct seen_entry entry;
	struct buf key = { NULL, 0, 0 };

	if (seen_get(s, m, &entry)) {
		entry.deleted = 1;
		entry.name = "-";
		put_value(s, make_key(s->prefix, m, &key), &entry);
	}
	buf_free(&key);
}

int
seen_commit(struct seen *s, struct err *e)
{
	return ledger_commit(s->ledger, e);
}

void
seen_placed(struct seen *s)
{
	ledger_remove(s->ledger, UNPLACED);
}

/* Keys to be removed, gathered while the ledger is walked. */
struct doomed {
	struct seen *s;
	struct maildir *maildir;
	maildir_placed_fn *fn;
	void *ctx;
	const struct listing *listing;
	int64_t time;
	char **key;
	size_t count, room;
};

static void
doom(struct doomed *d, const char *key)
{
	if (d->count == d->room) {
		d->room = d->room > 0 ? d->room * 2 : 64;
		d->key = xreallocarray(d->key, d->room, sizeof *d->key);
	}
	d->key[d->count++] = xstrdup(key);
}

static void
remove_doomed(struct doomed *d)
{
	for (size_t i = 0; i < d->count; i++) {
		ledger_remove(d->s->ledger, d->key[i]);
		free(d->key[i]);
	}
	free(d->key);
}

static void
tell_placed(const struct doomed *d, const char *name)
{
	char *path = xasprintf("%s/new/%s", maildir_path(d->maildir), name);

	if (d->fn != NULL)
		d->fn(d->ctx, path);
	free(path);
}

static int
recover_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct doomed *d = ctx;
	struct seen_entry entry = parse_value(value);
	int r, has = 1;

	if (strcmp(key, UNPLACED) == 0 || entry.time != d->time || strcmp(entry.name, "-") == 0)
		return 0;
	if ((r = maildir_recover(d->maildir, entry.name, NULL, e)) == -1)
		return -1;
	if (r == 1)
		tell_placed(d, entry.name);
	else if (r == 0 && d->s->now - entry.time >= TMP_LIFE && (has = maildir_has(d->maildir, entry.name)) == -1)
		return err_sys(e, ERR_IO, "look for %s in %s", entry.name, maildir_path(d->maildir));
	if (r == 2 || !has)
		doom(d, key);
	return 0;
}

int
seen_recover(struct seen *s, struct maildir *m, maildir_placed_fn *fn, void *ctx, struct err *e)
{
	struct doomed d = { .s = s, .maildir = m, .fn = fn, .ctx = ctx };
	const char *unplaced = ledger_get(s->ledger, UNPLACED);
	int r;

	if (unplaced == NULL)
		return 0;
	d.time = strtoll(unplaced, NULL, 10);
	r = ledger_each(s->ledger, recover_entry, &d, e);
	remove_doomed(&d);
	if (r == 0)
		seen_placed(s);
	return r;
}

static int
listed(const struct listing *l, const char *key)
{
	const char *uid = key + 2, *tab = strchr(uid, '\t');
	int found = listing_find(l, uid) != NULL;
	char *only;

	if (found || tab == NULL)
		return found;
	only = xstrndup(uid, (size_t)(tab - uid));
	found = listing_find(l, only) != NULL;
	free(only);
	return found;
}

static int
prune_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct doomed *d = ctx;

	(void)e;
	if (strcmp(key, UNPLACED) == 0 || strlen(key) < 2 || listed(d->listing, key))
		return 0;
	if (d->listing->count > 0 || parse_value(value).deleted)
		doom(d, key);
	return 0;
}

void
seen_prune(struct seen *s, const struct listing *l)
{
	struct doomed d = { .s = s, .listing = l };
	struct err unused;

	ledger_each(s->ledger, prune_entry, &d, &unused);
	remove_doomed(&d);
}

struct going {
	const struct seen *s;
	const struct listing *listing;
	seen_gone_fn *fn;
	void *ctx;
	size_t count;
};

static int
gone_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct going *g = ctx;
	struct seen_entry entry;

	(void)e;
	if (strcmp(key, UNPLACED) == 0 || strlen(key) < 2 || listed(g->listing, key))
		return 0;
	g->count++;
	entry = parse_value(value);
	if (key[0] == g->s->prefix && strchr(key, '\t') == NULL && entry.print[0] != '\0' && !entry.deleted)
		g->fn(g->ctx, key, &entry);
	return 0;
}

size_t
seen_gone(const struct seen *s, const struct listing *l, seen_gone_fn *fn, void *ctx)
{
	struct going g = { .s = s, .listing = l, .fn = fn, .ctx = ctx };
	struct err unused;

	ledger_each(s->ledger, gone_entry, &g, &unused);
	return g.count;
}

void
seen_adopt(struct seen *s, const char *key, const struct listing_msg *m)
{
	const char *value = ledger_get(s->ledger, key);
	struct seen_entry entry;
	struct buf to = { NULL, 0, 0 };

	if (value == NULL)
		return;
	entry = parse_value(value);
	entry.size = m->size;
	entry.name = "-";
	put_value(s, make_key(s->prefix, m, &to), &entry);
	ledger_remove(s->ledger, key);
	buf_free(&to);
}
