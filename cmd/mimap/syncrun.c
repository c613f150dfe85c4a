/* SPDX-License-Identifier: ISC */
/* syncrun.c - both sides' folders side by side. */
#include "syncrun.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "imap.h"
#include "log.h"
#include "role.h"
#include "sync.h"
#include "syncnear.h"
#include "syncpair.h"
#include "syncrecord.h"
#include "syncreport.h"
#include "syncstate.h"
#include "xalloc.h"

#define JOINT_MAX 1000000	/* messages in folders that are open at once */
#define DESCRIPTORS 6		/* of an open folder */
#define DESCRIPTORS_MAX 8192

struct sides {
	struct sync_run *run;
	struct synctree_list tree;
	struct sync_here *here;
	struct sync_known *known;
	size_t heres, knowns, room;
	struct sync_pairs pairs;
};

static int
add_known(void *ctx, const char *mailbox, const struct sync_entry *entry, struct err *e)
{
	struct sides *s = ctx;

	(void)e;
	if (!synctree_wanted(s->run->opts.patterns, s->run->opts.pattern_count, mailbox))
		return 0;
	if (s->knowns == s->room) {
		s->room = s->room * 2 + 16;
		s->known = xreallocarray(s->known, s->room, sizeof(*s->known));
	}
	s->known[s->knowns++] = (struct sync_known){ .name = xstrdup(mailbox), .entry = *entry };
	s->run->all_messages += entry->there.messages;
	return 0;
}

static int
by_known(const void *a, const void *b)
{
	return synctree_order(((const struct sync_known *)a)->name, ((const struct sync_known *)b)->name);
}

static void
odd_directory(const char *path)
{
	log_warn("%s is no folder's name: it is left alone", path);
}

/* "INODE:…,INODE:…": of the same directories. */
static int
same_inodes(const char *a, const char *b)
{
	size_t n = strcspn(a, ":") + 1, comma = strcspn(a, ","), other = strcspn(b, ",");

	return a[n - 1] == ':' && strncmp(a, b, n) == 0 && a[comma] == ',' && b[other] == ','
	    && strncmp(a + comma, b + other, strcspn(a + comma, ":") + 1) == 0;
}

/* A maildir's stamp, and the mailbox that its own state is of where it is not plainly the one we know. */
static int
look_at(struct sides *s, const struct synctree_folder *f, struct err *e)
{
	struct sync_here *h = &s->here[s->heres++];
	struct sync_entry entry;
	char stamp[NEAR_STAMP], *origin = NULL;

	*h = (struct sync_here){ .name = f->name, .path = f->path };
	near_stamp(f->path, stamp);
	if (strcmp(stamp, "0") == 0 || strlen(stamp) + strlen(s->run->code) >= sizeof(h->stamp))
		snprintf(h->stamp, sizeof(h->stamp), "0");
	else
		snprintf(h->stamp, sizeof(h->stamp), "%.*s%s", (int)(sizeof(h->stamp) - sizeof(s->run->code)), stamp, s->run->code);
	if (syncroot_get(s->run->root, f->name, &entry) && same_inodes(entry.stamp, h->stamp))
		return 0;
	if (syncstate_origin(f->path, s->run->label, &origin, &h->origin_validity, e) == -1)
		return -1;
	h->origin = origin;
	return 0;
}

static int
walk(struct sides *s, struct err *e)
{
	struct sync_run *run = s->run;
	size_t i;

	if (synctree_walk(&run->tree, &s->tree, odd_directory, e) == -1)
		return -1;
	s->here = xcalloc(s->tree.count + 1, sizeof(*s->here));
	for (i = 0; i < s->tree.count; i++) {
		if (synctree_wanted(run->opts.patterns, run->opts.pattern_count, s->tree.folder[i].name)
		    && look_at(s, &s->tree.folder[i], e) == -1)
			return -1;
	}
	if (syncroot_each(run->root, add_known, s, e) == -1)
		return -1;
	if (s->knowns > 0)
		qsort(s->known, s->knowns, sizeof(*s->known), by_known);
	return 0;
}

static void
free_sides(struct sides *s)
{
	size_t i;

	for (i = 0; i < s->heres; i++)
		free((char *)(uintptr_t)s->here[i].origin);
	for (i = 0; i < s->knowns; i++)
		free((char *)(uintptr_t)s->known[i].name);
	free(s->here);
	free(s->known);
	synctree_free(&s->tree);
	syncpair_free(&s->pairs);
}

/* So many folders can be open at once. */
static size_t
folders_max(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return 100;
	if (l.rlim_cur < l.rlim_max && l.rlim_cur < DESCRIPTORS_MAX) {
		l.rlim_cur = l.rlim_max < DESCRIPTORS_MAX ? l.rlim_max : DESCRIPTORS_MAX;
		setrlimit(RLIMIT_NOFILE, &l);
		getrlimit(RLIMIT_NOFILE, &l);
	}
	if (l.rlim_cur > DESCRIPTORS_MAX)
		l.rlim_cur = DESCRIPTORS_MAX;
	return l.rlim_cur > 400 ? (size_t)(l.rlim_cur - 300) / DESCRIPTORS : 16;
}

/* Whether messages may have gone from one folder to another there, and here. What is new there may also be what an interrupted run
 * has stored. */
static void
judge_moves(struct sides *s, int *joint)
{
	struct sync_run *run = s->run;
	uint64_t messages = 0;
	size_t i, changed = 0, open = 0;
	int lost = 0, gained = 0;

	for (i = 0; i < s->pairs.count; i++) {
		const struct sync_pair *p = &s->pairs.pair[i];
		const struct sync_numbers *now = p->there != NULL ? &p->there->numbers : NULL;
		const struct sync_numbers *then = p->known != NULL ? &p->known->entry.there : NULL;

		if (p->job == SYNC_SAME)
			continue;
		open++;
		if (p->here != NULL)
			messages += now != NULL ? now->messages : 0;
		changed += p->here != NULL && (p->known == NULL || strcmp(p->known->entry.stamp, p->here->stamp) != 0);
		if (now == NULL || (then == NULL && p->here == NULL && s->knowns == 0))
			continue;
		gained |= then == NULL || now->next > then->next;
		lost |= then != NULL && now->messages < then->messages + (now->next - then->next);
	}
	run->far_moves = gained && (lost || changed > 0);
	*joint = (run->far_moves || changed > 1) && s->knowns > 0 && messages <= JOINT_MAX && open <= folders_max();
}

static int
is_removal(const struct sync_pair *p)
{
	return p->job == SYNC_REMOVE_HERE || p->job == SYNC_REMOVE_THERE || p->job == SYNC_FORGET;
}

static int
open_folder(struct syncwindow *w, const struct sync_pair *p, struct err *e)
{
	struct sync_run *run = w->run;
	struct sync_numbers told = { .validity = 0 };
	struct syncfolder *f;
	struct buf path = { 0 };
	struct err why = { 0 };
	int r;

	if (p->there != NULL && !p->there->counted)
		err_set(&why, ERR_UNAVAILABLE, "the server does not tell the numbers of %s: it is left alone", p->name);
	else if ((r = syncmake(run, p, &told, e)) != 1)
		return r;
	if (why.class != ERR_NONE || synctree_path(&run->tree, p->name, &path, &why) == -1) {
		syncreport_trouble(run, &why);
		return 0;
	}
	f = syncfolder_new(run, p->name, buf_str(&path), &told);
	f->warn_lost = p->lost;
	f->lost = p->lost || p->verify;
	f->verify = p->verify && !p->lost;
	buf_free(&path);
	return syncwindow_add(w, f, e);
}

/* Everything but removals, which come last, and may turn out to be none. */
static int
work(struct sides *s, int *folders, struct err *e)
{
	struct sync_run *run = s->run;
	struct syncwindow w;
	int joint, r = 0, kept;
	size_t i;

	judge_moves(s, &joint);
	syncwindow_open(&w, run, joint);
	for (i = 0; i < s->pairs.count && r == 0; i++) {
		const struct sync_pair *p = &s->pairs.pair[i];

		*folders += !is_removal(p);
		if (p->job != SYNC_SAME && !is_removal(p))
			r = open_folder(&w, p, e);
	}
	r = syncwindow_close(&w, r, e);
	syncwindow_open(&w, run, 0);
	for (i = 0; i < s->pairs.count && r == 0; i++) {
		struct sync_pair p = s->pairs.pair[i];

		if (!is_removal(&p) || (kept = syncmake_remove(run, &p, e)) == 0)
			continue;
		p.job = p.job == SYNC_REMOVE_HERE ? SYNC_CREATE_THERE : SYNC_CREATE_HERE;
		p.verify = 1;
		r = kept == -1 ? -1 : open_folder(&w, &p, e);
	}
	return syncwindow_close(&w, r, e);
}

/* Names that are none are told, and left alone. */
static void
warn_odd(const struct synclist *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		if (l->folder[i].odd)
			log_warn("the server has a mailbox \"%s\", which is no name that can be used: it is left alone", l->folder[i].wire);
	}
}

/* The key `trash` names a mailbox or a role. */
static int
find_trash(struct sync_run *run, struct err *e)
{
	struct sync_opts *o = &run->opts;
	const char *name = NULL;
	struct err unused;
	size_t i;
	char *found = NULL;
	int r;

	if (o->trash == NULL)
		return 0;
	for (i = 0; i < run->list.count && name == NULL; i++) {
		const struct synclist_folder *f = &run->list.folder[i];

		if (strcmp(f->name, o->trash) == 0 || (f->role != NULL && strcmp(f->role, o->trash) == 0))
			name = f->name;
	}
	if (name == NULL && role_wire(o->trash, &unused) != NULL) {
		if ((r = role_find(run->im, o->trash, &found, e)) == -1)
			return -1;
		if (r == 0)
			return err_set(e, ERR_CONFIG, "trash: no mailbox of the server has the role %s", o->trash);
	}
	if (name == NULL && found == NULL)
		return 0;
	free(o->trash);
	o->trash = found != NULL ? found : xstrdup(name);
	return 0;
}

int
syncrun(struct sync_run *run, int *folders, struct err *e)
{
	struct sides s = { .run = run };
	struct sync_sides sides;
	int r = walk(&s, e);

	if (r == 0)
		r = imap_enable(run->im, CAP_QRESYNC, e) == -1 ? -1 : 0;
	if (r == 0)
		r = synclist_get(run->im, &run->list, run->opts.patterns, run->opts.pattern_count, e);
	if (r == 0)
		r = find_trash(run, e);
	if (r == 0) {
		warn_odd(&run->list);
		sides = (struct sync_sides){ .here = s.here, .there = run->list.folder, .known = s.known, .heres = s.heres,
		    .theres = run->list.count, .knowns = s.knowns, .remove_there = run->opts.remove, .plusplus = run->opts.plusplus };
		syncpair_make(&s.pairs, &sides);
		syncwire_open(&run->wire, run->im);
		r = work(&s, folders, e);
	}
	free_sides(&s);
	return r;
}
