/* SPDX-License-Identifier: ISC */
/* syncwindow.c - the folders under way: asked for, then changed, then settled, so that none waits for the answers to another.
 * Bounded by folders and by rows. In a joint run all are asked for before any is changed. */
#include <stdlib.h>

#include "imap.h"
#include "log.h"
#include "sync.h"
#include "syncreport.h"
#include "syncrun.h"
#include "syncstate.h"

#define FOLDERS 32	/* open at once: twice as many; six descriptors each */
#define ROWS 200000

void
syncwindow_open(struct syncwindow *w, struct sync_run *run, int joint)
{
	*w = (struct syncwindow){ .run = run, .joint = joint };
	w->asked_end = &w->asked;
	w->sent_end = &w->sent;
}

static void
close_folder(struct syncwindow *w, struct syncfolder *f)
{
	if (f->trouble.class != ERR_NONE)
		syncreport_trouble(w->run, &f->trouble);
	syncfolder_free(&f);
}

static struct syncfolder *
take_asked(struct syncwindow *w)
{
	struct syncfolder *f = w->asked;

	w->asked = f->next;
	if (w->asked == NULL)
		w->asked_end = &w->asked;
	w->askeds--;
	f->next = NULL;
	return f;
}

static int
settle_oldest(struct syncwindow *w, struct err *e)
{
	struct syncfolder *f = w->sent;
	int r;

	w->sent = f->next;
	if (w->sent == NULL)
		w->sent_end = &w->sent;
	w->sents--;
	w->rows -= f->weight;
	r = w->run->opts.dry ? 0 : syncfolder_settle(f, e);
	close_folder(w, f);
	return r;
}

static void
show(const struct syncfolder *f)
{
	size_t i;

	for (i = 0; i < f->actions; i++)
		syncreport_action(f, &f->action[i]);
}

/* Its answers are in: what is to be done is known. */
static int
meet(struct syncfolder *f, struct err *e)
{
	if (syncfar_await(&f->far, e) == -1)
		return -1;
	syncpull_finish(&f->pull);
	if (f->far.trouble.class != ERR_NONE)
		syncfolder_fail(f, &f->far.trouble);
	if (f->pull.trouble.class != ERR_NONE)
		syncfolder_fail(f, &f->pull.trouble);
	if (f->pull.dead)
		return 0;
	return syncmeet(f, e) == -1 && f->run->im->broken ? -1 : 0;
}

/* Carried out, or shown. */
static int
change(struct syncwindow *w, struct syncfolder *f, struct err *e)
{
	int r = 0;

	if (!f->pull.dead && !f->dead && f->far.trouble.class == ERR_NONE && !syncmeet_brake(f)) {
		if (w->run->opts.dry)
			show(f);
		else if (syncpush_mark(f) == 0)
			f->going = 1;
	}
	if (f->going && !w->joint) {
		synchere(f);
		r = syncpush_send(f, e);
	}
	*w->sent_end = f;
	w->sent_end = &f->next;
	w->sents++;
	return r;
}

static int
change_oldest(struct syncwindow *w, struct err *e)
{
	struct syncfolder *f = w->asked;

	if (meet(f, e) == -1)
		return -1;
	take_asked(w);
	syncmove(f);
	return change(w, f, e);
}

static int
is_full(const struct syncwindow *w)
{
	return w->askeds + w->sents >= 2 * FOLDERS || (w->rows > ROWS && w->askeds + w->sents > 1);
}

/* Half of them are done, so that the next ones are asked for together. */
static int
drain(struct syncwindow *w, struct err *e)
{
	int r = 0;

	while (r == 0 && (w->askeds + w->sents > FOLDERS || (w->rows > ROWS && w->askeds + w->sents > 1)))
		r = w->sents > FOLDERS / 2 || w->askeds == 0 ? settle_oldest(w, e) : change_oldest(w, e);
	return r;
}

int
syncwindow_add(struct syncwindow *w, struct syncfolder *f, struct err *e)
{
	int r = 0;

	if (syncfolder_begin(f) == -1) {
		close_folder(w, f);
		return 0;
	}
	f->weight = syncstate_count(f->state) + (size_t)f->told.messages / 4;
	w->rows += f->weight;
	*w->asked_end = f;
	w->asked_end = &f->next;
	w->askeds++;
	r = syncfolder_ask(f, e);
	return r == 0 && !w->joint && is_full(w) ? drain(w, e) : r;
}

/* A move needs both its folders: where one must not be changed it is left to the next run. */
static void
stop_moves(struct syncfolder *f)
{
	size_t i;

	for (i = 0; i < f->actions; i++) {
		struct sync_action *a = &f->action[i];
		struct syncfolder *other = a->to != NULL ? a->to : a->source;

		if (other == NULL || (f->going && other->going))
			continue;
		a->plan.act = SYNCPLAN_NOTHING;
		a->to = a->source = NULL;
		a->refused = a->moved = 1;
		f->again = f->held = other->again = other->held = 1;
	}
}

/* Files go from folder to folder only when all marks are on disk, and rows from state to state in the order of the answers. */
static int
change_all(struct syncwindow *w, struct err *e)
{
	struct syncfolder *f;
	int r = 0;

	for (f = w->asked; f != NULL && r == 0; f = f->next)
		r = meet(f, e);
	if (r == -1)
		return -1;
	syncmove(w->asked);
	while (w->asked != NULL && r == 0)
		r = change(w, take_asked(w), e);
	for (f = w->sent; f != NULL; f = f->next)
		stop_moves(f);
	for (f = w->sent; f != NULL; f = f->next) {
		if (f->going)
			synchere(f);
	}
	for (f = w->sent; f != NULL && r == 0; f = f->next)
		r = f->going ? syncpush_send(f, e) : 0;
	for (f = w->sent; f != NULL && r == 0; f = f->next)
		r = syncpush_await(f, e);
	return r;
}

int
syncwindow_close(struct syncwindow *w, int r, struct err *e)
{
	struct err later = { 0 };

	if (r == 0 && w->joint)
		r = change_all(w, e);
	while (r == 0 && w->asked != NULL)
		r = change_oldest(w, e);
	if (r == -1)
		w->run->im->broken = 1;
	while (w->asked != NULL) {	/* what came of their messages is kept */
		struct syncfolder *f = take_asked(w);

		*w->sent_end = f;
		w->sent_end = &f->next;
		w->sents++;
	}
	while (w->sent != NULL) {
		if (settle_oldest(w, r == 0 ? e : &later) == -1)
			r = -1;
	}
	return r;
}
