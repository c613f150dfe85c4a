/* SPDX-License-Identifier: ISC */
/* find.c - searches and their results. */
#include "find.h"

#include <time.h>

#include "imap.h"
#include "query.h"
#include "querysend.h"
#include "rows.h"
#include "stream.h"
#include "summary.h"
#include "uidset.h"

#define SLACK 100000	/* results beyond EXISTS that are believed: messages that came meanwhile */

struct find {
	struct imap *im;
	struct rows *rows;	/* NULL: nothing is listed */
	struct uidset *found;
	struct uidset left;	/* to be listed */
};

static int
check_count(const struct find *f, struct err *e)
{
	if (uidset_size(f->found) <= (uint64_t)f->im->mailbox.exists + SLACK)
		return 1;
	return err_set(e, ERR_PROTOCOL, "%s finds more messages than %s holds", stream_peer(f->im->stream), f->im->mailbox.name);
}

/* * SEARCH 2 5 9 */
static int
on_search(struct find *f, const struct response *r, struct err *e)
{
	size_t i;

	for (i = 0; i < r->number_count; i++) {
		if (r->numbers[i] == 0)
			continue;
		uidset_add(f->found, r->numbers[i], r->numbers[i]);
		if (f->rows != NULL)
			uidset_add(&f->left, r->numbers[i], r->numbers[i]);
	}
	return check_count(f, e);
}

/* * ESEARCH (TAG "A3") UID ALL 2,5:9 */
static int
on_esearch(struct find *f, const struct response *r, struct err *e)
{
	const struct value *v;

	for (v = r->args; v != NULL && v->next != NULL; v = v->next) {
		if (!value_is(v, "ALL"))
			continue;
		if (v->next->kind != VALUE_ATOM || uidset_parse(f->found, v->next->text, v->next->len, e) == -1
		    || (f->rows != NULL && uidset_parse(&f->left, v->next->text, v->next->len, e) == -1))
			return err_set(e, ERR_PROTOCOL, "%s sent a search result that is no set", stream_peer(f->im->stream));
		return check_count(f, e);
	}
	return 1;
}

static int
on_fetch(struct find *f, const struct response *r)
{
	uint32_t uid;

	if (value_after(r->args, "ENVELOPE") == NULL || !value_u32(value_after(r->args, "UID"), &uid) || !uidset_has(&f->left, uid))
		return 0;
	uidset_remove(&f->left, uid, uid);
	summary_row(f->rows, r);
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct find *f = ctx;

	if (response_is(r, "SEARCH"))
		return on_search(f, r, e);
	if (response_is(r, "ESEARCH"))
		return on_esearch(f, r, e);
	return f->rows != NULL && response_is(r, "FETCH") ? on_fetch(f, r) : 0;
}

/* C: UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {7+} … */
static int
send_search(struct imap *im, const struct query *q, int save, struct err *e)
{
	const char *ret = save ? " RETURN (SAVE ALL)" : caps_has(&im->caps, CAP_ESEARCH) ? " RETURN (ALL)" : "";
	const char *charset = query_ascii(q) ? "" : " CHARSET UTF-8";
	struct command c;
	int r;

	imap_command(im, &c);
	r = command_add(&c, e, "UID SEARCH");
	if (r == 0 && *ret != '\0')
		r = command_add(&c, e, "%r", ret);
	if (r == 0 && *charset != '\0')
		r = command_add(&c, e, "%r", charset);
	if (r == 0)
		r = command_add(&c, e, " ");
	if (r == 0)
		r = querysend(&c, q, &im->caps, time(NULL), e);
	if (r == 0)
		r = imap_send(im, &c, "search", e);
	command_free(&c);
	return r;
}

static int
send_fetch(struct imap *im, const char *set, struct err *e)
{
	struct command c;
	int r;

	imap_command(im, &c);
	r = command_add(&c, e, "UID FETCH %S " SUMMARY_ITEMS, set);
	if (r == 0)
		r = imap_send(im, &c, "list messages", e);
	command_free(&c);
	return r;
}

/* C: UID FETCH set (UID FLAGS …)      for each piece of what is left to list */
static int
list_left(struct find *f, struct err *e)
{
	struct buf piece = { 0 };
	size_t pos = 0;
	int r = 0;

	while (r == 0 && uidset_piece(&f->left, &pos, COMMAND_SET_MAX, &piece)) {
		r = send_fetch(f->im, buf_str(&piece), e);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r == 0 ? imap_finish(f->im, e) : r;
}

int
find_query(struct imap *im, const struct query *q, struct rows *rows, struct uidset *found, struct err *e)
{
	struct imap_handler before = im->handler;
	struct find f = { .im = im, .rows = rows, .found = found };
	int save = rows != NULL && caps_has(&im->caps, CAP_ESEARCH) && caps_has(&im->caps, CAP_SEARCHRES), r;

	im->handler = (struct imap_handler){ .data = on_data, .ctx = &f };
	r = send_search(im, q, save, e);
	if (r == 0 && save)
		r = send_fetch(im, "$", e);
	if (r == 0)
		r = imap_finish(im, e);
	if (r == 0 && rows != NULL && !save)
		r = list_left(&f, e);
	im->handler = before;
	uidset_free(&f.left);
	return r;
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

int
find_list(struct imap *im, const struct uidset *set, struct rows *rows, struct err *e)
{
	struct imap_handler before = im->handler;
	struct find f = { .im = im, .rows = rows };
	size_t i;
	int r;

	for (i = 0; i < set->count; i++)
		uidset_add(&f.left, set->range[i].lo, set->range[i].hi);
	im->handler = (struct imap_handler){ .data = on_data, .ctx = &f };
	r = list_left(&f, e);
	im->handler = before;
	uidset_free(&f.left);
	return r;
}
