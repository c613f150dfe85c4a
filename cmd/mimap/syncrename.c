/* SPDX-License-Identifier: ISC */
/* syncrename.c - a rename whose new name is taken by something that stays is none: both are then dealt with as folders of their
 * own. The server's name holds, unless only ours changed. */
#include "syncrename.h"

#include <string.h>

#include "mailbox.h"
#include "synclist.h"

static const char *
here_name(const struct sync_pairing *p, const struct sync_match *m)
{
	return p->s->here[m->here].name;
}

static const char *
there_name(const struct sync_pairing *p, const struct sync_match *m)
{
	return p->s->there[m->there].name;
}

/* The new name on the side that is to follow. */
static const char *
rename_to(const struct sync_pairing *p, const struct sync_match *m)
{
	return m->rename == SYNC_RENAME_HERE ? there_name(p, m) : here_name(p, m);
}

static const char *
rename_from(const struct sync_pairing *p, const struct sync_match *m)
{
	return m->rename == SYNC_RENAME_HERE ? here_name(p, m) : there_name(p, m);
}

/* The known folder that has that name on the side now; SYNC_NONE: the name is free, or what has it is not known and stays (*taken). */
static size_t
holder(const struct sync_pairing *p, enum sync_job side, const char *name, int *taken)
{
	size_t at = side == SYNC_RENAME_HERE ? syncpair_here(p->s, name) : syncpair_there(p->s, name);

	*taken = at != SYNC_NONE;
	if (at == SYNC_NONE)
		return SYNC_NONE;
	return side == SYNC_RENAME_HERE ? p->here_of[at] : p->there_of[at];
}

static void
find_renames(struct sync_pairing *p)
{
	struct sync_match *m;
	size_t i;

	for (i = 0; i < p->s->knowns; i++) {
		m = &p->match[i];
		if (m->here == SYNC_NONE || m->there == SYNC_NONE || mailbox_same(here_name(p, m), there_name(p, m)))
			continue;
		m->rename = mailbox_same(there_name(p, m), p->s->known[i].name) ? SYNC_RENAME_THERE : SYNC_RENAME_HERE;
	}
}

/* Both sides go their own ways. */
static void
part(struct sync_pairing *p, size_t known)
{
	struct sync_match *m = &p->match[known];

	p->there_of[m->there] = SYNC_NONE;
	m->there = SYNC_NONE;
	m->rename = m->verify = 0;
}

/* Until nothing changes: a rename onto something that stays is none. */
static void
drop_blocked(struct sync_pairing *p)
{
	size_t i, other;
	int taken, again;

	do {
		again = 0;
		for (i = 0; i < p->s->knowns; i++) {
			if (p->match[i].rename == 0)
				continue;
			other = holder(p, (enum sync_job)p->match[i].rename, rename_to(p, &p->match[i]), &taken);
			if (!taken || (other != SYNC_NONE && p->match[other].rename == p->match[i].rename))
				continue;
			part(p, i);
			again = 1;
		}
	} while (again);
}

/* What lies below: "A/x" of "A"; its tail from the "/" on, or NULL. */
static const char *
below(const char *name, const char *above)
{
	size_t n = strlen(above);

	return strncmp(name, above, n) == 0 && name[n] == '/' ? name + n : NULL;
}

/* Every folder in it that is still there goes the same way. */
static int
is_whole(const struct sync_pairing *p, const struct sync_match *m)
{
	const struct sync_match *inner;
	const char *tail;
	size_t i;

	if (p->s->plusplus)
		return 1;
	for (i = 0; i < p->s->heres; i++) {
		if ((tail = below(p->s->here[i].name, here_name(p, m))) == NULL)
			continue;
		inner = p->here_of[i] != SYNC_NONE ? &p->match[p->here_of[i]] : NULL;
		if (inner == NULL || inner->rename != SYNC_RENAME_HERE)
			return 0;
		if (!inner->done && (below(there_name(p, inner), there_name(p, m)) == NULL
		    || strcmp(below(there_name(p, inner), there_name(p, m)), tail) != 0))
			return 0;
	}
	return 1;
}

/* A rename above that was emitted brings this one along. */
static int
is_implied(const struct sync_pairing *p, const struct sync_match *m)
{
	const struct sync_pair *o;
	const char *from, *to;
	size_t i;

	for (i = 0; i < p->out->count; i++) {
		o = &p->out->pair[i];
		if (o->job != (enum sync_job)m->rename || o->implied || (m->rename == SYNC_RENAME_HERE && (p->s->plusplus || !o->whole)))
			continue;
		from = below(rename_from(p, m), o->from);
		to = below(rename_to(p, m), o->name);
		if (from != NULL && to != NULL && strcmp(from, to) == 0)
			return 1;
	}
	return 0;
}

static void
emit_rename(struct sync_pairing *p, size_t known)
{
	struct sync_match *m = &p->match[known];
	struct sync_pair *o;
	int implied = is_implied(p, m), whole = m->rename == SYNC_RENAME_HERE && is_whole(p, m);

	m->done = 1;
	o = syncpair_emit(p, (enum sync_job)m->rename, rename_to(p, m));
	o->from = rename_from(p, m);
	o->here = &p->s->here[m->here];
	o->there = &p->s->there[m->there];
	o->known = &p->s->known[known];
	o->implied = implied;
	o->whole = whole;
	o->verify = m->verify;
}

static size_t
depth(const char *name)
{
	size_t n = 0;

	for (; *name != '\0'; name++)
		n += *name == '/';
	return n;
}

/* Another folder has to leave the name first. */
static int
must_wait(const struct sync_pairing *p, const struct sync_match *m)
{
	int taken;
	size_t other = holder(p, (enum sync_job)m->rename, rename_to(p, m), &taken);

	return other != SYNC_NONE && !p->match[other].done;
}

/* It goes along with one that is still to come. */
static int
is_carried(const struct sync_pairing *p, const struct sync_match *m)
{
	const struct sync_match *outer;
	const char *from, *to;
	size_t i;

	for (i = 0; i < p->s->knowns; i++) {
		outer = &p->match[i];
		if (outer->rename != m->rename || outer->done || outer == m)
			continue;
		from = below(rename_from(p, m), rename_from(p, outer));
		to = below(rename_to(p, m), rename_to(p, outer));
		if (from != NULL && to != NULL && strcmp(from, to) == 0)
			return 1;
	}
	return 0;
}

/* The next to be done: what leaves a folder goes before that folder does; of equals, the outer new name is made first. */
static size_t
next_rename(const struct sync_pairing *p)
{
	const struct sync_match *m;
	size_t i, best = SYNC_NONE, deep = 0;

	for (i = 0; i < p->s->knowns; i++) {
		m = &p->match[i];
		if (m->rename == 0 || m->done || must_wait(p, m) || is_carried(p, m))
			continue;
		if (best == SYNC_NONE || depth(rename_from(p, m)) > deep
		    || (depth(rename_from(p, m)) == deep && strcmp(rename_to(p, m), rename_to(p, &p->match[best])) < 0)) {
			best = i;
			deep = depth(rename_from(p, m));
		}
	}
	return best;
}

void
syncrename_emit(struct sync_pairing *p)
{
	size_t i;

	find_renames(p);
	drop_blocked(p);
	while ((i = next_rename(p)) != SYNC_NONE)
		emit_rename(p, i);
	for (i = 0; i < p->s->knowns; i++) {	/* in a circle */
		if (p->match[i].rename != 0 && !p->match[i].done)
			part(p, i);
	}
}
