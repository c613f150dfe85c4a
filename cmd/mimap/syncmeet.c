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

enum { MARK_KNOWN = 1 };

/* What the row will not say of the server once the action is carried out: then the server has to tell it again. */
static int
held_back(const struct syncfolder *f, const struct sync_action *a)
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
	f->held |= held_back(f, a);
	if (a->plan.act == SYNCPLAN_NOTHING && !a->left_out) {
		free(a->name);
		f->actions--;
	}
}

static char *
name_of(const struct near_file *file)
{
	char name[256];

	near_name(file, name);
	return xstrdup(name);
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
		file->mark = MARK_KNOWN;
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
	f->held |= held_back(f, &a);
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

/* Whether the server's numbers can be believed; what the short ways tell is held against all flags where they can't. */
static int
believe(struct syncfolder *f, int *believed, struct err *e)
{
	struct err why = { 0 };

	*believed = count_there(f);
	if (!*believed && (f->far.way == SYNCFAR_QRESYNC || f->far.way == SYNCFAR_CONDSTORE)) {
		if (syncfar_again(&f->far, e) == -1)
			return -1;
		f->run->selected = f;
		*believed = count_there(f);
	}
	if (*believed)
		return 0;
	err_set(&why, ERR_TEMP, "what the server tells of %s does not add up to the %u messages it holds: nothing is removed", f->name,
	    (unsigned int)f->far.exists);
	syncfolder_fail(f, &why);
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

int
syncmeet_ident(struct syncfolder *f, struct sync_action *a)
{
	struct near_file *file = near_find(f->near, a->name);
	struct syncident id = { 0, 0, 0 };
	struct buf path = { 0 };
	struct err why = { 0 };
	struct stat st;
	int fd = -1, r = file != NULL ? near_read(f->near, file, &fd, &why) : 1;

	if (r == 0) {
		near_path(f->near, file, &path);
		r = syncident_file(fd, buf_str(&path), &id, &why);
		if (r == 0 && fstat(fd, &st) == 0)
			a->date = (int64_t)st.st_mtime;
		close(fd);
		buf_free(&path);
	}
	if (r == -1) {
		syncfolder_fail(f, &why);
		a->refused = 1;
	}
	a->ident = id.number;
	a->size = id.size;
	a->size_up = id.size_up;
	return r == 0 ? 0 : -1;
}

/* Files that may be on the server already, each an action still to be decided. */
struct files {
	struct syncfolder *f;
	struct sync_action *action;
	struct syncmatch_item *item;
	size_t count, room;
};

static void
add_file(struct files *s, struct near_file *file, uint32_t from)
{
	struct sync_action *a;
	const struct syncstate_row *row;

	if (s->count == s->room) {
		s->room = s->room * 2 + 64;
		s->action = xreallocarray(s->action, s->room, sizeof(*s->action));
	}
	a = &s->action[s->count++];
	*a = (struct sync_action){ .name = name_of(file) };
	a->m.is_here = 1;
	a->m.here = syncflag_here(&s->f->flags, file->flags);
	a->from = from;
	row = syncstate_name(s->f->state, a->name);
	if (row != NULL) {
		a->m.known = 1;
		a->m.last = row->flags;
		a->ident = row->ident;
		a->size = row->size;
	}
}

static void
gather_files(struct files *s)
{
	struct near *near = s->f->near;
	struct near_file *file;
	char name[256];
	uint32_t from;
	size_t i;

	for (i = 0; i < near_count(near); i++) {
		file = near_at(near, i);
		if (file->mark != 0 || file->odd != NEAR_FINE || file->gone)
			continue;
		near_name(file, name);
		from = syncstate_pending(s->f->state, name);
		if (s->f->lost || from != 0)
			add_file(s, file, from);
	}
}

static void
make_items(struct files *s)
{
	struct sync_action *a;
	size_t i;

	s->item = s->count > 0 ? xcalloc(s->count, sizeof(*s->item)) : NULL;
	for (i = 0; i < s->count; i++) {
		a = &s->action[i];
		if (a->ident == 0 || a->size == 0)
			syncmeet_ident(s->f, a);
		s->item[i] = (struct syncmatch_item){ .ident = a->ident, .size = a->size, .size_up = a->size_up, .date = a->date, .from = a->from };
	}
}

static struct syncmatch_item *
fresh_items(const struct syncfolder *f)
{
	struct syncmatch_item *item = xcalloc(f->far.freshes + 1, sizeof(*item));
	size_t i;

	for (i = 0; i < f->far.freshes; i++) {
		const struct syncfar_fresh *m = &f->far.fresh[i];

		item[i] = (struct syncmatch_item){ .ident = m->ident, .size = m->size, .date = m->date, .uid = m->uid };
	}
	return item;
}

/* The pair is one message: it gets its row with whatever its flags need. */
static void
pair(struct syncfolder *f, struct sync_action *from, struct syncfar_fresh *m)
{
	struct sync_action *a = sync_action_add(f);
	struct near_file *file = near_find(f->near, from->name);

	*a = *from;
	from->name = NULL;
	a->uid = m->uid;
	a->size = m->size != 0 ? m->size : a->size;
	a->m.is_there = 1;
	a->m.there = m->flags;
	a->from = 0;
	if (!a->m.known)
		a->m.last = (a->m.here | a->m.there) & SYNCFLAG_DELETED;	/* all else that either has is a change */
	syncpush_row(f, a, a->uid, a->m.last);
	syncstate_unpend(f->state, a->name);
	a->m.known = 1;
	if (file != NULL)
		file->mark = MARK_KNOWN;
	f->here++;
	uidset_remove(&f->far.fresh_set, m->uid, m->uid);	/* no longer new */
	syncplan_decide(&f->rules, &a->m, &a->plan);
	f->held |= held_back(f, a);
	if (a->plan.act == SYNCPLAN_NOTHING)
		a->plan.act = SYNCPLAN_FLAGS;
}

/* Old rows, and numbers, are about another mailbox; what takes their place is committed with that. */
static void
begin_anew(struct syncfolder *f)
{
	syncstate_forget(f->state);
	syncstate_set_number(f->state, SYNCSTATE_VALIDITY, f->told.validity);
	syncstate_set_number(f->state, SYNCSTATE_NEXT, 0);
	syncstate_set_number(f->state, SYNCSTATE_MODSEQ, 0);
}

static int
match_files(struct files *s, struct err *e)
{
	struct syncfolder *f = s->f;
	struct syncmatch_item *there;
	size_t i;

	switch (syncfar_idless(&f->far, f->run->selected != f, e)) {
	case -1:
		return -1;
	case 1:
		f->run->selected = f;
	}
	make_items(s);
	there = fresh_items(f);
	syncmatch(s->item, s->count, there, f->far.freshes);
	if (f->lost)
		begin_anew(f);
	for (i = 0; i < s->count; i++) {
		if (s->item[i].with != SYNCMATCH_NONE)
			pair(f, &s->action[i], &f->far.fresh[s->item[i].with]);
	}
	free(there);
	return 0;
}

static int
meet_unknown(struct syncfolder *f, struct err *e)
{
	struct files s = { .f = f };
	size_t i;
	int r = 0;

	gather_files(&s);
	if (s.count > 0 && f->far.freshes > 0)
		r = match_files(&s, e);
	else if (f->lost && f->far.pull == NULL)
		begin_anew(f);
	for (i = 0; i < s.count; i++)
		free(s.action[i].name);
	free(s.action);
	free(s.item);
	return r;
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
		a->name = name_of(file);
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
	if (!f->lost && meet_rows(f, e) == -1)
		return -1;
	if ((f->lost || syncstate_pendings(f->state) > 0) && meet_unknown(f, e) == -1)
		return -1;
	if (f->lost)
		count_there(f);
	meet_fresh(f);
	meet_files(f);
	drop_stale(f);
	return 0;
}

static size_t
removals(const struct syncfolder *f, enum syncplan_act act)
{
	size_t i, n = 0;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		n += a->to == NULL && !a->moved && (a->plan.act == act || a->plan.act == SYNCPLAN_REMOVE_BOTH);
	}
	return n;
}

/* "12, 15, 16 …" */
static void
name_some(const struct syncfolder *f, enum syncplan_act act, struct buf *out)
{
	size_t i, n = 0;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		if (a->to != NULL || a->moved || (a->plan.act != act && a->plan.act != SYNCPLAN_REMOVE_BOTH))
			continue;
		if (n++ == 5) {
			buf_adds(out, " …");
			return;
		}
		buf_printf(out, "%s%u", out->len > 0 ? ", " : "", (unsigned int)a->uid);
	}
}

static int
too_much(const struct syncfolder *f, enum syncplan_act act, size_t total, const char *gone, const char *where)
{
	size_t n = removals(f, act);
	struct buf uids = { 0 };

	if (!syncplan_brake(n, total, f->run->opts.percent))
		return 0;
	name_some(f, act, &uids);
	log_warn("%s: %zu of %zu messages are gone %s, and would be removed %s (UID %s); nothing of this folder is done; if it is right, say"
	    " --force", f->name, n, total, gone, where, buf_str(&uids));
	buf_free(&uids);
	return 1;
}

int
syncmeet_brake(struct syncfolder *f)
{
	if (f->run->opts.force || (!too_much(f, SYNCPLAN_REMOVE_HERE, f->here, "there", "here")
	    && !too_much(f, SYNCPLAN_REMOVE_THERE, f->there, "here", "there")))
		return 0;
	f->held = f->again = f->dead = 1;
	f->run->braked = 1;
	return 1;
}
