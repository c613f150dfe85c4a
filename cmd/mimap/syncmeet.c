/* SPDX-License-Identifier: ISC */
/* syncmeet.c - both sides of a folder against what was known of them: one action for each message that differs.
 * First files are told that may be on the server under a UID we do not know: pending ones, and all where the state is lost. Then the
 * rows, what is new there, and what is new here. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap.h"
#include "log.h"
#include "stream.h"
#include "sync.h"
#include "syncident.h"
#include "syncmatch.h"
#include "syncnear.h"
#include "syncrecord.h"
#include "syncreport.h"
#include "syncstate.h"
#include "xalloc.h"

/* What the row will not say of the server once the action is carried out: then the server has to tell it again. */
int
syncmeet_held(const struct syncfolder *f, const struct sync_action *a)
{
	const struct syncplan *p = &a->plan;

	if (a->left_out || (p->act == SYNCPLAN_REMOVE_HERE && p->forget) || p->act == SYNCPLAN_FORGET || p->act == SYNCPLAN_PUT
	    || p->act == SYNCPLAN_FETCH || p->act == SYNCPLAN_REMOVE_BOTH)
		return 0;
	if (p->act == SYNCPLAN_REMOVE_THERE)
		return !p->forget;
	if (!a->m.is_there)
		return a->m.known;
	return ((p->there ^ p->last) & ~f->rules.keep) != 0;
}

/* Kept in the list only if there is something to do. */
static void
decide(struct syncfolder *f, struct sync_action *a)
{
	syncplan_decide(&f->rules, &a->m, &a->plan);
	f->held |= syncmeet_held(f, a);
	if (a->plan.act == SYNCPLAN_NOTHING && !a->left_out) {
		free(a->name);
		f->actions--;
	}
}

/* A row without a file, named ".UID": left out by a limit or a switch that may not hold any more. Its ident is the message's date. */
static void
meet_left_out(struct syncfolder *f, const struct syncstate_row *row, int is_there, uint32_t there)
{
	struct sync_action *a = sync_action_add(f);

	a->uid = row->uid;
	a->size = row->size;
	a->date = (int64_t)row->ident;
	a->m = (struct syncplan_message){ .is_there = is_there, .there = there, .last = row->flags };
	if (!is_there) {
		a->plan = (struct syncplan){ .act = SYNCPLAN_FORGET, .forget = 1 };
		return;
	}
	syncplan_decide(&f->rules, &a->m, &a->plan);
	if (a->plan.act == SYNCPLAN_FETCH && syncplan_want(&f->run->opts.limits, a->size, a->date, there) == SYNCPLAN_WHOLE)
		return;
	if (a->plan.act == SYNCPLAN_REMOVE_THERE)
		return;
	if (there == row->flags)
		f->actions--;
	else
		a->left_out = 1;
}

/* A placeholder that was flagged on either side. */
static int
is_due(const struct syncfolder *f, const struct syncstate_row *row, const struct syncplan_message *m)
{
	char key[24];

	if (row->size != 0 || !m->is_here || !m->is_there || ((m->here | m->there) & SYNCFLAG_FLAGGED) == 0)
		return 0;
	snprintf(key, sizeof(key), "part-%u", (unsigned int)row->uid);
	return syncstate_number(f->state, key) != 0;
}

/* Most rows are as they were: nothing is made of them. */
static void
meet_row(struct syncfolder *f, const struct syncstate_row *row, int is_there, uint32_t there)
{
	struct near_file *file = near_find(f->near, row->name);
	struct sync_action a = { .uid = row->uid, .ident = row->ident, .size = row->size };

	a.m = (struct syncplan_message){ .known = 1, .is_there = is_there, .there = there, .last = row->flags };
	a.m.uncertain = near_stable(f->near) != 0;
	if (file != NULL) {
		file->mark = 1;
		a.m.is_here = file->odd == NEAR_FINE;
		a.m.here = syncflag_here(&f->flags, file->flags);
		a.m.uncertain |= file->odd != NEAR_FINE;
	}
	f->here += (size_t)a.m.is_here;
	a.whole = (uint8_t)is_due(f, row, &a.m);
	if (a.m.is_here && is_there && a.m.here == row->flags && there == row->flags && (there & SYNCFLAG_DELETED) == 0 && !a.whole)
		return;
	syncplan_decide(&f->rules, &a.m, &a.plan);
	if (a.whole)
		a.plan.act = SYNCPLAN_FETCH;
	f->held |= syncmeet_held(f, &a);
	if (a.plan.act == SYNCPLAN_NOTHING)
		return;
	a.name = xstrdup(row->name);
	*sync_action_add(f) = a;
}

/* Messages of which we should have a row, and have none: all flags tell them. They are asked for again by the next run. */
static uint64_t
count_strangers(struct syncfolder *f)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; f->far.way == SYNCFAR_PLAIN && i < f->far.knowns; i++) {
		if (uidset_has(&f->far.fresh_set, f->far.known[i].uid) || syncstate_uid(f->state, f->far.known[i].uid) != NULL)
			continue;
		if (n++ == 0)
			f->stranger = f->far.known[i].uid;
		f->again = f->held = 1;
	}
	return n;
}

/* The messages that the server has of those that we know; all of them, where its numbers do not add up. */
static int
count_there(struct syncfolder *f)
{
	uint64_t present = 0, fresh = f->pull.staged + f->pull.failed;
	size_t i;

	for (i = 0; i < f->far.freshes; i++)
		fresh += f->far.next == 0 || f->far.fresh[i].uid < f->far.next;
	for (i = 0; !f->lost && i < syncstate_count(f->state); i++) {
		const struct syncstate_row *row = syncstate_at(f->state, i);

		present += row != NULL && !uidset_has(&f->far.fresh_set, row->uid) && syncfar_has(&f->far, row->uid);
	}
	present += count_strangers(f);
	f->there = (size_t)(present + fresh);
	return syncfar_adds_up(&f->far, present, fresh);
}

static void
miscounted(struct syncfolder *f)
{
	struct err why = { 0 };

	f->miscounted = 1;
	err_set(&why, ERR_TEMP, "what the server tells of %s does not add up to the %u messages it holds: nothing is removed", f->name,
	    (unsigned int)f->far.exists);
	syncfolder_fail(f, &why);
}

/* Whether the server's numbers can be believed; what the short ways tell is held against all flags where they can't. */
static int
believe(struct syncfolder *f, int *believed, struct err *e)
{
	*believed = count_there(f);
	if (!*believed && (f->far.way == SYNCFAR_QRESYNC || f->far.way == SYNCFAR_CONDSTORE)) {
		if (syncfar_again(&f->far, e) == -1)
			return -1;
		f->run->selected = f;
		*believed = count_there(f);
	}
	if (!*believed)
		miscounted(f);
	return 0;
}

static int
meet_rows(struct syncfolder *f, struct err *e)
{
	const struct syncfar_known *k;
	const struct syncstate_row *row;
	int believed, is_there;
	size_t i;

	if (believe(f, &believed, e) == -1)
		return -1;
	for (i = 0; i < syncstate_count(f->state); i++) {
		row = syncstate_at(f->state, i);
		if (row == NULL || uidset_has(&f->far.fresh_set, row->uid))	/* that came in this run */
			continue;
		k = syncfar_known(&f->far, row->uid);
		is_there = !believed || syncfar_has(&f->far, row->uid);
		if (*row->name == '.')
			meet_left_out(f, row, is_there, k != NULL ? k->flags : row->flags);
		else
			meet_row(f, row, is_there, k != NULL ? k->flags : row->flags);
	}
	return 0;
}

static void
meet_fresh(struct syncfolder *f)
{
	struct sync_action *a;
	size_t i;

	for (i = 0; i < f->far.freshes; i++) {
		const struct syncfar_fresh *m = &f->far.fresh[i];

		if (!uidset_has(&f->far.fresh_set, m->uid))	/* it was matched */
			continue;
		a = sync_action_add(f);
		*a = (struct sync_action){ .uid = m->uid, .ident = m->ident, .size = m->size, .date = m->date };
		a->m = (struct syncplan_message){ .is_there = 1, .there = m->flags, .uncertain = near_stable(f->near) != 0 };
		syncplan_decide(&f->rules, &a->m, &a->plan);
		if (a->plan.act == SYNCPLAN_FETCH) {
			enum syncplan_want w = syncplan_want(&f->run->opts.limits, m->size, m->date, m->flags);

			a->part = w == SYNCPLAN_PLACEHOLDER;
			a->left_out = w == SYNCPLAN_SKIP;
		} else {
			a->left_out = a->plan.act == SYNCPLAN_NOTHING;
		}
	}
}

static void
meet_files(struct syncfolder *f)
{
	char name[256];
	struct near_file *file;
	struct sync_action *a;
	size_t i;

	for (i = 0; i < near_count(f->near); i++) {
		file = near_at(f->near, i);
		if (file->odd != NEAR_FINE && !file->gone)
			log_warn("%s/%s %s: it is left alone", f->path, file->file, near_why(file));
		if (file->mark != 0 || file->odd != NEAR_FINE || file->gone)
			continue;
		f->here++;
		a = sync_action_add(f);
		near_name(file, name);
		a->name = xstrdup(name);
		a->m = (struct syncplan_message){ .is_here = 1, .here = syncflag_here(&f->flags, file->flags) };
		a->was_pending = syncstate_pending(f->state, a->name) != 0;
		decide(f, a);
	}
}

/* Marks of files that are not there any more: what they tell of may have been moved on since (syncmove.c). */
static int
note_stale(void *ctx, const char *name, uint32_t next, struct err *e)
{
	struct syncfolder *f = ctx;

	(void)next;
	(void)e;
	if (near_find(f->near, name) == NULL) {
		f->stale = xreallocarray(f->stale, f->stales + 1, sizeof(*f->stale));
		f->stale[f->stales++] = xstrdup(name);
	}
	return 0;
}

static void
drop_stale(struct syncfolder *f)
{
	struct err unused;
	size_t i;

	if (near_stable(f->near) == 0)
		syncstate_each_pending(f->state, note_stale, f, &unused);
	for (i = 0; i < f->stales; i++)
		syncstate_unpend(f->state, f->stale[i]);
}

int
syncmeet(struct syncfolder *f, struct err *e)
{
	if (f->far.trouble.class != ERR_NONE)
		return syncfolder_fail(f, &f->far.trouble);
	f->rules.keep |= f->far.keep;
	syncrecord_all(&f->sum, &f->files, f->near);	/* before anything is done */
	if (f->far.opened_read_only && !f->far.read_only)
		f->rules.switches &= SYNC_PULL | SYNC_FOLDERS;
	if (f->lost && f->verify)
		syncmeet_verify(f);
	if (!f->lost && meet_rows(f, e) == -1)
		return -1;
	if ((f->lost || syncstate_pendings(f->state) > 0) && syncmeet_unknown(f, e) == -1)
		return -1;
	if (f->lost && !count_there(f))
		miscounted(f);
	meet_fresh(f);
	meet_files(f);
	drop_stale(f);
	return 0;
}
