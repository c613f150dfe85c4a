/* SPDX-License-Identifier: ISC */
/* syncanswer.c - what the server says while a folder is changed: bodies, COPYUID, and the answers. One is believed for exactly what
 * its command was about; rows follow the answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "sync.h"
#include "syncappend.h"
#include "syncstate.h"
#include "uidset.h"
#include "update.h"
#include "xalloc.h"

static void
refuse(struct syncfolder *f, const struct sync_command *c, const char *what)
{
	struct err why = { 0 };
	size_t i;

	imap_refusal(f->run->im, what, &why);
	syncfolder_fail(f, &why);
	for (i = 0; i < f->actions; i++) {
		if (f->action[i].uid != 0 && uidset_has(&c->set, f->action[i].uid))
			f->action[i].refused = 1;
	}
}

void
syncpush_row(struct syncfolder *f, const struct sync_action *a, uint32_t uid, uint32_t flags)
{
	struct syncstate_row row = { .uid = uid, .flags = flags, .ident = a->ident, .size = a->size_up != 0 ? a->size_up : a->size,
	    .name = a->name };

	syncstate_put(f->state, &row);
}

/* It can't be expunged, and stays there, marked. Its file is gone, never was, or has come back as another message's. */
static void
marked_row(struct syncfolder *f, const struct sync_action *a)
{
	uint32_t flags = (a->m.known ? a->m.last : a->m.there) | SYNCFLAG_DELETED;
	const struct syncstate_row *other = a->name != NULL ? syncstate_name(f->state, a->name) : NULL;

	if (a->name == NULL || (other != NULL && other->uid != a->uid))
		synchere_leave_out(f, a, flags);
	else
		syncpush_row(f, a, a->uid, flags);
}

static struct sync_action *
find_move(struct syncfolder *f, uint32_t uid)
{
	size_t i;

	for (i = 0; i < f->actions; i++) {
		if (f->action[i].uid == uid && f->action[i].to != NULL)
			return &f->action[i];
	}
	return NULL;
}

/* COPYUID tells that the message is in its new mailbox, and under which UID. */
static int
moved_pair(void *ctx, uint32_t from, uint32_t to, struct err *e)
{
	struct sync_action *a = find_move(ctx, from);

	(void)e;
	if (a != NULL)
		a->to->action[a->to_action].uid = to;
	return 0;
}

static int
on_status(void *ctx, const struct response *r, struct err *e)
{
	uint32_t validity;

	return update_copied(r, &validity, 10000000, moved_pair, ctx, e) == -1 ? -1 : 0;
}

static void
tell_again(struct syncfolder *f, uint32_t uid, uint32_t flags)
{
	if (f->told_agains == f->told_room) {
		f->told_room = f->told_room * 2 + 64;
		f->told_again = xreallocarray(f->told_again, f->told_room, sizeof(*f->told_again));
	}
	f->told_again[f->told_agains] = (struct sync_told){ uid, flags, f->told_agains };
	f->told_agains++;
}

static int
on_fetch(struct syncfolder *f, const struct update_fetch *u)
{
	if (u->modseq > f->told_modseq)
		f->told_modseq = u->modseq;
	if (u->uid == 0 || u->flags == NULL)
		return 0;
	tell_again(f, u->uid, syncflag_wire(&f->flags, u->flags));
	return 1;
}

/* A body, or what the last look tells. */
static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct syncfolder *f = ctx;
	struct update_fetch u;
	int k, earlier;

	if (update_fetch(r, &u)) {
		k = syncpull_data(&f->pull, r, &u, e);
		return k != 0 ? k : on_fetch(f, &u);
	}
	return update_vanished(r, &f->told_gone, &earlier, e);
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct syncfolder *f = ctx;

	return syncpull_literal(&f->pull, r, item, size, sink, sink_ctx, e);
}

/* The message is in its new folder: under the UID that was told, else under one that the next run will find by its mark. */
static void
arrived(struct syncfolder *f, struct sync_action *a)
{
	struct sync_action *b = &a->to->action[a->to_action];

	f->run->count[SYNC_MOVED]++;
	if (b->uid != 0) {
		b->ident = a->ident;
		b->size = a->size;
		b->size_up = 0;
		syncpush_row(a->to, b, b->uid, a->plan.last);
		syncstate_unpend(a->to->state, b->name);
	}
	a->gone = caps_has(&f->run->im->caps, CAP_MOVE) || caps_has(&f->run->im->caps, CAP_UIDPLUS);
	if (!a->gone)	/* it is still there, marked */
		marked_row(f, a);
}

int
syncpush_to_trash(const struct syncfolder *f)
{
	return f->run->opts.trash != NULL && strcmp(f->run->opts.trash, f->name) != 0;
}

/* Rows follow what the server has done. Without UIDPLUS a removed message is still there, and flagged. */
static void
carried_out(struct syncfolder *f, struct sync_action *a)
{
	struct sync_run *run = f->run;

	if (a->to != NULL) {
		arrived(f, a);
	} else if (a->plan.act == SYNCPLAN_FLAGS) {
		run->count[SYNC_FLAGS_THERE]++;
		syncpush_row(f, a, a->uid, a->plan.last);
	} else {
		run->count[SYNC_REMOVED_THERE]++;
		if (!a->plan.forget)
			return;
		if (caps_has(&run->im->caps, CAP_UIDPLUS) || (syncpush_to_trash(f) && caps_has(&run->im->caps, CAP_MOVE)))
			a->gone = 1;
		else
			marked_row(f, a);
	}
}

static struct sync_command *
find_command(const struct syncfolder *f, unsigned int tag)
{
	size_t i;

	for (i = 0; i < f->commands; i++) {
		if (f->command[i].tag == tag)
			return &f->command[i];
	}
	return NULL;
}

/* S: A12 OK [HIGHESTMODSEQ 67] Fetch completed     all up to there was told */
static void
looked_again(struct syncfolder *f)
{
	const struct imap *im = f->run->im;

	if (im->mailbox.highestmodseq > f->told_modseq)
		f->told_modseq = im->mailbox.highestmodseq;
	f->told_exists = im->mailbox.exists;
	f->looked_again = 1;
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct syncfolder *f = ctx;
	const struct sync_command *c = find_command(f, tag);
	struct err why = { 0 };
	char what[160];
	size_t i;

	if (on_status(f, r, e) == -1 || syncappend_answer(f, tag, r, e) == -1)
		return -1;
	snprintf(what, sizeof(what), "change what is in %s", f->name);
	if (c != NULL && r->status != STATUS_OK)
		refuse(f, c, what);
	else if (r->status != STATUS_OK && tag < f->first_append) {
		imap_refusal(f->run->im, what, &why);	/* SELECT, or messages fetched */
		syncfolder_fail(f, &why);
	}
	for (i = 0; c != NULL && i < f->actions && r->status == STATUS_OK; i++) {
		if (f->action[i].tag == tag && !f->action[i].refused && f->action[i].plan.act != SYNCPLAN_PUT)
			carried_out(f, &f->action[i]);
	}
	if (tag == f->confirm_tag && r->status == STATUS_OK)
		looked_again(f);
	return 1;
}

void
syncpush_handler(struct syncfolder *f, struct imap_handler *h)
{
	*h = (struct imap_handler){ .data = on_data, .literal = on_literal, .answer = on_answer, .status = on_status, .ctx = f };
}
