/* SPDX-License-Identifier: ISC */
/* evaluate.c - the algebra: a query's tree is walked, with `within` as what is still of interest; NULL is the whole mailbox. */
#include "evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "query.h"
#include "seek.h"
#include "textsearch.h"
#include "thread.h"
#include "uidset.h"
#include "xalloc.h"

#define SETS_MAX 4000		/* octets of UIDs in a query, or before it, that may be sent */

struct evaluate {
	struct imap *im;
	int sets_here;		/* UID keys are not sent */
	int all_known;
	struct uidset all;	/* the whole mailbox */
};

static int walk(struct evaluate *, const struct query *, const struct uidset *within, struct uidset *out, struct err *e);

static size_t
set_octets(const struct query *q)
{
	struct buf text = { 0 };
	size_t pos = 0, sum = 0;

	for (; q != NULL; q = q->next) {
		if (q->kind == QUERY_UID && uidset_piece(&q->set, &pos, SIZE_MAX, &text))
			sum += text.len;
		sum += set_octets(q->child);
		pos = 0;
		buf_cut(&text, 0);
	}
	buf_free(&text);
	return sum;
}

/* One that has to be looked at here, or holds such a one. */
static int
is_here(const struct evaluate *ev, const struct query *q)
{
	const struct query *child;

	if (q->kind == QUERY_THREAD || (q->kind == QUERY_UID && ev->sets_here))
		return 1;
	for (child = q->child; child != NULL; child = child->next) {
		if (is_here(ev, child))
			return 1;
	}
	return q->child == NULL && q->text != NULL && !seek_can(ev->im, q);
}

int
evaluate_needed(const struct imap *im, const struct query *q)
{
	struct evaluate ev = { .im = (struct imap *)(size_t)im, .sets_here = set_octets(q) > SETS_MAX };

	return is_here(&ev, q);
}

static void
add_common(struct uidset *out, const struct uidset *a, const struct uidset *b)
{
	size_t i, k = 0;
	uint32_t lo, hi;

	for (i = 0; i < a->count; i++) {
		while (k < b->count && b->range[k].hi < a->range[i].lo)
			k++;
		for (; k < b->count && b->range[k].lo <= a->range[i].hi; k++) {
			lo = a->range[i].lo > b->range[k].lo ? a->range[i].lo : b->range[k].lo;
			hi = a->range[i].hi < b->range[k].hi ? a->range[i].hi : b->range[k].hi;
			uidset_add(out, lo, hi);
			if (b->range[k].hi > a->range[i].hi)
				break;
		}
	}
}

struct asked {
	struct imap *im;
	const struct query *query;
	struct uidset *found;
	unsigned int tag;
	int refused;		/* because of its charset */
};

static int
on_found(void *ctx, const struct response *r, struct err *e)
{
	struct asked *a = ctx;

	return seek_data(a->im, r, a->found, NULL, e);
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct asked *a = ctx;

	(void)e;
	if (tag == a->tag)
		a->refused = r->status != STATUS_OK && seek_refused(a->im, a->query);
	return a->refused;
}

/* What the server finds among `within`; a long set is not sent, and what is found beside it left out. When it turns out not to know
 * the charset, it is tried another way. */
static int
on_server(struct evaluate *ev, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	struct imap_handler before = ev->im->handler;
	struct uidset found = { NULL, 0, 0 };
	struct asked asked = { ev->im, q, &found, ev->im->last_tag + 1, 0 };
	struct seek_opts opts = { .within = NULL };
	struct buf set = { 0 };
	size_t pos = 0;
	int r;

	if (within != NULL && within->count == 0)
		return 0;
	if (within != NULL && uidset_piece(within, &pos, SETS_MAX, &set) && pos == within->count)
		opts.within = buf_str(&set);
	ev->im->handler = (struct imap_handler){ .data = on_found, .answer = on_answer, .ctx = &asked };
	r = seek_send(ev->im, q, &opts, e);
	if (r == 0)
		r = imap_finish(ev->im, e);
	ev->im->handler = before;
	if (r == 0 && !asked.refused)
		add_common(out, &found, within != NULL ? within : &found);
	else if (r == 0)
		r = walk(ev, q, within, out, e);
	uidset_free(&found);
	buf_free(&set);
	return r;
}

static const struct uidset *
everything(struct evaluate *ev, struct err *e)
{
	static const struct query all = { .kind = QUERY_FLAG, .word = "all", .key = "ALL" };

	if (!ev->all_known && on_server(ev, &all, NULL, &ev->all, e) == -1)
		return NULL;
	ev->all_known = 1;
	return &ev->all;
}

/* Of several terms first those for the server, as one; then the others, each among what is left. */
static int
walk_and(struct evaluate *ev, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	struct query sent = { .kind = QUERY_AND }, **tail = &sent.child, *copy;
	struct uidset left = { NULL, 0, 0 }, next = { NULL, 0, 0 };
	const struct query *child;
	int r = 0, some = 0;

	for (child = q->child; child != NULL; child = child->next) {
		if (is_here(ev, child))
			continue;
		*tail = copy = xcalloc(1, sizeof(*copy));
		*copy = *child;		/* borrows all that hangs on it */
		copy->next = NULL;
		tail = &copy->next;
	}
	if (sent.child != NULL) {
		r = on_server(ev, &sent, within, &left, e);
		some = 1;
	}
	for (child = q->child; child != NULL && r == 0; child = child->next) {
		if (!is_here(ev, child))
			continue;
		r = walk(ev, child, some ? &left : within, &next, e);
		uidset_free(&left);
		left = next;
		next = (struct uidset){ NULL, 0, 0 };
		some = 1;
	}
	if (r == 0)
		add_common(out, &left, &left);
	uidset_free(&left);
	while ((copy = sent.child) != NULL) {
		sent.child = copy->next;
		free(copy);
	}
	return r;
}

static int
walk_not(struct evaluate *ev, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	const struct uidset *among = within != NULL ? within : everything(ev, e);
	struct uidset match = { NULL, 0, 0 }, left = { NULL, 0, 0 };
	size_t i;
	int r = among == NULL ? -1 : walk(ev, q->child, among, &match, e);

	if (r == 0) {
		add_common(&left, among, among);
		for (i = 0; i < match.count; i++)
			uidset_remove(&left, match.range[i].lo, match.range[i].hi);
		add_common(out, &left, &left);
	}
	uidset_free(&match);
	uidset_free(&left);
	return r;
}

static int
walk_thread(struct evaluate *ev, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	struct uidset match = { NULL, 0, 0 }, threads = { NULL, 0, 0 };
	int r = walk(ev, q->child, NULL, &match, e);

	if (r == 0)
		r = thread_expand(ev->im, &match, &threads, e);
	if (r == 0)
		add_common(out, &threads, within != NULL ? within : &threads);
	uidset_free(&match);
	uidset_free(&threads);
	return r;
}

/* "*" is the last message there is. */
static int
walk_uid(struct evaluate *ev, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	const struct uidset *all = everything(ev, e);
	struct uidset here = { NULL, 0, 0 };
	uint32_t last;

	if (all == NULL)
		return -1;
	add_common(&here, &q->set, all);
	if (all->count > 0 && q->set.count > 0 && q->set.range[q->set.count - 1].hi == UID_STAR) {
		last = all->range[all->count - 1].hi;
		uidset_add(&here, last, last);
	}
	add_common(out, &here, within != NULL ? within : &here);
	uidset_free(&here);
	return 0;
}

/* As deep as the query nests (query.h). */
static int
walk(struct evaluate *ev, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	const struct query *child;

	if (!is_here(ev, q))
		return on_server(ev, q, within, out, e);
	switch (q->kind) {
	case QUERY_AND:
		return walk_and(ev, q, within, out, e);
	case QUERY_OR:
		for (child = q->child; child != NULL; child = child->next) {
			if (walk(ev, child, within, out, e) == -1)
				return -1;
		}
		return 0;
	case QUERY_NOT:
		return walk_not(ev, q, within, out, e);
	case QUERY_THREAD:
		return walk_thread(ev, q, within, out, e);
	case QUERY_UID:
		return walk_uid(ev, q, within, out, e);
	default:
		if (within == NULL && (within = everything(ev, e)) == NULL)
			return -1;
		return textsearch(ev->im, q, within, out, e);
	}
}

int
evaluate_query(struct imap *im, const struct query *q, struct uidset *found, struct err *e)
{
	struct evaluate ev = { .im = im, .sets_here = set_octets(q) > SETS_MAX };
	int r = walk(&ev, q, NULL, found, e);

	uidset_free(&ev.all);
	return r;
}
