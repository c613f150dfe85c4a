/* SPDX-License-Identifier: ISC */
/* syncmove.c - moves: what is gone in one folder and new in another, on the same side, and is one message. It is moved on the other
 * side then, instead of being removed and transferred again; in one folder, the row gets its new file or UID.
 * Both folders are open. What has \Deleted to be carried out is no move. */
#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "sync.h"
#include "syncmatch.h"
#include "syncnear.h"
#include "syncstate.h"
#include "xalloc.h"

struct end {			/* of a move */
	struct syncfolder *folder;
	size_t action;
};

struct ends {
	struct end *end;
	struct syncmatch_item *item;
	size_t count, room;
};

static void
add_end(struct ends *s, struct syncfolder *f, size_t i, int by_name)
{
	const struct sync_action *a = &f->action[i];

	if (s->count == s->room) {
		s->room = s->room * 2 + 64;
		s->end = xreallocarray(s->end, s->room, sizeof(*s->end));
		s->item = xreallocarray(s->item, s->room, sizeof(*s->item));
	}
	s->end[s->count] = (struct end){ f, i };
	s->item[s->count++] = (struct syncmatch_item){ .ident = a->ident, .size = a->size, .size_up = a->size_up,
	    .key = by_name ? a->name : NULL };
}

static int
gone_here(const struct sync_action *a)
{
	return a->m.known && !a->m.is_here && a->m.is_there && a->name != NULL
	    && (a->plan.act == SYNCPLAN_REMOVE_THERE || a->plan.act == SYNCPLAN_FETCH);
}

static int
new_here(const struct sync_action *a)
{
	return !a->m.known && a->m.is_here && !a->m.is_there && a->plan.act == SYNCPLAN_PUT && !a->moved;
}

/* A file that was to be stored there, and may have been, is one that is gone there if it is not found. */
static int
gone_there(const struct sync_action *a)
{
	return (a->m.known || a->was_pending) && a->m.is_here && !a->m.is_there && a->name != NULL
	    && (a->plan.act == SYNCPLAN_REMOVE_HERE || a->plan.act == SYNCPLAN_PUT);
}

static int
new_there(const struct sync_action *a)
{
	return !a->m.known && !a->m.is_here && a->m.is_there && a->plan.act == SYNCPLAN_FETCH && !a->part && !a->left_out;
}

static void
gather(struct ends *s, struct syncfolder *first, int (*is)(const struct sync_action *), int by_name)
{
	struct syncfolder *f;
	size_t i;

	for (f = first; f != NULL; f = f->next) {
		for (i = 0; i < f->actions; i++) {
			if (is(&f->action[i]))
				add_end(s, f, i, by_name);
		}
	}
}

/* Files that may be what is gone somewhere: what they are is looked up. */
static void
identify(struct ends *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		struct sync_action *a = &s->end[i].folder->action[s->end[i].action];

		if (a->ident == 0 && a->name != NULL && a->m.is_here)
			syncmeet_ident(s->end[i].folder, a);
		s->item[i].ident = a->ident;
		s->item[i].size = a->size;
		s->item[i].size_up = a->size_up;
	}
}

static void
free_ends(struct ends *s)
{
	free(s->end);
	free(s->item);
}

static void
cancel(struct sync_action *a)
{
	a->plan = (struct syncplan){ .act = SYNCPLAN_NOTHING };
	a->moved = 1;
}

/* A letter is another keyword in another folder. */
static void
standard_only(struct syncplan_message *m)
{
	m->last &= SYNCFLAG_STANDARD;
	m->here &= SYNCFLAG_STANDARD;
	m->there &= SYNCFLAG_STANDARD;
}

/* `from` went here, `to` came here: the same is done there. The flags that the file has now are what was changed since. */
static void
move_there(struct end from, struct end to)
{
	struct sync_action *a = &from.folder->action[from.action], *b = &to.folder->action[to.action];
	struct syncplan_message m = a->m;
	struct syncplan p;

	m.is_here = 1;
	m.here = b->m.here;
	m.uncertain = 0;
	if (from.folder != to.folder)
		standard_only(&m);
	syncplan_decide(&from.folder->rules, &m, &p);
	if (p.act != SYNCPLAN_NOTHING && p.act != SYNCPLAN_FLAGS)
		return;
	if (from.folder == to.folder) {		/* another name */
		free(a->name);
		a->name = b->name;
		b->name = NULL;
		a->m = m;
		a->plan = p;
		a->plan.act = SYNCPLAN_FLAGS;
		cancel(b);
		return;
	}
	a->plan = (struct syncplan){ .act = SYNCPLAN_REMOVE_THERE, .forget = 1, .last = m.last };
	to.folder->again = 1;		/* flags are carried over by the next run: the two are one message again */
	a->to = to.folder;
	a->to_action = to.action;
	cancel(b);
	b->from = 1;	/* marked before the move */
}

/* `from` went there, `to` came there: the file moves here. */
static void
move_here(struct end from, struct end to)
{
	struct sync_action *a = &from.folder->action[from.action], *b = &to.folder->action[to.action];
	struct syncplan_message m = a->m;
	struct syncplan p;

	m.is_there = 1;
	m.there = b->m.there;
	if (from.folder != to.folder)
		standard_only(&m);
	syncplan_decide(&to.folder->rules, &m, &p);
	if (p.act != SYNCPLAN_NOTHING && p.act != SYNCPLAN_FLAGS)
		return;
	if (p.store_add != 0 || p.store_del != 0)
		to.folder->again |= from.folder != to.folder;
	b->plan = p;
	b->plan.act = SYNCPLAN_FLAGS;
	if (from.folder == to.folder) {		/* another UID */
		b->m = m;
		b->name = a->name;
		a->name = NULL;
		b->ident = a->ident;
		a->plan = (struct syncplan){ .act = SYNCPLAN_FORGET, .forget = 1 };
		return;
	}
	b->plan.here |= b->m.there & ~SYNCFLAG_STANDARD;
	b->plan.last |= b->m.there & ~SYNCFLAG_STANDARD;
	b->plan.last ^= (p.store_add | p.store_del) & (b->plan.last ^ b->m.there);	/* what the next run is to store */
	b->plan.store_add = b->plan.store_del = 0;
	b->source = from.folder;
	b->to_action = from.action;
	b->name = xstrdup(a->name);
	b->from = 1;
	cancel(a);
}

static void
pair_up(struct ends *from, struct ends *to, void (*move)(struct end, struct end))
{
	size_t i;

	syncmatch(from->item, from->count, to->item, to->count);
	for (i = 0; i < from->count; i++) {
		if (from->item[i].with != SYNCMATCH_NONE)
			move(from->end[i], to->end[from->item[i].with]);
	}
}

static void
pass(struct syncfolder *first, int (*gone)(const struct sync_action *), int (*new)(const struct sync_action *), int files,
    void (*move)(struct end, struct end))
{
	struct ends from = { NULL, NULL, 0, 0 }, to = { NULL, NULL, 0, 0 };

	gather(&from, first, gone, files);
	if (from.count > 0)
		gather(&to, first, new, files);
	if (to.count > 0) {
		identify(files ? &to : &from);
		pair_up(&from, &to, move);
	}
	free_ends(&from);
	free_ends(&to);
}

static struct end
find_file(struct syncfolder *first, const char *name)
{
	struct syncfolder *f;
	size_t i;

	for (f = first; f != NULL; f = f->next) {
		for (i = 0; i < f->actions; i++) {
			if (new_here(&f->action[i]) && strcmp(f->action[i].name, name) == 0)
				return (struct end){ f, i };
		}
	}
	return (struct end){ NULL, 0 };
}

/* A run that was cut short may have stored this file, or moved it, to this folder there; since, it has gone to another one here. */
static void
follow(struct syncfolder *first, struct syncfolder *f, const char *name)
{
	struct end to = find_file(first, name);
	struct sync_action *b = to.folder != NULL ? &to.folder->action[to.action] : NULL, *a;
	size_t i;

	if (b == NULL || to.folder == f || (b->ident == 0 && syncmeet_ident(to.folder, b) == -1))
		return;
	for (i = 0; i < f->actions; i++) {
		a = &f->action[i];
		if (!new_there(a) || a->ident != b->ident || a->ident == 0 || (a->size != b->size && a->size != b->size_up))
			continue;
		a->plan = (struct syncplan){ .act = SYNCPLAN_REMOVE_THERE, .forget = 1, .last = a->m.there & SYNCFLAG_STANDARD };
		a->to = to.folder;
		a->to_action = to.action;
		to.folder->again = 1;
		cancel(b);
		b->from = 1;
		return;
	}
}

void
syncmove(struct syncfolder *first)
{
	struct syncfolder *f;
	size_t i;

	for (f = first; f != NULL; f = f->next) {
		for (i = 0; i < f->stales; i++)
			follow(first, f, f->stale[i]);
	}
	pass(first, gone_here, new_here, 1, move_there);
	pass(first, gone_there, new_there, 0, move_here);
}
