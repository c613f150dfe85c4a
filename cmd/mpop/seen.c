/* SPDX-License-Identifier: ISC */
/* seen.c - keys, values and names of ledgers; what stays of an entry, and for how long. */
#include "seen.h"

#include <inttypes.h>
#include <ctype.h>
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
#define NAME_LONG 160

struct seen {
	struct ledger *ledger;
	int64_t now;		/* of the run: every entry it makes has this time */
	char prefix;
};

static uint64_t
hash(const char *text)
{
	uint64_t h = 14695981039346656037u;	/* FNV-1a */

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return h;
}

/* user@host, with a port that is not the usual one; exec: has no host, so its command stands for it. Fit for a file name. */
static char *
mailbox_name(const struct account *a)
{
	struct buf raw = { NULL, 0, 0 }, name = { NULL, 0, 0 };
	const struct url *u = &a->url;

	buf_printf(&raw, "%s@", account_user(a));
	if (u->host == NULL)
		buf_printf(&raw, "exec-%016" PRIx64, hash(u->path != NULL ? u->path : ""));
	else
		for (const char *p = u->host; *p != '\0'; p++)
			buf_addc(&raw, (char)tolower((unsigned char)*p));
	if (u->host != NULL && u->port != NULL && strcmp(u->port, "995") != 0 && strcmp(u->port, "110") != 0)
		buf_printf(&raw, ":%s", u->port);
	for (const char *p = raw.data; *p != '\0'; p++)
		if (isalnum((unsigned char)*p) || strchr("@.-_+:", *p) != NULL)
			buf_addc(&name, *p);
		else
			buf_printf(&name, "%%%02X", (unsigned char)*p);
	if (name.len > NAME_LONG) {
		buf_cut(&name, NAME_LONG);
		buf_printf(&name, "-%016" PRIx64, hash(raw.data));
	}
	buf_free(&raw);
	return buf_steal(&name);
}

char *
seen_path(const struct account *a, const char *maildir, const char *kind)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *name = mailbox_name(a), *path;

	if (maildir != NULL)
		path = xasprintf("%s/.pennypost-mpop-%s", maildir, name);
	else if (state != NULL && *state == '/')
		path = xasprintf("%s/pennypost/mpop-%s-%s", state, name, kind);
	else
		path = xasprintf("%s/.local/state/pennypost/mpop-%s-%s", home != NULL ? home : "", name, kind);
	free(name);
	return path;
}

int
seen_open(struct seen **sp, const char *path, const struct account *a, int headers, struct err *e)
{
	struct seen *s = xcalloc(1, sizeof *s);
	char *name = mailbox_name(a), *owner = xasprintf("mpop %s", name);

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
make_key(const struct seen *s, const struct listing_msg *m, struct buf *key)
{
	buf_printf(key, "%c:%s", s->prefix, m->uid);
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
	char *end;
	int64_t time = strtoll(value, &end, 10);

	if (*end++ != ' ')
		return entry;
	if (*end == '-')
		end++;
	else
		size = strtoull(end, &end, 10);
	if (end[0] != ' ' || (end[1] != 'd' && end[1] != 'x') || end[2] != ' ' || end[3] == '\0')
		return entry;
	return (struct seen_entry){ .time = time, .size = size, .deleted = end[1] == 'x', .name = end + 3 };
}

static void
put_value(struct seen *s, const char *key, const struct seen_entry *entry)
{
	struct buf value = { NULL, 0, 0 };

	buf_printf(&value, "%" PRId64 " ", entry->time);
	add_size(&value, entry->size);
	buf_printf(&value, " %c %s", entry->deleted ? 'x' : 'd', entry->name);
	ledger_put(s->ledger, key, value.data);
	buf_free(&value);
}

int
seen_get(const struct seen *s, const struct listing_msg *m, struct seen_entry *entry)
{
	struct buf key = { NULL, 0, 0 };
	const char *value = NULL;

	if (s != NULL && m->uid != NULL)
		value = ledger_get(s->ledger, make_key(s, m, &key));
	buf_free(&key);
	if (value == NULL)
		return 0;
	*entry = parse_value(value);
	return !entry->deleted || entry->size == m->size || m->size == LISTING_NO_SIZE || entry->size == LISTING_NO_SIZE;
}

void
seen_put(struct seen *s, const struct listing_msg *m, const char *name)
{
	struct seen_entry entry = { .time = s->now, .size = m->size, .name = name };
	struct buf key = { NULL, 0, 0 };
	char now[24];

	if (m->uid == NULL)
		return;
	snprintf(now, sizeof now, "%" PRId64, s->now);
	if (strcmp(name, "-") != 0)
		ledger_put(s->ledger, UNPLACED, now);
	put_value(s, make_key(s, m, &key), &entry);
	buf_free(&key);
}

void
seen_deleted(struct seen *s, const struct listing_msg *m)
{
	struct seen_entry entry;
	struct buf key = { NULL, 0, 0 };

	if (seen_get(s, m, &entry)) {
		entry.deleted = 1;
		entry.name = "-";
		put_value(s, make_key(s, m, &key), &entry);
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
	char *only;
	int found;

	if (listing_find(l, uid) != NULL || tab == NULL)
		return listing_find(l, uid) != NULL;
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
