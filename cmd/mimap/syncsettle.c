/* SPDX-License-Identifier: ISC */
/* syncsettle.c - a folder after its changes: rows of what is gone go, and numbers are recorded that stand for all that the rows say.
 * Anything that is not certain to be so is told again by the server in the next run. */
#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "log.h"
#include "sync.h"
#include "syncappend.h"
#include "syncnear.h"
#include "syncrecord.h"
#include "syncstate.h"

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
		if (row == NULL ? !uidset_has(&f->told_gone, f->told_again[i].uid) : ((row->flags ^ f->told_again[i].flags) & ~f->rules.keep) != 0)
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

	if (f->miscounted)
		return 1;
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
	if (f->flags.left_out > 0)
		log_warn("%s: it has more than %d keywords; %.100s and others stay where they are", f->name, SYNCFLAG_KEYWORDS,
		    f->flags.first_left_out);
	replace_parts(f);
	drop_gone(f);
	n = numbers_of(f);
	f->again |= syncstate_pendings(f->state) > 0;
	if (r == 0 && f->far.trouble.class == ERR_NONE)
		set_numbers(f, &n);
	if (syncfolder_commit(f) == 0 && r == 0 && !f->again && f->trouble.class == ERR_NONE)
		syncrecord_put(f->run, f->name, f->path, &n, f->sum, f->files, NULL);
	return r;
}
