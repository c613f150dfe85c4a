/* SPDX-License-Identifier: ISC */
/* syncfolder.c - one folder of a run: how it is opened and asked for, and what is kept of it. */
#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "log.h"
#include "maildir.h"
#include "sync.h"
#include "syncappend.h"
#include "syncnear.h"
#include "syncrecord.h"
#include "syncreport.h"
#include "syncstate.h"
#include "xalloc.h"

struct syncfolder *
syncfolder_new(struct sync_run *run, const char *name, const char *path, const struct sync_numbers *told)
{
	struct syncfolder *f = xcalloc(1, sizeof(*f));

	f->run = run;
	f->name = xstrdup(name);
	f->path = xstrdup(path);
	f->told = *told;
	f->rules = run->opts.rules;
	return f;
}

void
syncfolder_free(struct syncfolder **fp)
{
	struct syncfolder *f = *fp;
	size_t i;

	if (f == NULL)
		return;
	if (f->run->selected == f)
		f->run->selected = NULL;
	if (f->flight.first != 0)
		syncwire_drop(&f->run->wire, &f->flight);
	for (i = 0; i < f->actions; i++)
		free(f->action[i].name);
	for (i = 0; i < f->stales; i++)
		free(f->stale[i]);
	free(f->stale);
	syncfar_free(&f->far);
	syncpull_free(&f->pull);
	syncstate_free(&f->state);
	near_free(&f->near);
	syncflag_free(&f->flags);
	free(f->action);
	free(f->told_again);
	uidset_free(&f->told_gone);
	for (i = 0; i < f->commands; i++)
		uidset_free(&f->command[i].set);
	free(f->command);
	free(f->name);
	free(f->path);
	free(f);
	*fp = NULL;
}

struct sync_action *
sync_action_add(struct syncfolder *f)
{
	if (f->actions == f->room) {
		f->room = f->room * 2 + 16;
		f->action = xreallocarray(f->action, f->room, sizeof(*f->action));
	}
	memset(&f->action[f->actions], 0, sizeof(*f->action));
	return &f->action[f->actions++];
}

int
syncfolder_fail(struct syncfolder *f, const struct err *why)
{
	f->held = f->again = 1;
	if (f->trouble.class == ERR_NONE)
		f->trouble = *why;
	return -1;
}

int
syncfolder_commit(struct syncfolder *f)
{
	struct err why = { 0 };

	if (f->dead || f->pull.dead)
		return -1;
	if (syncstate_commit(f->state, &why) == 0)
		return 0;
	f->dead = 1;
	return syncfolder_fail(f, &why);
}

/* The maildir; made anew where new/ or cur/ is not there, and then no missing file is one that was removed. */
static int
open_near(struct syncfolder *f, struct err *e)
{
	struct maildir *made = NULL;
	int r = near_open(&f->near, f->path, e);

	if (r != 1)
		return r;
	f->lost = 1;
	if (maildir_open(&made, f->path, e) == -1)
		return -1;
	maildir_free(&made);
	r = near_open(&f->near, f->path, e);
	return r == 1 ? err_set(e, ERR_TEMP, "%s vanishes as soon as it is made", f->path) : r;
}

/* Rows are about UIDs of one UIDVALIDITY. */
static void
compare_validity(struct syncfolder *f)
{
	const char *mailbox = syncstate_text(f->state, SYNCSTATE_MAILBOX);

	f->lost |= syncstate_is_new(f->state) || syncstate_number(f->state, SYNCSTATE_VALIDITY) != f->told.validity;
	if (mailbox == NULL || strcmp(mailbox, f->name) != 0)
		syncstate_set_text(f->state, SYNCSTATE_MAILBOX, f->name);
	if (f->lost && syncstate_count(f->state) == 0)
		syncstate_set_number(f->state, SYNCSTATE_VALIDITY, f->told.validity);
}

int
syncfolder_begin(struct syncfolder *f)
{
	struct err why = { 0 };

	if (f->told.validity == 0 || f->told.next == 0)
		err_set(&why, ERR_PROTOCOL, "the server does not tell UIDVALIDITY and UIDNEXT of %s", f->name);
	else if (open_near(f, &why) == 0 && syncstate_open(&f->state, f->path, f->run->label, &why) == 0
	    && syncflag_load(&f->flags, f->path, &why) == 0 && near_scan(f->near, &why) != -1) {
		if (f->lost && f->warn_lost)
			log_warn("%s was gone: it is made again, and what was in it is fetched again", f->path);
		compare_validity(f);
		return 0;
	}
	return syncfolder_fail(f, &why);
}

/* How the server is to tell what is different, by what we know and what it can. */
static enum syncfar_way
way_of(const struct syncfolder *f, uint32_t from, uint64_t modseq)
{
	const struct imap *im = f->run->im;

	if (from == 1)
		return SYNCFAR_NOTHING;
	if (modseq == 0 || f->told.modseq < modseq)
		return SYNCFAR_PLAIN;
	if (imap_enabled(im, CAP_QRESYNC))
		return SYNCFAR_QRESYNC;
	return caps_has(&im->caps, CAP_CONDSTORE) ? SYNCFAR_CONDSTORE : SYNCFAR_PLAIN;
}

/* From what we asked for last on, less what we stored there ourselves. What may have been stored by a run that was cut short can
 * still be on its way. */
static void
set_fresh(struct syncfolder *f, uint32_t next)
{
	size_t i;
	uint32_t uid;

	if (syncstate_pendings(f->state) > 0)
		uidset_add(&f->far.fresh_set, next, UINT32_MAX - 1);
	else if (next < f->told.next)
		uidset_add(&f->far.fresh_set, next, f->told.next - 1);
	for (i = syncstate_from(f->state, next); !f->lost && i < syncstate_count(f->state); i++) {
		uid = syncstate_at(f->state, i)->uid;
		uidset_remove(&f->far.fresh_set, uid, uid);
	}
}

/* Bodies at once: nothing that is new there can be something that we have. */
static int
direct(const struct syncfolder *f)
{
	const struct sync_opts *o = &f->run->opts;

	return !o->dry && !f->run->far_moves && syncstate_pendings(f->state) == 0 && (f->rules.switches & SYNC_PULL_NEW) != 0
	    && f->rules.exact != SYNC_EXACT_PUSH && o->limits.max_size == 0 && o->limits.oldest == 0
	    && (!f->lost || (near_count(f->near) == 0 && syncstate_count(f->state) == 0));
}

static void
kept(void *ctx, uint32_t uid, const char *name, uint32_t flags)
{
	struct syncfolder *f = ctx;

	syncrecord_add(&f->sum, &f->files, name, flags);
	f->run->count[SYNC_FETCHED]++;
	f->again |= (flags & SYNCFLAG_DELETED) != 0;	/* to be removed on both sides */
	(void)uid;
}

static void
set_pull(struct syncfolder *f)
{
	struct sync_run *run = f->run;

	f->pull.im = run->im;
	f->pull.path = f->path;
	f->pull.mailbox = f->name;
	f->pull.state = f->state;
	f->pull.flags = &f->flags;
	f->pull.progress = &run->progress;
	f->pull.placed = run->opts.paths ? syncreport_path : NULL;
	f->pull.kept = kept;
	f->pull.kept_ctx = f;
}

static int
writes_there(const struct syncfolder *f)
{
	return !f->run->opts.dry && ((f->rules.switches & SYNC_PUSH) != 0 || f->rules.exact == SYNC_EXACT_PUSH);
}

int
syncfolder_ask(struct syncfolder *f, struct err *e)
{
	uint32_t next = f->lost ? 1 : (uint32_t)syncstate_number(f->state, SYNCSTATE_NEXT);
	size_t rows = f->lost ? 0 : syncstate_count(f->state);
	struct syncfar *far = &f->far;

	far->wire = &f->run->wire;
	far->mailbox = f->name;
	far->flags = &f->flags;
	far->read_only = !writes_there(f);
	far->validity = f->told.validity;
	far->modseq = f->lost ? 0 : syncstate_number(f->state, SYNCSTATE_MODSEQ);
	far->limit = f->told.next;
	if (next == 0)
		next = 1;
	set_fresh(f, next);
	far->from = next;
	if (rows > 0 && syncstate_at(f->state, rows - 1)->uid >= next && syncstate_at(f->state, rows - 1)->uid < UINT32_MAX)
		far->from = syncstate_at(f->state, rows - 1)->uid + 1;
	far->way = rows == 0 ? SYNCFAR_NOTHING : way_of(f, far->from, far->modseq);
	if (rows == 0)
		far->from = 1;
	set_pull(f);
	far->pull = direct(f) ? &f->pull : NULL;
	f->run->selected = f;
	return syncfar_ask(far, e);
}

static int
lowest_mark(void *ctx, const char *name, uint32_t next, struct err *e)
{
	uint32_t *lowest = ctx;

	(void)name;
	(void)e;
	if (next < *lowest)
		*lowest = next;
	return 0;
}

static int
compare_told(const void *a, const void *b)
{
	const struct sync_told *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The last word on a message, NULL: none. The list is sorted. */
static const struct sync_told *
last_told(const struct syncfolder *f, uint32_t uid)
{
	size_t low = 0, high = f->told_agains, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (f->told_again[mid].uid <= uid)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && f->told_again[low - 1].uid == uid ? &f->told_again[low - 1] : NULL;
}

/* Rows of what was removed there go now. Servers have said OK to UID EXPUNGE right behind a STORE and expunged nothing, so what
 * the last look still shows is still there. */
static void
drop_gone(struct syncfolder *f)
{
	const struct sync_told *t;
	size_t i;

	if (f->told_agains > 0)
		qsort(f->told_again, f->told_agains, sizeof(*f->told_again), compare_told);
	for (i = 0; i < f->actions; i++) {
		struct sync_action *a = &f->action[i];

		if (!a->gone)
			continue;
		t = f->looked_again && !uidset_has(&f->told_gone, a->uid) ? last_told(f, a->uid) : NULL;
		if (t == NULL) {
			syncstate_remove(f->state, a->uid);
			continue;
		}
		f->again = f->held = 1;
		if (a->to == NULL)
			syncpush_row(f, a, a->uid, t->flags);
	}
}

/* What the last look told is what the rows say. */
static int
is_confirmed(struct syncfolder *f)
{
	const struct syncstate_row *row;
	size_t i;

	for (i = 0; i < f->told_agains; i++) {
		if (i + 1 < f->told_agains && f->told_again[i + 1].uid == f->told_again[i].uid)
			continue;
		row = syncstate_uid(f->state, f->told_again[i].uid);
		if ((row == NULL && !uidset_has(&f->told_gone, f->told_again[i].uid)) || (row != NULL && ((row->flags ^ f->told_again[i].flags) & ~f->rules.keep) != 0))
			return 0;
	}
	for (i = 0; f->told_gone.count > 0 && i < syncstate_count(f->state); i++) {
		row = syncstate_at(f->state, i);
		if (row != NULL && uidset_has(&f->told_gone, row->uid))
			return 0;
	}
	return 1;
}

static size_t
count_rows(const struct syncfolder *f, uint32_t *highest)
{
	size_t i, n = 0;

	*highest = 0;
	for (i = 0; i < syncstate_count(f->state); i++) {
		const struct syncstate_row *row = syncstate_at(f->state, i);

		n += row != NULL;
		if (row != NULL && row->uid > *highest)
			*highest = row->uid;
	}
	return n;
}

/* What was to be fetched and did not come is to be told again. */
static uint32_t
lowest_missing(struct syncfolder *f, uint32_t next)
{
	size_t i;

	if (f->stranger != 0 && f->stranger < next)
		next = f->stranger;
	if (f->pull.first_failed != 0 && f->pull.first_failed < next)
		next = f->pull.first_failed;
	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		if (a->plan.act != SYNCPLAN_FETCH || a->left_out || a->moved || (!uidset_has(&f->pull.left, a->uid)
		    && !uidset_has(&f->pull.headers, a->uid)))
			continue;
		f->held = f->again = 1;
		if (a->uid < next)
			next = a->uid;
	}
	return next;
}

/* The server's numbers that our rows stand for. */
static struct sync_numbers
numbers_of(struct syncfolder *f)
{
	struct sync_numbers n = f->told;
	struct err unused;
	uint32_t highest;
	size_t rows;

	n.messages = f->far.exists;
	n.modseq = f->far.highestmodseq;
	rows = count_rows(f, &highest);
	if (f->looked_again && f->told_modseq != 0 && (imap_enabled(f->run->im, CAP_QRESYNC) || f->told_exists == rows) && is_confirmed(f)) {
		n.modseq = f->told_modseq;
		n.messages = rows;
		n.next = highest >= f->far.next && highest < UINT32_MAX ? highest + 1 : f->far.next;
	}
	syncstate_each_pending(f->state, lowest_mark, &n.next, &unused);
	n.next = lowest_missing(f, n.next);
	return n;
}

/* Whole messages in place of placeholders: the old file goes once the new one is in place. */
static void
replace_parts(struct syncfolder *f)
{
	const struct syncstate_row *row;
	struct near_file *file;
	struct err why = { 0 };
	size_t i;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		if (!a->whole || (row = syncstate_uid(f->state, a->uid)) == NULL || strcmp(row->name, a->name) == 0
		    || (file = near_find(f->near, a->name)) == NULL)
			continue;
		if (near_remove(f->near, file, &why) == 0)
			syncrecord_drop(&f->sum, &f->files, a->name, file->flags);
		else
			f->again = 1;
	}
}

static void
set_numbers(struct syncfolder *f, const struct sync_numbers *n)
{
	syncstate_set_number(f->state, SYNCSTATE_VALIDITY, n->validity);
	syncstate_set_number(f->state, SYNCSTATE_NEXT, n->next);
	if (f->held)		/* what it told since is to be told again */
		return;
	syncstate_set_number(f->state, SYNCSTATE_MODSEQ, n->modseq);
}

int
syncfolder_settle(struct syncfolder *f, struct err *e)
{
	int r = f->run->im->broken || syncpush_await(f, e) == -1 || syncappend_find(f, e) == -1 ? -1 : 0;
	struct sync_numbers n;

	syncpull_finish(&f->pull);
	if (f->pull.trouble.class != ERR_NONE)
		syncfolder_fail(f, &f->pull.trouble);
	if (f->state == NULL || f->dead || f->pull.dead)
		return r;
	replace_parts(f);
	drop_gone(f);
	n = numbers_of(f);
	f->again |= syncstate_pendings(f->state) > 0;
	if (r == 0)
		set_numbers(f, &n);
	if (syncfolder_commit(f) == 0 && r == 0 && !f->again && f->trouble.class == ERR_NONE)
		syncrecord_put(f->run, f->name, f->path, &n, f->sum, f->files, NULL);
	return r;
}
