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
	f->verify = 0;
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

	if (syncstate_is_new(f->state) || syncstate_number(f->state, SYNCSTATE_VALIDITY) != f->told.validity) {
		f->lost = 1;
		f->verify = 0;
	}
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
