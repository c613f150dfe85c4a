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

/* One command over a set, in pieces that fit a line; `last`: with its answer the actions are carried out. */
static int
send_set(struct syncfolder *f, const struct uidset *set, const char *before, const char *after, const char *mailbox, int last,
    struct err *e)
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
		r = syncpush_to_trash(f) ? send_move(f, &set, f->run->opts.trash, e) : send_expunge(f, &set, e);
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
	struct imap_handler h;
	struct sync_run *run = f->run;
	int changes, r = 0;

	if (!work_there(f, &changes))
		return 0;
	syncpush_handler(f, &h);
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
