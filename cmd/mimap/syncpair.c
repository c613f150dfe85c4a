/* SPDX-License-Identifier: ISC */
/* syncpair.c - first each known folder is looked for on both sides by what it is, then what is left by its name.
 * Names that differ are syncrename.c's. */
#include "syncpair.h"

#include <stdlib.h>
#include <string.h>

#include "mailbox.h"
#include "synclist.h"
#include "syncrename.h"
#include "synctree.h"
#include "xalloc.h"

size_t
syncpair_here(const struct sync_sides *s, const char *name)
{
	size_t lo = 0, hi = s->heres, mid;
	int order;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		order = synctree_order(s->here[mid].name, name);
		if (order == 0)
			return mid;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return SYNC_NONE;
}

size_t
syncpair_there(const struct sync_sides *s, const char *name)
{
	const struct synclist list = { .folder = (struct synclist_folder *)(uintptr_t)s->there, .count = s->theres };
	const struct synclist_folder *f = synclist_find(&list, name);

	return f == NULL || !f->selectable ? SYNC_NONE : (size_t)(f - s->there);
}

/* What is not counted was not looked at: it is believed to be what its name says. */
static int
same_mailbox(const struct sync_known *k, const struct synclist_folder *t)
{
	const struct sync_numbers *a = &k->entry.there, *b = &t->numbers;

	if (!t->counted || a->validity == 0)
		return mailbox_same(k->name, t->name);
	return a->validity == b->validity;
}

/* A folder is what its name says, unless the state in it is another one's. */
static int
is_here(const struct sync_known *k, const struct sync_here *h)
{
	return h->origin == NULL ? mailbox_same(k->name, h->name) : mailbox_same(k->name, h->origin);
}

/* A directory that holds its state, wherever it is now. */
static size_t
carried_here(const struct sync_pairing *p, const struct sync_known *k)
{
	size_t i;

	for (i = 0; i < p->s->heres; i++) {
		if (p->s->here[i].origin != NULL && p->here_of[i] == SYNC_NONE && is_here(k, &p->s->here[i])
		    && p->s->here[i].origin_validity == k->entry.there.validity)
			return i;
	}
	return SYNC_NONE;
}

/* A changed directory without a state is taken for it only where no other one holds it. */
static void
look_here(struct sync_pairing *p, size_t known)
{
	const struct sync_known *k = &p->s->known[known];
	size_t at = syncpair_here(p->s, k->name), other;
	int named = at != SYNC_NONE && is_here(k, &p->s->here[at]);

	if (!named || (p->s->here[at].origin == NULL && strcmp(p->s->here[at].stamp, k->entry.stamp) != 0)) {
		other = carried_here(p, k);
		if (other != SYNC_NONE || !named)
			at = other;
	}
	if (at == SYNC_NONE)
		return;
	p->match[known].here = at;
	p->here_of[at] = known;
}

static int
numbers_equal(const struct sync_numbers *a, const struct sync_numbers *b)
{
	return a->validity == b->validity && a->next == b->next && a->messages == b->messages && a->modseq == b->modseq;
}

/* The mailbox under another name: not one that is known by its own. */
static size_t
moved_there(const struct sync_pairing *p, const struct sync_known *k)
{
	const struct sync_numbers *a = &k->entry.there, *b;
	size_t i, found = SYNC_NONE;

	for (i = 0; i < p->s->theres; i++) {
		b = &p->s->there[i].numbers;
		if (!p->s->there[i].selectable || !p->s->there[i].counted || p->there_of[i] != SYNC_NONE || a->validity == 0
		    || !same_mailbox(k, &p->s->there[i]) || b->next < a->next)
			continue;
		if (found == SYNC_NONE || numbers_equal(a, b))
			found = i;
	}
	return found;
}

static void
look_there(struct sync_pairing *p)
{
	const struct sync_known *k;
	size_t i, at;

	for (i = 0; i < p->s->knowns; i++) {
		at = syncpair_there(p->s, p->s->known[i].name);
		if (at != SYNC_NONE && same_mailbox(&p->s->known[i], &p->s->there[at])) {
			p->match[i].there = at;
			p->there_of[at] = i;
		}
	}
	for (i = 0; i < p->s->knowns; i++) {
		k = &p->s->known[i];
		if (p->match[i].there != SYNC_NONE)
			continue;
		if ((at = moved_there(p, k)) != SYNC_NONE)
			p->match[i].verify = 1;
		else if ((at = syncpair_there(p->s, k->name)) != SYNC_NONE && p->there_of[at] != SYNC_NONE)
			at = SYNC_NONE;
		if (at == SYNC_NONE)
			continue;
		p->match[i].there = at;
		p->there_of[at] = i;
	}
}

struct sync_pair *
syncpair_emit(struct sync_pairing *p, enum sync_job job, const char *name)
{
	struct sync_pairs *o = p->out;

	o->pair = xreallocarray(o->pair, o->count + 1, sizeof(*o->pair));
	o->pair[o->count] = (struct sync_pair){ .job = job, .name = name };
	return &o->pair[o->count++];
}

/* Free to be taken: nobody's, or of a known folder that has nothing else. */
static int
is_alone(const struct sync_pairing *p, size_t owner)
{
	const struct sync_match *m = owner != SYNC_NONE ? &p->match[owner] : NULL;

	return m == NULL || (!m->done && (m->here == SYNC_NONE || m->there == SYNC_NONE));
}

/* What was found on one side alone is taken together with what has its name on the other, if that is alone too. */
static void
reunite(struct sync_pairing *p)
{
	struct sync_match *m;
	size_t i, at;

	for (i = 0; i < p->s->knowns; i++) {
		m = &p->match[i];
		if (m->done || m->here == SYNC_NONE || m->there != SYNC_NONE)
			continue;
		at = syncpair_there(p->s, p->s->here[m->here].name);
		if (at == SYNC_NONE || !is_alone(p, p->there_of[at]))
			continue;
		if (p->there_of[at] != SYNC_NONE)
			p->match[p->there_of[at]].there = SYNC_NONE;
		m->there = at;
		m->verify = 1;
		p->there_of[at] = i;
	}
	for (i = 0; i < p->s->knowns; i++) {
		m = &p->match[i];
		if (m->done || m->there == SYNC_NONE || m->here != SYNC_NONE)
			continue;
		at = syncpair_here(p->s, p->s->there[m->there].name);
		if (at == SYNC_NONE || p->here_of[at] != SYNC_NONE)
			continue;
		m->here = at;
		m->verify = 1;
		p->here_of[at] = i;
	}
}

static int
unchanged(const struct sync_known *k, const struct sync_here *h, const struct synclist_folder *t)
{
	return strcmp(k->name, h->name) == 0 && strcmp(h->stamp, "0") != 0 && strcmp(h->stamp, k->entry.stamp) == 0 && t->counted
	    && t->numbers.modseq > 0 && numbers_equal(&k->entry.there, &t->numbers) && same_mailbox(k, t);
}

static void
emit_known(struct sync_pairing *p, size_t known)
{
	const struct sync_match *m = &p->match[known];
	const struct sync_known *k = &p->s->known[known];
	const struct sync_here *h = m->here != SYNC_NONE ? &p->s->here[m->here] : NULL;
	const struct synclist_folder *t = m->there != SYNC_NONE ? &p->s->there[m->there] : NULL;
	struct sync_pair *o;

	if (h != NULL && t != NULL)
		o = syncpair_emit(p, unchanged(k, h, t) ? SYNC_SAME : SYNC_OPEN, h->name);
	else if (h != NULL)
		o = syncpair_emit(p, SYNC_REMOVE_HERE, h->name);
	else if (t != NULL)
		o = syncpair_emit(p, p->s->remove_there ? SYNC_REMOVE_THERE : SYNC_CREATE_HERE, t->name);
	else
		o = syncpair_emit(p, SYNC_FORGET, k->name);
	o->lost = h == NULL && o->job == SYNC_CREATE_HERE;
	o->here = h;
	o->there = t;
	o->known = k;
	o->verify = m->verify;
}

/* What no known folder is: by name. A name that a rename makes is not there yet for another. */
static void
emit_unknown(struct sync_pairing *p)
{
	struct sync_pair *o;
	size_t i, at;

	for (i = 0; i < p->s->heres; i++) {
		if (p->here_of[i] != SYNC_NONE)
			continue;
		at = syncpair_there(p->s, p->s->here[i].name);
		at = at != SYNC_NONE && p->there_of[at] == SYNC_NONE ? at : SYNC_NONE;
		o = syncpair_emit(p, at != SYNC_NONE ? SYNC_OPEN : SYNC_CREATE_THERE, p->s->here[i].name);
		o->here = &p->s->here[i];
		o->there = at != SYNC_NONE ? &p->s->there[at] : NULL;
		if (at != SYNC_NONE)
			p->there_of[at] = 0;
	}
	for (i = 0; i < p->s->theres; i++) {
		if (p->there_of[i] != SYNC_NONE || !p->s->there[i].selectable)
			continue;
		o = syncpair_emit(p, SYNC_CREATE_HERE, p->s->there[i].name);
		o->there = &p->s->there[i];
	}
}

static int
is_removal(const struct sync_pair *p)
{
	return p->job == SYNC_REMOVE_HERE || p->job == SYNC_REMOVE_THERE || p->job == SYNC_FORGET;
}

static int
by_name(const void *a, const void *b)
{
	const struct sync_pair *x = a, *y = b;

	return is_removal(x) != is_removal(y) ? is_removal(x) - is_removal(y) : synctree_order(x->name, y->name);
}

static void
prepare(struct sync_pairing *p)
{
	size_t i;

	p->match = xcalloc(p->s->knowns + 1, sizeof(*p->match));
	p->here_of = xcalloc(p->s->heres + 1, sizeof(*p->here_of));
	p->there_of = xcalloc(p->s->theres + 1, sizeof(*p->there_of));
	for (i = 0; i < p->s->knowns; i++)
		p->match[i].here = p->match[i].there = SYNC_NONE;
	for (i = 0; i < p->s->heres; i++)
		p->here_of[i] = SYNC_NONE;
	for (i = 0; i < p->s->theres; i++)
		p->there_of[i] = SYNC_NONE;
}

void
syncpair_make(struct sync_pairs *out, const struct sync_sides *s)
{
	struct sync_pairing p = { .s = s, .out = out };
	size_t i, renames;

	prepare(&p);
	for (i = 0; i < s->knowns; i++)
		look_here(&p, i);
	look_there(&p);
	syncrename_emit(&p);
	reunite(&p);
	renames = out->count;
	for (i = 0; i < s->knowns; i++) {
		if (!p.match[i].done)
			emit_known(&p, i);
	}
	emit_unknown(&p);
	if (out->count > renames)
		qsort(out->pair + renames, out->count - renames, sizeof(*out->pair), by_name);
	free(p.match);
	free(p.here_of);
	free(p.there_of);
}

void
syncpair_free(struct sync_pairs *pairs)
{
	free(pairs->pair);
	memset(pairs, 0, sizeof(*pairs));
}
