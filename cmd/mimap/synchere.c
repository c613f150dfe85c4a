/* SPDX-License-Identifier: ISC */
/* synchere.c - a folder's actions in the maildir: flags, removals, files that were moved on the server. First all of it is done, then
 * it is made safe, then the rows say so. What another program has changed in the meantime is left to the next run. */
#include <stdio.h>

#include "imap.h"
#include "sync.h"
#include "syncnear.h"
#include "syncrecord.h"
#include "syncstate.h"

static void
unable(struct syncfolder *f, struct sync_action *a, int r, const struct err *why)
{
	a->refused = 1;
	if (r == -1)
		syncfolder_fail(f, why);
	else
		f->held = 1;
}

static void
set_flags(struct syncfolder *f, struct sync_action *a, struct near_file *file)
{
	struct err why = { 0 };
	uint32_t before = file->flags;
	int r = near_set_flags(f->near, file, a->plan.here, syncflag_known(&f->flags), &why);

	if (r != 0) {
		unable(f, a, r, &why);
		return;
	}
	syncrecord_drop(&f->sum, &f->files, a->name, before);
	syncrecord_add(&f->sum, &f->files, a->name, file->flags);
	f->run->count[SYNC_FLAGS_HERE]++;
}

static void
remove_file(struct syncfolder *f, struct sync_action *a, struct near_file *file)
{
	struct err why = { 0 };
	int r = near_remove(f->near, file, &why);

	if (r != 0) {
		unable(f, a, r, &why);
		return;
	}
	syncrecord_drop(&f->sum, &f->files, a->name, file->flags);
	f->run->count[SYNC_REMOVED_HERE]++;
}

/* The file of the other folder's action comes here. */
static void
take_file(struct syncfolder *f, struct sync_action *a)
{
	struct sync_action *b = &a->source->action[a->to_action];
	struct near_file *file = near_find(a->source->near, b->name), *moved = NULL;
	struct err why = { 0 };
	uint32_t before = file != NULL ? file->flags : 0;
	int r = file == NULL || near_sync(a->source->near, &why) == -1 ? 1
	    : near_move(a->source->near, file, f->near, a->plan.here, &moved, &why);

	if (r != 0) {
		unable(f, a, r, &why);
		b->refused = 1;
		return;
	}
	syncrecord_drop(&a->source->sum, &a->source->files, b->name, before);
	if (moved != NULL)
		syncrecord_add(&f->sum, &f->files, b->name, moved->flags);
	f->run->count[SYNC_MOVED]++;
}

static void
act(struct syncfolder *f, struct sync_action *a)
{
	struct near_file *file = a->name != NULL && !a->moved ? near_find(f->near, a->name) : NULL;
	int act = (int)a->plan.act;

	if (a->source != NULL)
		take_file(f, a);
	else if (file == NULL || a->moved)
		return;
	else if (act == SYNCPLAN_FLAGS && a->plan.set_here)
		set_flags(f, a, file);
	else if (act == SYNCPLAN_REMOVE_HERE || act == SYNCPLAN_REMOVE_BOTH)
		remove_file(f, a, file);
}

void
synchere_leave_out(struct syncfolder *f, const struct sync_action *a, uint32_t flags)
{
	char name[16];
	struct syncstate_row row = { .uid = a->uid, .flags = flags, .ident = (uint64_t)a->date, .size = a->size, .name = name };

	snprintf(name, sizeof(name), ".%u", (unsigned int)a->uid);	/* no file is called so */
	syncstate_put(f->state, &row);
}

/* The file is here, and its folder's row goes. */
static void
record_taken(struct syncfolder *f, struct sync_action *a)
{
	struct sync_action *b = &a->source->action[a->to_action];
	struct syncstate_row row = { .uid = a->uid, .flags = a->plan.last, .ident = a->ident, .size = a->size, .name = b->name };

	syncstate_put(f->state, &row);
	syncstate_unpend(f->state, b->name);
	if (b->uid != 0)
		syncstate_remove(a->source->state, b->uid);
}

/* What needs no answer from the server. */
static void
record(struct syncfolder *f, struct sync_action *a)
{
	if (a->refused)
		return;
	if (a->source != NULL)
		record_taken(f, a);
	else if (a->left_out)
		synchere_leave_out(f, a, a->m.there);
	else if (a->moved)
		return;
	else if (a->plan.act == SYNCPLAN_FLAGS && a->plan.store_add == 0 && a->plan.store_del == 0 && a->name != NULL)
		syncpush_row(f, a, a->uid, a->plan.last);
	else if (a->plan.act == SYNCPLAN_FORGET || (a->plan.act == SYNCPLAN_REMOVE_HERE && a->plan.forget)) {
		if (a->uid != 0)
			syncstate_remove(f->state, a->uid);
	} else if (a->plan.act == SYNCPLAN_REMOVE_HERE && a->uid != 0)
		syncstate_set_flags(f->state, a->uid, a->plan.last);
}

void
synchere(struct syncfolder *f)
{
	struct err why = { 0 };
	size_t i;

	if (f->dead)
		return;
	if (f->flags.changed && syncflag_save(&f->flags, f->path, &why) == -1) {
		f->dead = 1;
		syncfolder_fail(f, &why);
		return;
	}
	for (i = 0; i < f->actions; i++)
		act(f, &f->action[i]);
	if (near_sync(f->near, &why) == -1) {
		f->dead = 1;
		syncfolder_fail(f, &why);
		return;
	}
	for (i = 0; i < f->actions; i++)
		record(f, &f->action[i]);
}
