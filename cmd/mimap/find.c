/* SPDX-License-Identifier: ISC */
/* find.c - searches and their results. */
#include "find.h"

#include "evaluate.h"
#include "imap.h"
#include "query.h"
#include "seek.h"
#include "summary.h"
#include "uidset.h"

struct find {
	struct imap *im;
	const struct query *query;	/* or NULL */
	struct uidset *found;
	unsigned int tag;		/* of the search for it */
	int refused;			/* because of its charset */
};

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct find *f = ctx;

	return seek_data(f->im, r, f->found, NULL, e);
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct find *f = ctx;

	(void)e;
	if (tag != f->tag || r->status == STATUS_OK)
		return 0;
	f->refused = seek_refused(f->im, f->query);
	return f->refused;
}

int
find_query(struct imap *im, const struct query *q, struct uidset *found, struct err *e)
{
	struct imap_handler before = im->handler;
	struct find f = { .im = im, .query = q, .found = found, .tag = im->last_tag + 1 };
	struct seek_opts opts = { .within = NULL };
	int r;

	if (evaluate_needed(im, q))
		return evaluate_query(im, q, found, e);
	im->handler = (struct imap_handler){ .data = on_data, .answer = on_answer, .ctx = &f };
	r = seek_send(im, q, &opts, e);
	if (r == 0)
		r = imap_finish(im, e);
	im->handler = before;
	return r == 0 && f.refused ? evaluate_query(im, q, found, e) : r;
}

/* C: UID SEARCH RETURN (ALL) UID set UNDELETED */
static int
send_set_search(struct imap *im, const char *set, int undeleted, struct err *e)
{
	struct command c;
	int r;

	imap_command(im, &c);
	r = command_add(&c, e, caps_has(&im->caps, CAP_ESEARCH) ? "UID SEARCH RETURN (ALL) UID %S" : "UID SEARCH UID %S", set);
	if (r == 0 && undeleted)
		r = command_add(&c, e, " UNDELETED");
	if (r == 0)
		r = imap_send(im, &c, "search", e);
	command_free(&c);
	return r;
}

int
find_set(struct imap *im, const struct uidset *set, int undeleted, struct uidset *found, struct err *e)
{
	struct imap_handler before = im->handler;
	struct find f = { .im = im, .found = found };
	struct buf piece = { 0 };
	size_t pos = 0;
	int r = 0;

	im->handler = (struct imap_handler){ .data = on_data, .ctx = &f };
	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX, &piece)) {
		r = send_set_search(im, buf_str(&piece), undeleted, e);
		buf_cut(&piece, 0);
	}
	if (r == 0)
		r = imap_finish(im, e);
	im->handler = before;
	buf_free(&piece);
	return r;
}

/* C: UID FETCH set (UID FLAGS …)      for each piece of the set */
int
find_ask(struct imap *im, const struct uidset *set, const struct summary *s, struct err *e)
{
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX, &piece)) {
		imap_command(im, &c);
		r = command_add(&c, e, "UID FETCH %S %r", buf_str(&piece), buf_str(&s->items));
		if (r == 0)
			r = imap_send(im, &c, "list messages", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

struct listing {
	struct summary *summary;
	struct uidset left;
};

static int
on_listed(void *ctx, const struct response *r, struct err *e)
{
	struct listing *l = ctx;
	uint32_t uid;

	(void)e;
	if (!response_is(r, "FETCH") || value_after(r->args, "ENVELOPE") == NULL || !value_u32(value_after(r->args, "UID"), &uid)
	    || !uidset_has(&l->left, uid))
		return 0;
	uidset_remove(&l->left, uid, uid);
	summary_row(l->summary, r);
	return 1;
}

int
find_list(struct imap *im, const struct uidset *set, struct summary *s, struct err *e)
{
	struct imap_handler before = im->handler;
	struct listing l = { .summary = s };
	int r;

	uidset_merge(&l.left, set);
	im->handler = (struct imap_handler){ .data = on_listed, .ctx = &l };
	r = find_ask(im, set, s, e);
	if (r == 0)
		r = imap_finish(im, e);
	im->handler = before;
	uidset_free(&l.left);
	return r;
}
