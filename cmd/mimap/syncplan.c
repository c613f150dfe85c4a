/* SPDX-License-Identifier: ISC */
/* syncplan.c - the decision for one message. "Travel" is what the switches let through: a change of ours goes up by push, of
 * theirs comes down by pull. What may not travel is neither carried out nor recorded, so that it is still a change next time. */
#include "syncplan.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "syncflag.h"

#define BRAKE_MIN 20

struct travel {
	uint32_t up, down;	/* flag bits that may */
	int new_up, new_down, delete_up, delete_down;
	int expunge_there, expunge_here;	/* a removal may be carried out there, here */
};

/* A mirror is all of one direction, whatever `expunge` says: both sides are to be equal. */
static struct travel
travel_of(const struct syncplan_rules *r)
{
	unsigned int s = r->switches;
	struct travel t = { .new_up = 0 };

	if (r->exact == SYNC_EXACT_PULL)
		s &= SYNC_PULL;
	else if (r->exact == SYNC_EXACT_PUSH)
		s &= SYNC_PUSH;
	t.new_up = (s & SYNC_PUSH_NEW) != 0;
	t.new_down = (s & SYNC_PULL_NEW) != 0;
	t.delete_up = (s & SYNC_PUSH_DELETE) != 0;
	t.delete_down = (s & SYNC_PULL_DELETE) != 0;
	t.up = (s & SYNC_PUSH_FLAGS) != 0 ? UINT32_MAX : t.delete_up ? SYNCFLAG_DELETED : 0;
	t.down = (s & SYNC_PULL_FLAGS) != 0 ? UINT32_MAX : t.delete_down ? SYNCFLAG_DELETED : 0;
	t.up &= ~r->keep;
	t.down &= ~r->keep;
	t.expunge_there = r->exact == SYNC_EXACT_NOT ? r->expunge <= SYNC_EXPUNGE_SERVER : r->exact == SYNC_EXACT_PUSH;
	t.expunge_here = r->exact == SYNC_EXACT_NOT ? r->expunge == SYNC_EXPUNGE_BOTH || r->expunge == SYNC_EXPUNGE_LOCAL
	    : r->exact == SYNC_EXACT_PULL;
	return t;
}

/* Where the two sides end up, and what of that both have. A bit on which they still differ stays as it was recorded. */
static void
set_flags(struct syncplan *p, const struct syncplan_message *m, uint32_t here, uint32_t there)
{
	uint32_t differ = here ^ there;

	p->here = here;
	p->there = there;
	p->set_here = here != m->here;
	p->store_add = there & ~m->there;
	p->store_del = m->there & ~there;
	p->last = (here & ~differ) | (m->last & differ);
	p->act = p->set_here || p->store_add != 0 || p->store_del != 0 || p->last != m->last ? SYNCPLAN_FLAGS : SYNCPLAN_NOTHING;
}

static void
merge_flags(const struct syncplan_rules *r, const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	uint32_t changed_here = (m->here ^ m->last) & t->up, changed_there = (m->there ^ m->last) & t->down;

	if (r->exact == SYNC_EXACT_PULL)
		changed_here = 0, changed_there = (m->here ^ m->there) & t->down;
	else if (r->exact == SYNC_EXACT_PUSH)
		changed_here = (m->here ^ m->there) & t->up, changed_there = 0;
	set_flags(p, m, (m->here & ~changed_there) | (m->there & changed_there), (m->there & ~changed_here) | (m->here & changed_here));
}

/* \Deleted that both sides have is a removal, as far as it may be carried out. */
static void
expunge(const struct syncplan_rules *r, const struct travel *t, struct syncplan *p)
{
	int here = t->expunge_here && t->delete_down, there = t->expunge_there && t->delete_up;

	if (r->exact != SYNC_EXACT_NOT || (p->here & p->there & SYNCFLAG_DELETED) == 0 || (!here && !there))
		return;
	p->act = here && there ? SYNCPLAN_REMOVE_BOTH : here ? SYNCPLAN_REMOVE_HERE : SYNCPLAN_REMOVE_THERE;
	p->forget = here && there;
	if (!p->forget)		/* what stays on one side is at rest there as it is */
		p->last = here ? p->there : p->here;
}

static void
decide_both(const struct syncplan_rules *r, const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	struct syncplan_message now = *m;

	if (!m->known)		/* paired by what they are: all that either has is a change, but a removal needs both */
		now.last = (m->here | m->there) & SYNCFLAG_DELETED;
	merge_flags(r, t, &now, p);
	if (!m->known && p->act == SYNCPLAN_NOTHING)
		p->act = SYNCPLAN_FLAGS;
	expunge(r, t, p);
}

static void
remove_one(struct syncplan *p, enum syncplan_act act)
{
	p->act = act;
	p->forget = 1;
}

/* A removal that must not be one on the other side is a flag there, and the row stays to tell. */
static void
flag_there(const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	if ((t->up & SYNCFLAG_DELETED) == 0)
		return;
	p->there = m->there | SYNCFLAG_DELETED;
	p->store_add = p->there & ~m->there;
	p->last = m->last | SYNCFLAG_DELETED;
	p->act = p->store_add != 0 || p->last != m->last ? SYNCPLAN_FLAGS : SYNCPLAN_NOTHING;
}

static void
flag_here(const struct syncplan_message *m, struct syncplan *p)
{
	p->here = m->here | SYNCFLAG_DELETED;
	p->set_here = p->here != m->here;
	p->last = m->last | SYNCFLAG_DELETED;
	p->act = p->set_here || p->last != m->last ? SYNCPLAN_FLAGS : SYNCPLAN_NOTHING;
}

static void
fetch(const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	if (!t->new_down)
		return;
	p->act = SYNCPLAN_FETCH;
	p->here = p->there = p->last = m->there;
}

static void
put(const struct syncplan_rules *r, const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	if (!t->new_up)
		return;
	p->act = SYNCPLAN_PUT;
	p->here = m->here;
	p->there = p->last = m->here & ~r->keep;
}

/* A change is what keeps a message that the other side removed; but not one that is marked \Deleted, which is a removal as well. */
static int
kept(uint32_t now, uint32_t last, uint32_t ignored)
{
	return (now & SYNCFLAG_DELETED) == 0 && ((now ^ last) & ~ignored) != 0;
}

static void
decide_gone_here(const struct syncplan_rules *r, const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	if (m->uncertain)
		return;
	if (r->exact == SYNC_EXACT_PULL || (r->exact == SYNC_EXACT_NOT && kept(m->there, m->last, r->keep)))
		fetch(t, m, p);
	else if (!t->delete_up)
		return;
	else if (t->expunge_there)
		remove_one(p, SYNCPLAN_REMOVE_THERE);
	else
		flag_there(t, m, p);
}

static void
decide_gone_there(const struct syncplan_rules *r, const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	if (r->exact == SYNC_EXACT_PUSH || (r->exact == SYNC_EXACT_NOT && kept(m->here, m->last, r->keep)))
		put(r, t, m, p);
	else if (!t->delete_down)
		return;
	else if (t->expunge_here)
		remove_one(p, SYNCPLAN_REMOVE_HERE);
	else
		flag_here(m, p);
}

/* One that is marked \Deleted already is not carried over only to be removed. */
static void
decide_new(const struct syncplan_rules *r, const struct travel *t, const struct syncplan_message *m, struct syncplan *p)
{
	int doomed = r->exact == SYNC_EXACT_NOT && r->expunge != SYNC_EXPUNGE_NONE;

	if (m->is_there && doomed && (m->there & SYNCFLAG_DELETED) != 0) {
		if (t->expunge_there && t->delete_up)
			remove_one(p, SYNCPLAN_REMOVE_THERE);
	} else if (m->is_there && r->exact == SYNC_EXACT_PUSH) {
		if (t->delete_up && !m->uncertain)
			remove_one(p, SYNCPLAN_REMOVE_THERE);
	} else if (m->is_there) {
		fetch(t, m, p);
	} else if (doomed && (m->here & SYNCFLAG_DELETED) != 0) {
		if (t->expunge_here && t->delete_down)
			remove_one(p, SYNCPLAN_REMOVE_HERE);
	} else if (r->exact == SYNC_EXACT_PULL) {
		if (t->delete_down)
			remove_one(p, SYNCPLAN_REMOVE_HERE);
	} else {
		put(r, t, m, p);
	}
}

void
syncplan_decide(const struct syncplan_rules *r, const struct syncplan_message *m, struct syncplan *p)
{
	struct travel t = travel_of(r);

	*p = (struct syncplan){ .act = SYNCPLAN_NOTHING, .here = m->here, .there = m->there, .last = m->last };
	if (m->is_here && m->is_there)
		decide_both(r, &t, m, p);
	else if (!m->known && (m->is_here || m->is_there))
		decide_new(r, &t, m, p);
	else if (m->is_there)
		decide_gone_here(r, &t, m, p);
	else if (m->is_here)
		decide_gone_there(r, &t, m, p);
	else if (m->known && !m->uncertain)
		remove_one(p, SYNCPLAN_FORGET);
}

const char *
syncplan_word(enum syncplan_act act)
{
	static const char *const words[] = { "nothing", "flag", "fetch", "put", "remove here", "remove there", "remove", "forget" };

	return words[act];
}

int
syncplan_switches(const char *text, unsigned int *out, struct err *e)
{
	static const struct { const char *name; unsigned int bits; } words[] = {
		{ "pull-new", SYNC_PULL_NEW }, { "pull-flags", SYNC_PULL_FLAGS }, { "pull-delete", SYNC_PULL_DELETE },
		{ "push-new", SYNC_PUSH_NEW }, { "push-flags", SYNC_PUSH_FLAGS }, { "push-delete", SYNC_PUSH_DELETE },
		{ "folders", SYNC_FOLDERS }, { "pull", SYNC_PULL }, { "push", SYNC_PUSH }, { "all", SYNC_ALL }
	};
	unsigned int bits = 0;
	size_t n, i;

	for (text += strspn(text, ", \t"); *text != '\0'; text += n, text += strspn(text, ", \t")) {
		n = strcspn(text, ", \t");
		for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
			if (strlen(words[i].name) == n && strncasecmp(words[i].name, text, n) == 0)
				break;
		}
		if (i == sizeof(words) / sizeof(*words))
			return err_set(e, ERR_CONFIG, "sync: \"%.*s\" is none of pull-new, pull-flags, pull-delete, push-new, push-flags,"
			    " push-delete, folders, pull, push, all", n > 40 ? 40 : (int)n, text);
		bits |= words[i].bits;
	}
	*out = bits;
	return bits != 0 ? 0 : err_set(e, ERR_CONFIG, "sync: nothing is to be synchronised; write all, pull, push or a list");
}

int
syncplan_expunge(const char *text, enum syncplan_expunge *out, struct err *e)
{
	static const char *const words[] = { "both", "server", "local", "none" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = (enum syncplan_expunge)i;
			return 0;
		}
	}
	return err_set(e, ERR_CONFIG, "expunge: \"%.40s\" is none of both, server, local, none", text);
}

int
syncplan_brake(size_t removals, size_t total, unsigned int percent)
{
	if (removals <= BRAKE_MIN || percent >= 100)
		return 0;
	return percent == 0 ? removals > total / 3 : (double)removals * 100 > (double)total * percent;
}

enum syncplan_want
syncplan_want(const struct syncplan_limits *l, uint64_t size, int64_t date, uint32_t flags)
{
	if ((flags & SYNCFLAG_FLAGGED) != 0)
		return SYNCPLAN_WHOLE;
	if (l->oldest != 0 && date != 0 && date < l->oldest)
		return SYNCPLAN_SKIP;
	if (l->max_size != 0 && size > l->max_size)
		return l->placeholder ? SYNCPLAN_PLACEHOLDER : SYNCPLAN_SKIP;
	return SYNCPLAN_WHOLE;
}
