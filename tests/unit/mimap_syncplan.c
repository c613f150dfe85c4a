/* SPDX-License-Identifier: ISC */
/* syncplan: the decision for one message. A table says what is promised; every combination of presence, flags, switches and
 * expunge is checked against what must hold for all; and random histories with runs that are cut off end equal, nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncflag.h"
#include "../../cmd/mimap/syncplan.h"
#include "err.h"

#define S SYNCFLAG_SEEN
#define F SYNCFLAG_FLAGGED
#define T SYNCFLAG_DELETED
#define A (UINT32_C(1) << SYNCFLAG_KEYWORD)

#define ROW 1
#define HERE 2
#define THERE 4
#define UNCERTAIN 8

static const struct syncplan_rules usual = { .switches = SYNC_ALL };

static struct syncplan
decided(const struct syncplan_rules *r, unsigned int who, uint32_t last, uint32_t here, uint32_t there)
{
	struct syncplan_message m = { .known = (who & ROW) != 0, .is_here = (who & HERE) != 0, .is_there = (who & THERE) != 0,
		.uncertain = (who & UNCERTAIN) != 0, .last = last, .here = here, .there = there };
	struct syncplan p;

	syncplan_decide(r, &m, &p);
	return p;
}

static const struct {
	const char *what;
	unsigned int who;
	uint32_t last, here, there;
	enum syncplan_act act;
	uint32_t to_here, to_there;	/* flags; of the sides that have it afterwards */
	int forget;
} table[] = {
	{ "unchanged", ROW | HERE | THERE, S, S, S, SYNCPLAN_NOTHING, S, S, 0 },
	{ "flag set here", ROW | HERE | THERE, 0, S, 0, SYNCPLAN_FLAGS, S, S, 0 },
	{ "flag set there", ROW | HERE | THERE, 0, 0, S, SYNCPLAN_FLAGS, S, S, 0 },
	{ "flag taken here", ROW | HERE | THERE, S, 0, S, SYNCPLAN_FLAGS, 0, 0, 0 },
	{ "flag taken there", ROW | HERE | THERE, S, S, 0, SYNCPLAN_FLAGS, 0, 0, 0 },
	{ "different flags on each side", ROW | HERE | THERE, S, S | F, S | A, SYNCPLAN_FLAGS, S | F | A, S | F | A, 0 },
	{ "one set here, another taken there", ROW | HERE | THERE, S, S | F, 0, SYNCPLAN_FLAGS, F, F, 0 },
	{ "the same on both sides", ROW | HERE | THERE, 0, S, S, SYNCPLAN_FLAGS, S, S, 0 },
	{ "gone here", ROW | THERE, S, 0, S, SYNCPLAN_REMOVE_THERE, 0, S, 1 },
	{ "gone here, changed there", ROW | THERE, S, 0, S | F, SYNCPLAN_FETCH, S | F, S | F, 0 },
	{ "gone here, flag taken there", ROW | THERE, S, 0, 0, SYNCPLAN_FETCH, 0, 0, 0 },
	{ "gone here, marked deleted there", ROW | THERE, S, 0, S | T, SYNCPLAN_REMOVE_THERE, 0, S | T, 1 },
	{ "gone here, no longer deleted there", ROW | THERE, S | T, 0, S, SYNCPLAN_FETCH, S, S, 0 },
	{ "gone here by a scan that was not stable", ROW | THERE | UNCERTAIN, S, 0, S, SYNCPLAN_NOTHING, 0, S, 0 },
	{ "gone there", ROW | HERE, S, S, 0, SYNCPLAN_REMOVE_HERE, S, 0, 1 },
	{ "gone there, changed here", ROW | HERE, S, S | F, 0, SYNCPLAN_PUT, S | F, S | F, 0 },
	{ "gone there, marked deleted here", ROW | HERE, S, S | T, 0, SYNCPLAN_REMOVE_HERE, S | T, 0, 1 },
	{ "gone there, marked deleted and changed here", ROW | HERE, S, S | F | T, 0, SYNCPLAN_REMOVE_HERE, S | F | T, 0, 1 },
	{ "gone on both sides", ROW, S, 0, 0, SYNCPLAN_FORGET, 0, 0, 1 },
	{ "gone there, and here by a scan that was not stable", ROW | UNCERTAIN, S, 0, 0, SYNCPLAN_NOTHING, 0, 0, 0 },
	{ "new there", THERE, 0, 0, F, SYNCPLAN_FETCH, F, F, 0 },
	{ "new here", HERE, 0, S | A, 0, SYNCPLAN_PUT, S | A, S | A, 0 },
	{ "new there, deleted already", THERE, 0, 0, T, SYNCPLAN_REMOVE_THERE, 0, T, 1 },
	{ "new here, deleted already", HERE, 0, T, 0, SYNCPLAN_REMOVE_HERE, T, 0, 1 },
	{ "found to be one, with different flags", HERE | THERE, 0, S, F, SYNCPLAN_FLAGS, S | F, S | F, 0 },
	{ "found to be one, with no flags", HERE | THERE, 0, 0, 0, SYNCPLAN_FLAGS, 0, 0, 0 },
	{ "found to be one, deleted on one side", HERE | THERE, 0, S | T, S, SYNCPLAN_FLAGS, S, S, 0 },
	{ "found to be one, deleted on both", HERE | THERE, 0, T, T, SYNCPLAN_REMOVE_BOTH, T, T, 1 },
	{ "marked deleted here", ROW | HERE | THERE, S, S | T, S, SYNCPLAN_REMOVE_BOTH, S | T, S | T, 1 },
	{ "marked deleted there", ROW | HERE | THERE, S, S, S | T, SYNCPLAN_REMOVE_BOTH, S | T, S | T, 1 },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct syncplan p = decided(&usual, table[i].who, table[i].last, table[i].here, table[i].there);

		if (p.act != table[i].act || p.forget != table[i].forget || p.here != table[i].to_here || p.there != table[i].to_there)
			fail_msg("%s: %s, here %x, there %x, forget %d", table[i].what, syncplan_word(p.act), p.here, p.there, p.forget);
		if (p.act == SYNCPLAN_FLAGS || p.act == SYNCPLAN_FETCH || p.act == SYNCPLAN_PUT)
			assert_int_equal(p.last, p.here);
		if (p.act == SYNCPLAN_FLAGS) {
			assert_int_equal(p.set_here, p.here != table[i].here);
			assert_int_equal((table[i].there | p.store_add) & ~p.store_del, p.there);
			assert_int_equal(p.store_add & p.store_del, 0);
		}
	}
}

/* A message on its two sides, and the record of it. */
struct world {
	int known, is_here, is_there;
	uint32_t last, here, there;
};

static struct syncplan
plan_of(const struct syncplan_rules *r, const struct world *w)
{
	struct syncplan_message m = { w->known, w->is_here, w->is_there, 0, w->last, w->is_here ? w->here : 0, w->is_there ? w->there : 0 };
	struct syncplan p;

	syncplan_decide(r, &m, &p);
	return p;
}

/* Carries a plan out, as far as `steps` go: what is done to the sides comes before what is recorded. 1: all of it. */
static int
carry_out(struct world *w, const struct syncplan *p, int steps)
{
	int put = p->act == SYNCPLAN_PUT, fetch = p->act == SYNCPLAN_FETCH;
	int flags = p->act != SYNCPLAN_NOTHING && !put && !fetch;

	if (flags && p->set_here && steps-- > 0)
		w->here = p->here;
	if (flags && (p->store_add | p->store_del) != 0 && steps-- > 0)
		w->there = (w->there | p->store_add) & ~p->store_del;
	if (put && steps-- > 0)
		w->is_there = 1, w->there = p->there;
	if (fetch && steps-- > 0)
		w->is_here = 1, w->here = p->here;
	if ((p->act == SYNCPLAN_REMOVE_HERE || p->act == SYNCPLAN_REMOVE_BOTH) && steps-- > 0)
		w->is_here = 0;
	if ((p->act == SYNCPLAN_REMOVE_THERE || p->act == SYNCPLAN_REMOVE_BOTH) && steps-- > 0)
		w->is_there = 0;
	if (p->act == SYNCPLAN_NOTHING || steps-- <= 0)
		return p->act == SYNCPLAN_NOTHING;
	w->known = !p->forget;
	w->last = p->last;
	return 1;
}

/* Runs until nothing is to be done. How many runs that took. */
static int
settle(const struct syncplan_rules *r, struct world *w)
{
	struct syncplan p;
	int runs = 0;

	while ((p = plan_of(r, w)).act != SYNCPLAN_NOTHING && runs < 5) {
		carry_out(w, &p, 100);
		runs++;
	}
	return runs;
}

/* The flags beside a \Deleted that only waits do not matter. */
static int
same_flags(uint32_t a, uint32_t b)
{
	return a == b || (a & b & T) != 0;
}

static int
same(const struct world *a, const struct world *b)
{
	return a->is_here == b->is_here && a->is_there == b->is_there && (!a->is_here || same_flags(a->here, b->here))
	    && (!a->is_there || same_flags(a->there, b->there));
}

static void
show(const char *what, const struct syncplan_rules *r, const struct world *w)
{
	fail_msg("%s: switches %x exact %d expunge %d keep %x; row %d:%x here %d:%x there %d:%x", what, r->switches, (int)r->exact, (int)r->expunge,
	    r->keep, w->known, w->last, w->is_here, w->here, w->is_there, w->there);
}

/* What holds whatever the rules are. */
static void
check_one(const struct syncplan_rules *r, const struct world *w)
{
	struct world now = *w;
	struct syncplan p = plan_of(r, w);
	unsigned int s = r->switches;
	int here = p.act == SYNCPLAN_REMOVE_HERE || p.act == SYNCPLAN_REMOVE_BOTH;
	int there = p.act == SYNCPLAN_REMOVE_THERE || p.act == SYNCPLAN_REMOVE_BOTH;

	if (here && ((s & SYNC_PULL_DELETE) == 0 || !w->is_here || r->exact == SYNC_EXACT_PUSH))
		show("removes here", r, w);
	if (there && ((s & SYNC_PUSH_DELETE) == 0 || !w->is_there || r->exact == SYNC_EXACT_PULL))
		show("removes there", r, w);
	if (p.act == SYNCPLAN_FETCH && ((s & SYNC_PULL_NEW) == 0 || w->is_here || !w->is_there))
		show("fetches", r, w);
	if (p.act == SYNCPLAN_PUT && ((s & SYNC_PUSH_NEW) == 0 || w->is_there || !w->is_here))
		show("puts", r, w);
	if (((p.store_add | p.store_del) & r->keep) != 0 || (w->is_there && p.act == SYNCPLAN_FLAGS && (p.there & r->keep & ~w->there) != 0))
		show("stores what can't be kept there", r, w);
	if (((p.store_add | p.store_del) & ~((s & SYNC_PUSH_FLAGS) != 0 ? UINT32_MAX : (s & SYNC_PUSH_DELETE) != 0 ? T : 0)) != 0)
		show("stores against the switches", r, w);
	if (p.set_here && ((p.here ^ w->here) & ~((s & SYNC_PULL_FLAGS) != 0 ? UINT32_MAX : (s & SYNC_PULL_DELETE) != 0 ? T : 0)) != 0)
		show("flags against the switches", r, w);
	if (settle(r, &now) > 2)
		show("does not come to rest", r, w);
}

static void
check_full(const struct syncplan_rules *r, const struct world *w)
{
	struct world now = *w;
	int kept = w->known && w->is_here != w->is_there && (((w->is_here ? w->here : w->there) ^ w->last) & ~T & ~r->keep) != 0
	    && ((w->is_here ? w->here : w->there) & T) == 0;

	settle(r, &now);
	if (r->exact == SYNC_EXACT_NOT && kept && (!now.is_here || !now.is_there))
		show("a changed message is lost", r, w);
	if (r->expunge == SYNC_EXPUNGE_BOTH && r->keep == 0
	    && (now.is_here != now.is_there || (now.is_here && now.here != now.there) || now.known != now.is_here))
		show("the sides differ", r, w);
}

/* A run that may do less, and then one that may do all, end where the second alone does. Where both ends of a message were
 * changed in between by the first, what was kept may be there that a removal alone would have taken: never the other way. */
static void
check_later(const struct syncplan_rules *r, const struct world *w)
{
	struct syncplan_rules all = *r;
	struct world later = *w, once = *w;

	all.switches = SYNC_ALL;
	settle(r, &later);
	settle(&all, &later);
	settle(&all, &once);
	if (!same(&later, &once))
		show("a run with fewer switches before changes the end", r, w);
}

static void
each_world(const struct syncplan_rules *r, void (*check)(const struct syncplan_rules *, const struct world *))
{
	static const uint32_t sets[] = { 0, S, T, S | T, A, A | T };

	for (unsigned int who = 1; who < 8; who++) {
		for (unsigned int i = 0; i < 6 * 6 * 6; i++) {
			struct world w = { (who & ROW) != 0, (who & HERE) != 0, (who & THERE) != 0, sets[i % 6], sets[i / 6 % 6], sets[i / 36] };

			if ((!w.known && w.last != 0) || (!w.is_here && w.here != 0) || (!w.is_there && w.there != 0))
				continue;
			check(r, &w);
		}
	}
}

static void
test_all(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 64 * 3 * 4 * 2; i++) {
		struct syncplan_rules r = { i % 64, (enum syncplan_exact)(i / 64 % 3), (enum syncplan_expunge)(i / 192 % 4), i / 768 == 1 ? A : 0 };

		each_world(&r, check_one);
		if (r.switches == (SYNC_PULL | SYNC_PUSH))
			each_world(&r, check_full);
		if (r.exact == SYNC_EXACT_NOT && r.keep == 0)
			each_world(&r, check_later);
	}
}

/* Exact: whatever was here, the server's side is what is there afterwards, and is not touched; and the other way round. */
static void
check_mirror(const struct syncplan_rules *r, const struct world *w)
{
	struct world now = *w;
	int pull = r->exact == SYNC_EXACT_PULL;

	settle(r, &now);
	if (now.is_here != now.is_there || (now.is_here && now.here != now.there))
		show("no mirror", r, w);
	if (pull ? now.is_there != w->is_there || (w->is_there && now.there != w->there) : now.is_here != w->is_here || (w->is_here && now.here != w->here))
		show("the original is touched", r, w);
}

static void
test_exact(void **state)
{
	struct syncplan_rules r = { .switches = SYNC_PULL, .exact = SYNC_EXACT_PULL };

	(void)state;
	for (int expunge = 0; expunge < 4; expunge++) {
		r.expunge = (enum syncplan_expunge)expunge;
		r.switches = SYNC_PULL, r.exact = SYNC_EXACT_PULL;
		each_world(&r, check_mirror);
		r.switches = SYNC_PUSH, r.exact = SYNC_EXACT_PUSH;
		each_world(&r, check_mirror);
	}
}

/* A removal that must not be carried out is a mark on the other side; taking that mark away brings the message back. */
static void
test_no_expunge(void **state)
{
	struct syncplan_rules r = { .switches = SYNC_ALL, .expunge = SYNC_EXPUNGE_NONE };
	struct world w = { 1, 0, 1, S, 0, S };

	(void)state;
	assert_int_equal(settle(&r, &w), 1);
	assert_true(w.known && !w.is_here && w.is_there && w.there == (S | T));
	w.there = S;
	settle(&r, &w);
	assert_true(w.is_here && w.here == S && w.last == S);
	w.is_there = 0;
	settle(&r, &w);
	assert_true(w.known && w.is_here && w.here == (S | T));
	w.here = S;
	settle(&r, &w);
	assert_true(w.is_there && w.there == S);
}

/* Histories: each side does something, a run goes on for so many steps and is cut off, now and then under other switches. */
struct story {
	struct world w;
	int wanted_gone;	/* somebody removed it or marked it deleted */
};

static void
act_of_user(struct story *s, unsigned int dice)
{
	int here = dice & 1;
	int *is = here ? &s->w.is_here : &s->w.is_there;
	uint32_t *flags = here ? &s->w.here : &s->w.there;

	if (!*is)
		return;
	switch (dice >> 1 & 7) {
	case 0: case 1: *flags ^= S; break;
	case 2: *flags ^= F; break;
	case 3: *flags ^= A; break;
	case 4: *flags |= T, s->wanted_gone = 1; break;
	case 5: *flags &= ~T; break;
	case 6: *is = 0, s->wanted_gone = 1; break;
	default: break;
	}
}

static void
play(unsigned int seed)
{
	struct syncplan_rules r = usual;
	struct story s = { .w = { .is_here = 1, .here = S } };
	struct syncplan p;

	srandom(seed);
	if (seed % 2)
		s.w = (struct world){ .is_there = 1, .there = F };
	for (int i = 0; i < 60; i++) {
		unsigned int dice = (unsigned int)random();

		if (dice % 2 == 0) {
			act_of_user(&s, dice >> 1);
			continue;
		}
		r.switches = dice / 2 % 8 == 0 ? (unsigned int)random() & SYNC_ALL : SYNC_ALL;
		p = plan_of(&r, &s.w);
		if (s.w.is_here && dice / 16 % 8 == 0)	/* while the run looks, the file's flags change: it is left alone */
			s.w.here ^= S, p.act = SYNCPLAN_NOTHING;
		carry_out(&s.w, &p, (int)(dice / 128 % 6));
		if (!s.wanted_gone && !s.w.is_here && !s.w.is_there)
			fail_msg("seed %u: lost", seed);
	}
	if (settle(&usual, &s.w) > 2)
		fail_msg("seed %u: does not come to rest", seed);
	if (s.w.is_here != s.w.is_there || (s.w.is_here && s.w.here != s.w.there) || s.w.known != s.w.is_here)
		fail_msg("seed %u: the sides differ", seed);
	if (!s.wanted_gone && !s.w.is_here)
		fail_msg("seed %u: lost in the end", seed);
}

static void
test_histories(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 20000; seed++)
		play(seed);
}

static void
test_words(void **state)
{
	static const struct { const char *text; int r; unsigned int bits; } cases[] = {
		{ "all", 0, SYNC_ALL }, { "pull", 0, SYNC_PULL }, { "push", 0, SYNC_PUSH }, { "pull-new,pull-flags", 0, SYNC_PULL_NEW | SYNC_PULL_FLAGS },
		{ " Pull-New, push-delete folders,", 0, SYNC_PULL_NEW | SYNC_PUSH_DELETE | SYNC_FOLDERS }, { "", -1, 0 }, { ",", -1, 0 },
		{ "pull-ne", -1, 0 }, { "pull-news", -1, 0 }, { "none", -1, 0 },
	};
	enum syncplan_expunge expunge = SYNC_EXPUNGE_BOTH;
	unsigned int bits;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bits = 0;
		assert_int_equal(syncplan_switches(cases[i].text, &bits, &e), cases[i].r);
		if (cases[i].r == 0)
			assert_int_equal(bits, cases[i].bits);
		else
			assert_int_equal(e.class, ERR_CONFIG);
	}
	assert_int_equal(syncplan_expunge("Local", &expunge, &e), 0);
	assert_int_equal(expunge, SYNC_EXPUNGE_LOCAL);
	assert_int_equal(syncplan_expunge("all", &expunge, &e), -1);
}

static void
test_brake(void **state)
{
	(void)state;
	assert_false(syncplan_brake(20, 20, 0));	/* 20 are never too many */
	assert_true(syncplan_brake(21, 21, 0));
	assert_true(syncplan_brake(34, 100, 0));
	assert_false(syncplan_brake(33, 100, 0));
	assert_false(syncplan_brake(50, 100, 50));
	assert_true(syncplan_brake(51, 100, 50));
	assert_false(syncplan_brake(100, 100, 100));
	assert_true(syncplan_brake(SIZE_MAX / 2, SIZE_MAX, 1));
}

static void
test_limits(void **state)
{
	struct syncplan_limits none = { 0, 0, 0 }, l = { .max_size = 1000, .oldest = 5000 };

	(void)state;
	assert_int_equal(syncplan_want(&none, UINT64_MAX, 1, 0), SYNCPLAN_WHOLE);
	assert_int_equal(syncplan_want(&l, 1000, 5000, 0), SYNCPLAN_WHOLE);
	assert_int_equal(syncplan_want(&l, 1001, 5000, 0), SYNCPLAN_SKIP);
	assert_int_equal(syncplan_want(&l, 10, 4999, S), SYNCPLAN_SKIP);
	assert_int_equal(syncplan_want(&l, 10, 0, 0), SYNCPLAN_WHOLE);
	assert_int_equal(syncplan_want(&l, 1001, 4999, F), SYNCPLAN_WHOLE);
	l.placeholder = 1;
	assert_int_equal(syncplan_want(&l, 1001, 5000, 0), SYNCPLAN_PLACEHOLDER);
	assert_int_equal(syncplan_want(&l, 1001, 4999, 0), SYNCPLAN_SKIP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table), cmocka_unit_test(test_all), cmocka_unit_test(test_exact), cmocka_unit_test(test_no_expunge),
		cmocka_unit_test(test_histories), cmocka_unit_test(test_words), cmocka_unit_test(test_brake), cmocka_unit_test(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
