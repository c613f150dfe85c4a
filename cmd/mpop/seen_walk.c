/* SPDX-License-Identifier: ISC */
/* seen_walk.c - all entries: what a killed run has left to do, what the server no longer lists. */
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "seen_entry.h"
#include "xalloc.h"

#define TMP_LIFE (36 * 3600)	/* readers remove older files from tmp/ */

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
	struct seen_entry entry = seen_parse(value);
	int r, has = 1;

	if (key[0] == '!' || entry.time != d->time || strcmp(entry.name, "-") == 0)
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
	const char *unplaced = ledger_get(s->ledger, SEEN_UNPLACED);
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
	if (key[0] == '!' || strlen(key) < 2 || listed(d->listing, key))
		return 0;
	if (d->listing->count > 0 || seen_parse(value).deleted)
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
	if (key[0] == '!' || strlen(key) < 2 || listed(g->listing, key))
		return 0;
	g->count++;
	entry = seen_parse(value);
	if (key[0] == g->s->prefix && strchr(key, '\t') == NULL && entry.print[0] != '\0' && !entry.deleted)
		g->fn(g->ctx, key, &entry);
	return 0;
}

/* As a rule each entry is one of a message listed: it takes no walk to know that. */
static int
all_listed(const struct seen *s, const struct listing *l)
{
	char key[SEEN_KEY_MAX];
	size_t found = 0;

	if (l->count < seen_count(s))
		return 0;
	for (size_t i = 0; i < l->count; i++)
		found += l->msg[i].uid != NULL && ledger_get(s->ledger, seen_key(s->prefix, &l->msg[i], key)) != NULL;
	return found == seen_count(s);
}

size_t
seen_gone(const struct seen *s, const struct listing *l, seen_gone_fn *fn, void *ctx)
{
	struct going g = { .s = s, .listing = l, .fn = fn, .ctx = ctx };
	struct err unused;

	if (all_listed(s, l))
		return 0;
	ledger_each(s->ledger, gone_entry, &g, &unused);
	return g.count;
}
