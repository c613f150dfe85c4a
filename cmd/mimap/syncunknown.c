/* SPDX-License-Identifier: ISC */
/* syncunknown.c - files that may be on the server under a UID we do not know: those that an interrupted run was to store, and all,
 * where the state is lost or the mailbox is another. Each is looked for by what it is, before anything is transferred. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap.h"
#include "sync.h"
#include "syncident.h"
#include "syncmatch.h"
#include "syncnear.h"
#include "syncstate.h"
#include "xalloc.h"

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

static char *
name_of(const struct near_file *file)
{
	char name[256];

	near_name(file, name);
	return xstrdup(name);
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
		file->mark = 1;
	f->here++;
	uidset_remove(&f->far.fresh_set, m->uid, m->uid);	/* no longer new */
	syncplan_decide(&f->rules, &a->m, &a->plan);
	f->held |= syncmeet_held(f, a);
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

/* Some message has the UID, number and size that its row says, and none has others. */
static int
rows_fit(const struct syncfolder *f)
{
	const struct syncstate_row *row;
	const struct syncfar_fresh *m;
	int fit = 0;
	size_t i;

	for (i = 0; i < f->far.freshes; i++) {
		m = &f->far.fresh[i];
		row = syncstate_uid(f->state, m->uid);
		if (row == NULL || row->ident == 0 || m->ident == 0)
			continue;
		if (row->ident != m->ident || row->size != m->size)
			return 0;
		fit = 1;
	}
	return fit;
}

/* All of the mailbox was told as new. What has a row goes over to what is known, as if all flags had been asked for. */
void
syncmeet_verify(struct syncfolder *f)
{
	struct syncfar *far = &f->far;
	size_t i, n = 0;

	if (far->pull != NULL || !rows_fit(f))
		return;
	f->lost = 0;
	far->way = SYNCFAR_PLAIN;
	far->knowns = 0;
	far->known = xreallocarray(far->known, far->freshes, sizeof(*far->known));
	far->known_room = far->freshes;
	for (i = 0; i < far->freshes; i++) {
		if (syncstate_uid(f->state, far->fresh[i].uid) == NULL) {
			far->fresh[n++] = far->fresh[i];
			continue;
		}
		far->known[far->knowns++] = (struct syncfar_known){ far->fresh[i].uid, far->fresh[i].flags };
		uidset_remove(&far->fresh_set, far->fresh[i].uid, far->fresh[i].uid);
	}
	far->freshes = n;
	for (i = 0; i < syncstate_count(f->state); i++)		/* those that are gone are no new ones either */
		if (syncstate_at(f->state, i) != NULL)
			uidset_remove(&far->fresh_set, syncstate_at(f->state, i)->uid, syncstate_at(f->state, i)->uid);
}

int
syncmeet_unknown(struct syncfolder *f, struct err *e)
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
