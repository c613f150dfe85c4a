/* SPDX-License-Identifier: ISC */
/* syncpush.c - the flight that changes a mailbox: bodies asked for, STORE, EXPUNGE or MOVE, APPEND, and a last look (RFC 3501 section
 * 6.4, RFC 4315, RFC 6851, RFC 7162). An answer is believed for exactly what its command was about; rows follow the answers. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "date.h"
#include "imap.h"
#include "log.h"
#include "stream.h"
#include "sync.h"
#include "syncappend.h"
#include "syncnear.h"
#include "syncreport.h"
#include "syncstate.h"
#include "update.h"
#include "uidset.h"
#include "xalloc.h"

/* An uploaded or moved file may be on the server under a UID of that or above, should we not hear of it; one that was moved there
 * has it already. */
int
syncpush_mark(struct syncfolder *f)
{
	uint32_t next = f->far.next != 0 ? f->far.next : f->told.next;
	int marks = 0;
	size_t i;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];
		const char *name = a->source != NULL ? a->source->action[a->to_action].name : a->name;

		if (a->plan.act != SYNCPLAN_PUT && a->from == 0)
			continue;
		syncstate_pend(f->state, name, a->source != NULL ? a->uid : next);
		marks = 1;
	}
	return marks ? syncfolder_commit(f) : 0;
}

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

	if (a->name == NULL)	/* marked there, as it can't be expunged; it never was here */
		synchere_leave_out(f, a, flags);
	else
		syncstate_put(f->state, &row);
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
		syncpush_row(f, a, a->uid, a->m.last | SYNCFLAG_DELETED);
}

static int
to_trash(const struct syncfolder *f)
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
		if (caps_has(&run->im->caps, CAP_UIDPLUS) || (to_trash(f) && caps_has(&run->im->caps, CAP_MOVE)))
			a->gone = 1;
		else
			syncpush_row(f, a, a->uid, (a->m.known ? a->m.last : a->m.there) | SYNCFLAG_DELETED);
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

/* One command over a set, in pieces that fit a line; `last`: with its answer the actions are carried out. */
static int
send_set(struct syncfolder *f, const struct uidset *set, const char *before, const char *after, const char *mailbox, int last, struct err *e)
{
	struct buf piece = { 0 };
	struct sync_command *c;
	struct command command;
	size_t pos = 0, i;
	int r = 0;

	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX - 3000, &piece)) {
		f->command = xreallocarray(f->command, f->commands + 1, sizeof(*f->command));
		c = &f->command[f->commands++];
		*c = (struct sync_command){ .tag = f->run->im->last_tag + 1, .last = last };
		uidset_parse(&c->set, buf_str(&piece), piece.len, e);
		for (i = 0; last && i < f->actions; i++) {
			if (f->action[i].uid != 0 && uidset_has(&c->set, f->action[i].uid))
				f->action[i].tag = c->tag;
		}
		imap_command(f->run->im, &command);
		r = command_add(&command, e, "%r %S", before, buf_str(&piece));
		if (r == 0 && after != NULL)
			r = command_add(&command, e, " %r", after);
		if (r == 0 && mailbox != NULL)
			r = command_add(&command, e, " %m", mailbox);
		if (r == 0)
			r = imap_send(f->run->im, &command, "change messages", e);
		command_free(&command);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

static int
is_store(const struct sync_action *a)
{
	return !a->refused && a->m.is_there && a->plan.act == SYNCPLAN_FLAGS && (a->plan.store_add != 0 || a->plan.store_del != 0);
}

/* C: UID STORE set +FLAGS.SILENT (\Seen)     those changes that are alike, in one command each way */
static int
send_store(struct syncfolder *f, const struct uidset *set, uint32_t flags, char sign, int last, struct err *e)
{
	struct buf item = { 0 };
	int r;

	buf_printf(&item, "%cFLAGS.SILENT (", sign);
	syncflag_names(&f->flags, flags, &item);
	buf_addc(&item, ')');
	r = send_set(f, set, "UID STORE", buf_str(&item), NULL, last, e);
	buf_free(&item);
	return r;
}

static int
send_alike(struct syncfolder *f, size_t first, struct err *e)
{
	const struct syncplan like = f->action[first].plan;
	struct uidset set = { NULL, 0, 0 };
	size_t i;
	int r = 0;

	for (i = first; i < f->actions; i++) {
		struct sync_action *a = &f->action[i];

		if (!is_store(a) || a->tag != 0 || a->plan.store_add != like.store_add || a->plan.store_del != like.store_del)
			continue;
		uidset_add(&set, a->uid, a->uid);
	}
	if (like.store_add != 0)
		r = send_store(f, &set, like.store_add, '+', like.store_del == 0, e);
	if (r == 0 && like.store_del != 0)
		r = send_store(f, &set, like.store_del, '-', 1, e);
	uidset_free(&set);
	return r;
}

static int
send_stores(struct syncfolder *f, struct err *e)
{
	size_t i;
	int r = 0;

	for (i = 0; i < f->actions && r == 0; i++) {
		if (is_store(&f->action[i]) && f->action[i].tag == 0)
			r = send_alike(f, i, e);
	}
	return r;
}

/* C: UID STORE set +FLAGS.SILENT (\Deleted)
 * C: UID EXPUNGE set     exactly these (UIDPLUS); without that they keep the flag, for a plain EXPUNGE takes others' as well */
static int
send_expunge(struct syncfolder *f, const struct uidset *set, struct err *e)
{
	int exactly = caps_has(&f->run->im->caps, CAP_UIDPLUS);

	if (send_store(f, set, SYNCFLAG_DELETED, '+', !exactly, e) == -1)
		return -1;
	return exactly ? send_set(f, set, "UID EXPUNGE", NULL, NULL, 1, e) : 0;
}

/* C: UID MOVE set mailbox     else UID COPY, and what was copied for sure is expunged */
static int
send_move(struct syncfolder *f, const struct uidset *set, const char *mailbox, struct err *e)
{
	struct imap *im = f->run->im;
	size_t i;
	struct uidset copied = { NULL, 0, 0 };
	int r;

	if (caps_has(&im->caps, CAP_MOVE))
		return send_set(f, set, "UID MOVE", NULL, mailbox, 1, e);
	r = send_set(f, set, "UID COPY", NULL, mailbox, 0, e);
	if (r == 0)
		r = imap_await(im, im->last_tag, e);
	for (i = 0; r == 0 && i < f->actions; i++) {
		if (f->action[i].uid != 0 && !f->action[i].refused && uidset_has(set, f->action[i].uid))
			uidset_add(&copied, f->action[i].uid, f->action[i].uid);
	}
	if (r == 0 && copied.count > 0)
		r = send_expunge(f, &copied, e);
	uidset_free(&copied);
	return r;
}

/* Moves into one folder after the other. */
static int
send_moves(struct syncfolder *f, struct err *e)
{
	struct uidset set = { NULL, 0, 0 };
	size_t i, j;
	int r = 0;

	for (i = 0; i < f->actions && r == 0; i++) {
		struct syncfolder *to = f->action[i].to;

		if (to == NULL || f->action[i].tag != 0 || f->action[i].refused)
			continue;
		for (j = i; j < f->actions; j++) {
			if (f->action[j].to == to && !f->action[j].refused)
				uidset_add(&set, f->action[j].uid, f->action[j].uid);
		}
		r = send_move(f, &set, to->name, e);
		uidset_free(&set);
	}
	return r;
}

static int
removes_there(const struct sync_action *a)
{
	return !a->refused && a->to == NULL && a->m.is_there
	    && (a->plan.act == SYNCPLAN_REMOVE_THERE || a->plan.act == SYNCPLAN_REMOVE_BOTH);
}

static int
send_removals(struct syncfolder *f, struct err *e)
{
	struct uidset set = { NULL, 0, 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < f->actions; i++) {
		if (removes_there(&f->action[i]))
			uidset_add(&set, f->action[i].uid, f->action[i].uid);
	}
	if (set.count > 0)
		r = to_trash(f) ? send_move(f, &set, f->run->opts.trash, e) : send_expunge(f, &set, e);
	uidset_free(&set);
	return r;
}

static int
send_fetches(struct syncfolder *f, struct err *e)
{
	struct uidset whole = { NULL, 0, 0 }, part = { NULL, 0, 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		if (a->plan.act == SYNCPLAN_FETCH && !a->left_out && !a->moved)
			uidset_add(a->part ? &part : &whole, a->uid, a->uid);
	}
	if (whole.count > 0)
		r = syncpull_ask(&f->pull, &whole, e);
	if (r == 0 && part.count > 0)
		r = syncpull_ask_headers(&f->pull, &part, e);
	uidset_free(&whole);
	uidset_free(&part);
	return r;
}

/* C: UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE modseq VANISHED)
 * S: * 12 FETCH (UID 827 FLAGS (\Seen) MODSEQ (65)) | * VANISHED (EARLIER) 300:310 | OK [HIGHESTMODSEQ 67]
 * What changed since the mailbox was opened, our own changes with it. STATUS would not do: servers answer it ahead of an APPEND. */
static int
send_confirm(struct syncfolder *f, struct err *e)
{
	struct imap *im = f->run->im;
	struct command c;
	int r;

	if (f->far.highestmodseq == 0 || !caps_has(&im->caps, CAP_CONDSTORE))
		return 0;
	f->confirm_tag = im->last_tag + 1;
	imap_command(im, &c);
	r = command_add(&c, e, imap_enabled(im, CAP_QRESYNC) ? "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %U VANISHED)"
	    : "UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE %U)", f->far.highestmodseq);
	if (r == 0)
		r = imap_send(im, &c, "tell flags", e);
	command_free(&c);
	return r;
}

/* Whether anything at all goes to the server, and whether it changes something there. */
static int
work_there(const struct syncfolder *f, int *changes)
{
	int any = 0;
	size_t i;

	*changes = 0;
	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		any |= a->plan.act == SYNCPLAN_FETCH && !a->left_out && !a->moved;
		*changes |= is_store(a) || removes_there(a) || a->to != NULL || (a->plan.act == SYNCPLAN_PUT && !a->moved);
	}
	return any || *changes;
}

int
syncpush_send(struct syncfolder *f, struct err *e)
{
	struct imap_handler h = { .data = on_data, .literal = on_literal, .answer = on_answer, .status = on_status, .ctx = f };
	struct sync_run *run = f->run;
	int changes, r = 0;

	if (!work_there(f, &changes))
		return 0;
	syncwire_begin(&run->wire, &f->flight, &h);
	if (run->selected != f)
		r = imap_select(run->im, f->name, f->far.read_only, e);
	run->selected = f;
	f->first_append = UINT_MAX;
	if (r == 0 && send_fetches(f, e) == 0 && send_stores(f, e) == 0 && send_removals(f, e) == 0 && send_moves(f, e) == 0
	    && (f->first_append = run->im->last_tag + 1) != 0 && syncappend_send(f, e) == 0)
		r = changes ? send_confirm(f, e) : 0;
	else
		r = -1;
	syncwire_end(&run->wire, &f->flight);
	return r;
}

int
syncpush_await(struct syncfolder *f, struct err *e)
{
	return syncwire_await(&f->run->wire, &f->flight, e);
}
