/* SPDX-License-Identifier: ISC */
/* fetched.c - keys and values of the ledger, recovery after a kill. */
#include "fetched.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "account.h"
#include "buf.h"
#include "err.h"
#include "ledger.h"
#include "xalloc.h"

#define UNPLACED "!unplaced"
#define TMP_LIFE (36 * 3600)	/* maildir readers remove older files from tmp/ */

struct fetched {
	struct ledger *ledger;
	struct maildir *maildir;
	char *suffix;		/* of this mailbox's keys: "/INBOX", "/h/INBOX" */
	uint32_t validity;
	struct uidset uids;	/* recorded under it */
};

struct key {
	uint32_t validity, uid;
};

/* "VALIDITY/UID" of a key of this mailbox; 0 for any other. */
static int
parse_key(const struct fetched *f, const char *text, struct key *k)
{
	unsigned long long validity, uid;
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	validity = strtoull(text, &end, 10);
	if (*end != '/' || end[1] < '0' || end[1] > '9')
		return 0;
	uid = strtoull(end + 1, &end, 10);
	if (validity > UINT32_MAX || uid > UINT32_MAX || uid == 0 || strcmp(end, f->suffix) != 0)
		return 0;
	k->validity = (uint32_t)validity;
	k->uid = (uint32_t)uid;
	return 1;
}

/* The later one of two validities is the later one in the file. */
static int
learn_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct fetched *f = ctx;
	struct key k;

	(void)value;
	(void)e;
	if (!parse_key(f, key, &k))
		return 0;
	if (k.validity != f->validity) {
		uidset_free(&f->uids);
		f->validity = k.validity;
	}
	uidset_add(&f->uids, k.uid, k.uid);
	return 0;
}

/* Keys to be removed, gathered while the ledger is walked. */
struct walk {
	struct fetched *f;
	const struct fetched_opts *opts;
	uint32_t validity;
	int64_t since;		/* of the batch that may not have been placed */
	char **key;
	size_t count;
};

static void
doom(struct walk *w, const char *key)
{
	w->key = xreallocarray(w->key, w->count + 1, sizeof(*w->key));
	w->key[w->count++] = xstrdup(key);
}

static void
remove_doomed(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->count; i++) {
		ledger_remove(w->f->ledger, w->key[i]);
		free(w->key[i]);
	}
	free(w->key);
}

/* "NAME:2,FS" in its two parts. The caller frees *name. */
static const char *
split_value(const char *value, char **name)
{
	const char *info = strstr(value, ":2,");

	*name = info != NULL ? xstrndup(value, (size_t)(info - value)) : xstrdup(value);
	return info != NULL ? info + 3 : "";
}

static void
tell_placed(const struct walk *w, const char *value)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s/%s", maildir_path(w->f->maildir), strstr(value, ":2,") != NULL ? "cur" : "new", value);
	if (w->opts->placed != NULL)
		w->opts->placed(w->opts->ctx, buf_str(&path));
	buf_free(&path);
}

/* Names begin with the second they were made in, so older batches are told apart. An entry whose file is nowhere is
 * forgotten if maildir readers may have cleaned tmp/ meanwhile: then the message is fetched again rather than lost. */
static int
recover_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct walk *w = ctx;
	const char *flags;
	char *name;
	int r, has = 1;

	if (strcmp(key, UNPLACED) == 0 || strtoll(value, NULL, 10) < w->since)
		return 0;
	flags = split_value(value, &name);
	r = maildir_recover(w->f->maildir, name, flags, e);
	if (r == 1)
		tell_placed(w, value);
	else if (r == 0 && time(NULL) - w->since >= TMP_LIFE && (has = maildir_has(w->f->maildir, name)) == -1)
		r = err_sys(e, ERR_IO, "look for %s in %s", name, maildir_path(w->f->maildir));
	if (r == 2 || !has)
		doom(w, key);
	free(name);
	return r == -1 ? -1 : 0;
}

static int
recover(struct fetched *f, const struct fetched_opts *o, struct err *e)
{
	struct walk w = { .f = f, .opts = o };
	const char *unplaced = ledger_get(f->ledger, UNPLACED);
	int r;

	if (unplaced == NULL)
		return 0;
	w.since = strtoll(unplaced, NULL, 10);
	r = ledger_each(f->ledger, recover_entry, &w, e);
	remove_doomed(&w);
	if (r == 0)
		fetched_placed(f);
	return r;
}

int
fetched_open(struct fetched **out, struct maildir *maildir, const struct fetched_opts *o, struct err *e)
{
	struct fetched *f = xcalloc(1, sizeof(*f));
	const char *mailbox = strcasecmp(o->mailbox, "INBOX") == 0 ? "INBOX" : o->mailbox;
	char *label = account_label(o->account);
	char *path = xasprintf("%s/.pennypost-mimap-%s", maildir_path(maildir), label);
	char *owner = xasprintf("mimap %s", label);
	int r;

	f->maildir = maildir;
	f->suffix = xasprintf("/%s%s", o->headers ? "h/" : "", mailbox);
	r = ledger_open(&f->ledger, path, owner, e);
	if (r == 0)
		r = recover(f, o, e);
	if (r == 0)
		r = ledger_each(f->ledger, learn_entry, f, e);
	free(label);
	free(path);
	free(owner);
	if (r == -1)
		fetched_free(&f);
	*out = f;
	return r;
}

void
fetched_free(struct fetched **fp)
{
	struct fetched *f = *fp;

	if (f == NULL)
		return;
	ledger_free(&f->ledger);
	uidset_free(&f->uids);
	free(f->suffix);
	free(f);
	*fp = NULL;
}

uint32_t
fetched_validity(const struct fetched *f)
{
	return f->validity;
}

static const char *
make_key(const struct fetched *f, struct buf *key, uint32_t validity, uint32_t uid)
{
	buf_cut(key, 0);
	buf_printf(key, "%u/%u%s", validity, uid, f->suffix);
	return buf_str(key);
}

/* 1 if the entry's file is in new/ or cur/. */
static int
is_present(struct fetched *f, struct buf *key, uint32_t uid, struct err *e)
{
	const char *value = ledger_get(f->ledger, make_key(f, key, f->validity, uid));
	char *name;
	int r;

	if (value == NULL)
		return 0;
	split_value(value, &name);
	r = maildir_has(f->maildir, name);
	if (r == -1)
		err_sys(e, err_file(errno), "look for %s in %s", name, maildir_path(f->maildir));
	free(name);
	return r;
}

int
fetched_known(struct fetched *f, const struct uidset *asked, int present, struct uidset *out, struct err *e)
{
	struct buf key = { 0 };
	size_t i;
	uint64_t uid;
	int r = 1;

	for (i = 0; i < f->uids.count && r != -1; i++) {
		for (uid = f->uids.range[i].lo; uid <= f->uids.range[i].hi && r != -1; uid++) {
			if (!uidset_has(asked, (uint32_t)uid))
				continue;
			r = present ? is_present(f, &key, (uint32_t)uid, e) : 1;
			if (r == 1)
				uidset_add(out, (uint32_t)uid, (uint32_t)uid);
		}
	}
	buf_free(&key);
	return r == -1 ? -1 : 0;
}

static int
forget_entry(void *ctx, const char *key, const char *value, struct err *e)
{
	struct walk *w = ctx;
	struct key k;

	(void)value;
	(void)e;
	if (parse_key(w->f, key, &k) && k.validity != w->validity)
		doom(w, key);
	return 0;
}

void
fetched_forget(struct fetched *f, uint32_t validity)
{
	struct walk w = { .f = f, .validity = validity };
	struct err unused;

	ledger_each(f->ledger, forget_entry, &w, &unused);
	remove_doomed(&w);
	if (f->validity != validity)
		uidset_free(&f->uids);
	f->validity = validity;
}

void
fetched_put(struct fetched *f, uint32_t validity, uint32_t uid, const char *name, const char *letters)
{
	struct buf key = { 0 }, value = { 0 };
	char now[24];

	if (ledger_get(f->ledger, UNPLACED) == NULL) {
		snprintf(now, sizeof(now), "%lld", strtoll(name, NULL, 10));
		ledger_put(f->ledger, UNPLACED, now);
	}
	buf_adds(&value, name);
	if (*letters != '\0')
		buf_printf(&value, ":2,%s", letters);
	ledger_put(f->ledger, make_key(f, &key, validity, uid), buf_str(&value));
	buf_free(&key);
	buf_free(&value);
}

int
fetched_commit(struct fetched *f, struct err *e)
{
	return ledger_commit(f->ledger, e);
}

void
fetched_placed(struct fetched *f)
{
	ledger_remove(f->ledger, UNPLACED);
}
