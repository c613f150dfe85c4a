/* SPDX-License-Identifier: ISC */
/* pick.c - from arguments to messages. */
#include "pick.h"

#include <string.h>

#include "boxes.h"
#include "find.h"
#include "imap.h"
#include "mimap.h"
#include "query.h"
#include "summary.h"

static int
is_set(const char *arg)
{
	return *arg != '\0' && arg[strspn(arg, "0123456789:,*")] == '\0';
}

int
pick_read(struct pick *p, int argc, char *const argv[], struct err *e)
{
	int i, sets = 0;

	if (argc == 0)
		return err_set(e, ERR_USAGE,
		    "which messages? Give UIDs, - to read them from standard input, or a query (all, for every message)");
	if (argc == 1 && strcmp(argv[0], "-") == 0)
		return uids_read(&p->uids, "-", e);
	for (i = 0; i < argc; i++)
		sets += is_set(argv[i]);
	if (sets < argc)
		return query_parse(&p->query, argc, argv, e);
	for (i = 0; i < argc; i++) {
		if (uids_read(&p->uids, argv[i], e) == -1)
			return -1;
	}
	return 0;
}

/* To IMAP 9:* holds the last message in any case, even where that is 7: whoever changes messages does not mean that.
 * "*" alone does. */
static int
resolve(struct imap *im, const struct uidset *all, struct uidset *set, struct err *e)
{
	struct uidset found = { NULL, 0, 0 };
	int last = all->range[all->count - 1].lo == UID_STAR, r = find_set(im, all, 0, &found, e);
	size_t i;
	uint64_t uid;

	for (i = 0; i < found.count; i++) {
		for (uid = found.range[i].lo; uid <= found.range[i].hi; uid++) {
			if (last || uidset_has(all, (uint32_t)uid))
				uidset_add(set, (uint32_t)uid, (uint32_t)uid);
		}
	}
	uidset_free(&found);
	return r;
}

struct work {
	const struct mimap *m;
	const struct pick *pick;
	pick_fn *change;
	void *ctx;
	struct imap *im;
	struct summary summary;
	int several;
};

static int
show(struct work *w, const char *mailbox, const struct uidset *set, struct err *e)
{
	if (w->several)
		w->summary.rows.value[w->summary.rows.fixed - 1] = mailbox;
	return find_list(w->im, set, &w->summary, e);
}

/* uids is NULL: the query. Without show and "*" UIDs are taken as they are. */
static int
in_mailbox(struct work *w, const char *mailbox, const struct uidset *uids, struct err *e)
{
	struct uidset set = { NULL, 0, 0 };
	int r = imap_select(w->im, mailbox, w->pick->show, e);

	if (r == 0 && uids == NULL)
		r = find_query(w->im, w->pick->query, &set, e);
	else if (r == 0 && (w->pick->show || uids->range[uids->count - 1].hi == UID_STAR))
		r = resolve(w->im, uids, &set, e);
	else if (r == 0)
		uidset_merge(&set, uids);
	if (r == 0 && set.count > 0)
		r = w->pick->show ? show(w, mailbox, &set, e) : w->change(w->ctx, w->im, &set, e);
	uidset_free(&set);
	return r;
}

static int
by_query(struct work *w, struct err *e)
{
	struct boxes boxes = { NULL, 0 };
	size_t i;
	int r = boxes_expand(&boxes, w->m, w->im, e);

	for (i = 0; i < boxes.count && r == 0; i++)
		r = in_mailbox(w, boxes.name[i], NULL, e);
	boxes_free(&boxes);
	return r;
}

static int
by_uids(struct work *w, struct err *e)
{
	const struct uids *u = &w->pick->uids;
	size_t i;
	int r = 0;

	for (i = 0; i < u->boxes && r == 0; i++)
		r = imap_name(w->im, u->box[i].mailbox, e);
	if (r == 0 && u->all.count > 0)
		r = in_mailbox(w, w->m->mailbox, &u->all, e);
	for (i = 0; i < u->boxes && r == 0; i++)
		r = in_mailbox(w, u->box[i].mailbox, &u->box[i].all, e);
	return r;
}

int
pick_work(struct mimap *m, const struct pick *p, pick_fn *change, void *ctx, struct err *e)
{
	struct work w = { .m = m, .pick = p, .change = change, .ctx = ctx };
	int r;

	if (p->query == NULL && uids_none(&p->uids))
		return 0;
	if (p->uids.all.count > 0 && boxes_one(m, "a set of UIDs", e) == -1)
		return -1;
	if (mimap_open(m, &w.im, e) == -1)
		return -1;
	w.several = p->query != NULL ? boxes_several(m) : p->uids.boxes > 0;
	summary_begin(&w.summary, &w.im->caps, 0);
	if (w.several)
		rows_fix(&w.summary.rows, "mailbox", 16, m->mailbox);
	r = p->to != NULL ? imap_name(w.im, p->to, e) : 0;
	if (r == 0)
		r = p->query != NULL ? by_query(&w, e) : by_uids(&w, e);
	imap_logout(w.im);
	imap_close(&w.im);
	summary_free(&w.summary);
	return r;
}

void
pick_free(struct pick *p)
{
	uids_free(&p->uids);
	query_free(&p->query);
}
