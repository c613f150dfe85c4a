/* SPDX-License-Identifier: ISC */
/* pick.c - from arguments to messages. */
#include "pick.h"

#include <string.h>

#include "find.h"
#include "imap.h"
#include "mimap.h"
#include "query.h"
#include "rows.h"
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

int
pick_none(const struct pick *p)
{
	return p->query == NULL && p->uids.all.count == 0;
}

/* To IMAP 9:* holds the last message in any case, even where that is 7: whoever changes messages does not mean that.
 * "*" alone does. */
static int
resolve(const struct pick *p, struct imap *im, struct uidset *set, struct err *e)
{
	const struct uidset *all = &p->uids.all;
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

static int
show(const struct pick *p, struct imap *im, struct err *e)
{
	struct uidset found = { NULL, 0, 0 };
	struct rows rows;
	int r;

	summary_begin(&rows, 0);
	if (p->query != NULL)
		r = find_query(im, p->query, &rows, &found, e);
	else if ((r = resolve(p, im, &found, e)) == 0 && found.count > 0)
		r = find_list(im, &found, &rows, e);
	rows_free(&rows);
	uidset_free(&found);
	return r;
}

int
pick_open(const struct pick *p, struct imap *im, const char *mailbox, struct uidset *set, struct err *e)
{
	size_t i;

	if (imap_select(im, mailbox, p->show, e) == -1)
		return -1;
	if (p->show)
		return show(p, im, e);
	if (p->query != NULL)
		return find_query(im, p->query, NULL, set, e);
	if (p->uids.all.range[p->uids.all.count - 1].hi == UID_STAR)
		return resolve(p, im, set, e);
	for (i = 0; i < p->uids.all.count; i++)
		uidset_add(set, p->uids.all.range[i].lo, p->uids.all.range[i].hi);
	return 0;
}

int
pick_work(struct mimap *m, const struct pick *p, pick_fn *change, void *ctx, struct err *e)
{
	struct uidset set = { NULL, 0, 0 };
	struct imap *im = NULL;
	int r;

	if (pick_none(p))
		return 0;
	if (mimap_open(m, &im, e) == -1)
		return -1;
	r = p->to != NULL ? imap_name(im, p->to, e) : 0;
	if (r == 0)
		r = pick_open(p, im, m->mailbox, &set, e);
	if (r == 0 && set.count > 0)
		r = change(ctx, im, &set, e);
	imap_logout(im);
	imap_close(&im);
	uidset_free(&set);
	return r;
}

void
pick_free(struct pick *p)
{
	uids_free(&p->uids);
	query_free(&p->query);
}
