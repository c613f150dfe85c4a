/* SPDX-License-Identifier: ISC */
/* watchbox.c - see watchbox.h. */
#include "watchbox.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "flagname.h"
#include "imap.h"
#include "update.h"
#include "xalloc.h"

void
watchbox_free(struct watchbox *b)
{
	uidset_free(&b->uids);
	free(b->name);
	b->name = NULL;
}

uint32_t
watchbox_uid(const struct uidset *s, uint32_t number)
{
	uint64_t left = number, n;
	size_t i;

	for (i = 0; i < s->count && number > 0; i++) {
		n = (uint64_t)s->range[i].hi - s->range[i].lo + 1;
		if (left <= n)
			return (uint32_t)(s->range[i].lo + left - 1);
		left -= n;
	}
	return 0;
}

/* Those of `gone` that are known, each told. */
static void
expunge(struct watchbox *b, const struct uidset *gone, watchbox_tell *tell, void *ctx)
{
	size_t i;
	uint64_t uid;

	for (i = 0; i < b->uids.count; i++) {
		for (uid = b->uids.range[i].lo; uid <= b->uids.range[i].hi; uid++) {
			if (uidset_has(gone, (uint32_t)uid))
				tell(ctx, b->name, "expunge", (uint32_t)uid, NULL);
		}
	}
	for (i = 0; i < gone->count; i++)
		uidset_remove(&b->uids, gone->range[i].lo, gone->range[i].hi);
}

static void
flags_changed(struct watchbox *b, const struct update_fetch *f, watchbox_tell *tell, void *ctx)
{
	uint32_t uid = f->uid != 0 ? f->uid : watchbox_uid(&b->uids, f->number);
	struct buf flags = { 0 };

	if (f->modseq > b->modseq && b->modseq != 0)
		b->modseq = f->modseq;
	if (f->flags == NULL || uid >= b->uidnext || !uidset_has(&b->uids, uid))	/* what is new is fetched, and told, by itself */
		return;
	flagname_print(&flags, f->flags);
	tell(ctx, b->name, "flags", uid, buf_str(&flags));
	buf_free(&flags);
}

int
watchbox_live(struct watchbox *b, const struct response *r, watchbox_tell *tell, void *ctx, struct err *e)
{
	struct uidset gone = { NULL, 0, 0 };
	struct update_fetch f;
	uint32_t uid;
	int earlier, is;

	if (update_fetch(r, &f)) {
		flags_changed(b, &f, tell, ctx);
		return 1;
	}
	if (response_is(r, "EXPUNGE") && r->numbered) {
		if ((uid = watchbox_uid(&b->uids, r->number)) != 0)
			uidset_add(&gone, uid, uid);
		is = 1;
	} else {
		is = update_vanished(r, &gone, &earlier, e);
	}
	if (is == 1)
		expunge(b, &gone, tell, ctx);
	uidset_free(&gone);
	return is;
}

int
watchbox_status(struct watchbox *b, const struct update_status *s)
{
	int differs = 0;

	b->status_told |= s->told;
	if (s->told & UPDATE_UIDVALIDITY)
		differs |= s->uidvalidity != b->uidvalidity;
	if (s->told & UPDATE_UIDNEXT) {
		differs |= s->uidnext != b->status_next;
		b->status_next = s->uidnext;
	}
	if (s->told & UPDATE_MESSAGES) {
		differs |= s->messages != b->messages;
		b->messages = s->messages;
	}
	if (s->told & UPDATE_HIGHESTMODSEQ) {
		differs |= s->highestmodseq != b->status_modseq;
		b->status_modseq = s->highestmodseq;
	}
	return differs;
}

static void
note_news(struct watchbox_look *l, const struct update_fetch *f)
{
	struct buf flags = { 0 };

	if (l->count == WATCHBOX_EVENTS) {
		l->flood = 1;
		return;
	}
	if (l->count == l->room) {
		l->room = l->room > 0 ? l->room * 2 : 16;
		l->news = xreallocarray(l->news, l->room, sizeof(*l->news));
	}
	flagname_print(&flags, f->flags);
	l->news[l->count++] = (struct watchbox_news){ .uid = f->uid, .flags = buf_steal(&flags) };
}

/* S: * SEARCH 2 3 5 | * ESEARCH (TAG "A2") UID ALL 2:3,5 */
static int
search_result(struct watchbox_look *l, const struct response *r, struct err *e)
{
	const struct value *v = r->args;
	size_t i;

	if (response_is(r, "SEARCH")) {
		for (i = 0; i < r->number_count; i++) {
			if (r->numbers[i] != 0)
				uidset_add(&l->found, r->numbers[i], r->numbers[i]);
		}
		l->searched = 1;
		return 1;
	}
	if (!response_is(r, "ESEARCH"))
		return 0;
	while (v != NULL && !value_is(v, "ALL"))
		v = v->next;
	l->searched = 1;
	if (v == NULL)
		return 1;
	v = v->next;
	if (v == NULL || v->kind != VALUE_ATOM || uidset_parse(&l->found, v->text, v->len, e) == -1)
		return err_set(e, ERR_PROTOCOL, "a search result that is no set of UIDs");
	return 1;
}

/* FETCH n:* also tells of the last message when that is below n: with nothing new in it. What comes by itself has no UID, or a higher
 * mod-sequence. */
static void
see_fetch(const struct watchbox *b, struct watchbox_look *l, struct update_fetch *f)
{
	int old = f->uid != 0 && f->uid < b->uidnext && f->modseq <= b->modseq;

	if (f->modseq > l->modseq)
		l->modseq = f->modseq;
	if (f->uid == 0)
		f->uid = watchbox_uid(l->searched ? &l->found : &b->uids, f->number);
	if (f->flags != NULL && f->uid != 0 && b->known && !old)
		note_news(l, f);
}

int
watchbox_see(const struct watchbox *b, struct watchbox_look *l, const struct response *r, struct err *e)
{
	struct uidset gone = { NULL, 0, 0 };
	struct update_fetch f;
	uint32_t uid;
	int earlier, is;
	size_t i;

	if (update_fetch(r, &f)) {
		see_fetch(b, l, &f);
		return 1;
	}
	if ((is = search_result(l, r, e)) != 0)
		return is;
	if (response_is(r, "EXPUNGE") && r->numbered) {
		if ((uid = watchbox_uid(&l->found, r->number)) != 0)
			uidset_remove(&l->found, uid, uid);
		return 1;
	}
	is = update_vanished(r, &gone, &earlier, e);
	for (i = 0; i < gone.count; i++)
		uidset_remove(&l->found, gone.range[i].lo, gone.range[i].hi);
	uidset_free(&gone);
	return is;
}

void
watchbox_look_free(struct watchbox_look *l)
{
	while (l->count > 0)
		free(l->news[--l->count].flags);
	free(l->news);
	uidset_free(&l->found);
	memset(l, 0, sizeof(*l));
}

static int
by_uid(const void *a, const void *b)
{
	const struct watchbox_news *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* In order; of several that are about one message the last counts, and it is new, or its flags are. */
static void
tell_news(struct watchbox *b, struct watchbox_look *l, watchbox_tell *tell, void *ctx)
{
	uint32_t next = b->uidnext;
	size_t i;

	if (l->count > 1)
		mergesort(l->news, l->count, sizeof(*l->news), by_uid);
	for (i = 0; i < l->count; i++) {
		if (i + 1 < l->count && l->news[i + 1].uid == l->news[i].uid)
			continue;
		if (l->news[i].uid >= next)
			tell(ctx, b->name, "new", l->news[i].uid, l->news[i].flags);
		else if (uidset_has(&b->uids, l->news[i].uid))
			tell(ctx, b->name, "flags", l->news[i].uid, l->news[i].flags);
	}
}

/* What was there and was not found again; what is found now is what there is. */
static void
tell_missing(struct watchbox *b, struct watchbox_look *l, watchbox_tell *tell, void *ctx)
{
	struct uidset gone = { NULL, 0, 0 };
	size_t i;

	for (i = 0; i < b->uids.count; i++)
		uidset_add(&gone, b->uids.range[i].lo, b->uids.range[i].hi);
	for (i = 0; i < l->found.count; i++)
		uidset_remove(&gone, l->found.range[i].lo, l->found.range[i].hi);
	if (uidset_size(&gone) > WATCHBOX_EVENTS)
		l->flood = 1;
	else
		expunge(b, &gone, tell, ctx);
	uidset_free(&gone);
}

static void
learn(struct watchbox *b, struct watchbox_look *l, const struct imap_mailbox *m)
{
	size_t i;

	if (l->searched) {
		uidset_free(&b->uids);
		b->uids = l->found;
		l->found = (struct uidset){ NULL, 0, 0 };
		b->uidvalidity = m->uidvalidity;
		b->modseq = m->nomodseq ? 0 : m->highestmodseq;
		if (b->uidnext < m->uidnext)
			b->uidnext = m->uidnext;
	}
	for (i = 0; i < l->count; i++) {	/* a UID that a hostile server repeats or makes up changes nothing but that */
		if (l->news[i].uid >= b->uidnext)
			uidset_add(&b->uids, l->news[i].uid, l->news[i].uid);
	}
	if (b->uids.count > 0 && b->uids.range[b->uids.count - 1].hi >= b->uidnext && b->uids.range[b->uids.count - 1].hi < UINT32_MAX)
		b->uidnext = b->uids.range[b->uids.count - 1].hi + 1;
	if (b->modseq != 0 && l->modseq > b->modseq)
		b->modseq = l->modseq;
	b->known = 1;
}

int
watchbox_settle(struct watchbox *b, struct watchbox_look *l, const struct imap_mailbox *m, watchbox_tell *tell, void *ctx, struct err *e)
{
	uint64_t all = uidset_size(&l->found);
	int other = b->known && l->searched && b->uidvalidity != 0 && m->uidvalidity != b->uidvalidity;

	if (all > WATCHBOX_MESSAGES || (l->searched && all > (uint64_t)m->exists + l->count)) {
		watchbox_look_free(l);
		return err_set(e, ERR_PROTOCOL, "more messages than %s holds, or may hold", b->name);
	}
	if (other) {
		b->uidnext = 0;
		tell(ctx, b->name, "reset", 0, NULL);
	} else if (b->known) {
		if (l->searched)
			tell_missing(b, l, tell, ctx);
		if (l->flood)
			tell(ctx, b->name, "reset", 0, NULL);
		else
			tell_news(b, l, tell, ctx);
	}
	learn(b, l, m);
	watchbox_look_free(l);
	return 0;
}
