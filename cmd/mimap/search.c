/* SPDX-License-Identifier: ISC */
/* search.c - mimap search: UIDs one a line, or with -l a line about each message; in one mailbox or in several, which are opened and
 * searched in one flight. */
#include "mimap.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boxes.h"
#include "evaluate.h"
#include "find.h"
#include "imap.h"
#include "log.h"
#include "query.h"
#include "seek.h"
#include "sorted.h"
#include "summary.h"
#include "uidset.h"
#include "xalloc.h"

struct searched {		/* a mailbox */
	const char *name;
	unsigned int opening, seeking;	/* tags; 0: not sent */
	int refused;		/* it could not be opened */
	int again;		/* not in one command: evaluate.h */
	struct uidset found, left;	/* left: to be listed */
	struct sorted sorted;
};

struct search {
	struct mimap *m;
	struct imap *im;
	struct query *query;
	struct sortkey_order order;
	int list, json, several;
	int on_server;		/* it sorts */
	struct summary summary;
	struct boxes boxes;
	struct searched *box;
	size_t at;		/* what comes is about this one */
	struct err trouble;	/* the first mailbox that could not be searched; the others are */
};

/* The mailbox that the command with this tag is about: commands and answers are in the same order. */
static struct searched *
box_of(struct search *s, unsigned int tag)
{
	while (s->at + 1 < s->boxes.count && s->box[s->at + 1].opening != 0 && s->box[s->at + 1].opening <= tag)
		s->at++;
	return &s->box[s->at];
}

static int
on_fetch(struct search *s, struct searched *b, const struct response *r)
{
	uint32_t uid;

	if (value_after(r->args, "ENVELOPE") == NULL || !value_u32(value_after(r->args, "UID"), &uid) || !uidset_has(&b->left, uid))
		return 0;
	uidset_remove(&b->left, uid, uid);
	s->summary.rows.value[s->summary.rows.fixed > 0 ? s->summary.rows.fixed - 1 : 0] = b->name;
	if (s->order.count == 0)
		summary_row(&s->summary, r);
	else
		sorted_take(&b->sorted, s->list ? &s->summary : NULL, r);
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct search *s = ctx;
	struct searched *b = box_of(s, s->im->pending != NULL ? s->im->pending->tag : s->im->last_tag);
	int got;

	if (b->refused)
		return 0;
	if (response_is(r, "FETCH"))
		return on_fetch(s, b, r);
	got = seek_data(s->im, r, &b->found, s->on_server ? &b->sorted.order : NULL, e);
	if (got == 1 && s->list && s->order.count == 0)	/* the listing may come in the same flight */
		uidset_merge(&b->left, &b->found);
	return got;
}

/* A mailbox that can't be opened is told at the end; what was sent for it is refused as well, or about another mailbox. */
static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct search *s = ctx;
	struct searched *b = box_of(s, tag);

	(void)e;
	if (r->status == STATUS_OK)
		return 0;
	if (tag == b->opening) {
		b->refused = 1;
		return 0;
	}
	if (b->refused)
		return 1;
	if (tag == b->seeking && seek_refused(s->im, s->query))
		b->again = 1;
	return b->again;
}

/* C: EXAMINE mailbox   UID SEARCH RETURN (SAVE ALL) …   UID FETCH $ (UID FLAGS …) */
static int
send_box(struct search *s, struct searched *b, struct err *e)
{
	struct imap *im = s->im;
	struct seek_opts opts = { .sort = s->on_server ? &s->order : NULL };
	struct command c;
	int r;

	opts.save = s->list && s->order.count == 0 && caps_has(&im->caps, CAP_ESEARCH) && caps_has(&im->caps, CAP_SEARCHRES);
	b->again = evaluate_needed(im, s->query);
	if (b->again)
		return 0;
	b->opening = im->last_tag + 1;
	if (imap_select(im, b->name, 1, e) == -1)
		return -1;
	b->seeking = im->last_tag + 1;
	r = seek_send(im, s->query, &opts, e);
	if (r == 0 && opts.save) {
		imap_command(im, &c);
		r = command_add(&c, e, "UID FETCH $ %r", buf_str(&s->summary.items));
		if (r == 0)
			r = imap_send(im, &c, "list messages", e);
		command_free(&c);
	}
	return r;
}

/* Other mailboxes go on after a refusal; the session's end is everybody's. */
static int
go_on(struct search *s, const struct err *why, struct err *e)
{
	if (s->im->broken) {
		*e = *why;
		return -1;
	}
	if (s->trouble.class == ERR_NONE)
		s->trouble = *why;
	else
		log_warn("%s", why->text);
	return 0;
}

static int
settle(struct search *s, int r, struct err *e)
{
	struct err why = { 0 };

	return r == -1 || imap_finish(s->im, &why) == 0 ? r : go_on(s, &why, e);
}

static int
search_all(struct search *s, struct err *e)
{
	size_t i;
	int r = 0;

	s->im->handler = (struct imap_handler){ .data = on_data, .answer = on_answer, .ctx = s };
	for (i = 0; i < s->boxes.count && r == 0; i++) {
		r = send_box(s, &s->box[i], e);
		if (r == 0 && s->boxes.count > 1)
			r = imap_poll(s->im, e);
	}
	return settle(s, r, e);
}

/* What takes more than one command, a mailbox after the other. */
static int
evaluate_left(struct search *s, struct err *e)
{
	struct err why = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < s->boxes.count && r == 0; i++) {
		struct searched *b = &s->box[i];

		if (!b->again || b->refused)
			continue;
		if (strcmp(s->im->mailbox.name, b->name) != 0)
			r = imap_select(s->im, b->name, 1, e);
		uidset_free(&b->found);
		if (r == 0 && evaluate_query(s->im, s->query, &b->found, &why) == -1)
			r = go_on(s, &why, e);
		if (s->list)
			uidset_merge(&b->left, &b->found);
	}
	return r;
}

/* C: EXAMINE mailbox   UID FETCH set (UID FLAGS …) */
static int
list_left(struct search *s, struct err *e)
{
	size_t i;
	int r = 0;

	s->at = 0;
	for (i = 0; i < s->boxes.count; i++)
		s->box[i].opening = 0;
	for (i = 0; i < s->boxes.count && r == 0; i++) {
		struct searched *b = &s->box[i];

		if (s->order.count > 0 && (s->list || !s->on_server || b->again))
			uidset_merge(&b->left, &b->found);
		b->opening = s->im->last_tag + 1;
		if (b->left.count == 0 || b->refused)
			continue;
		if (s->im->pending != NULL || strcmp(s->im->mailbox.name, b->name) != 0)
			r = imap_select(s->im, b->name, 1, e);
		if (r == 0)
			r = find_ask(s->im, &b->left, &s->summary, e);
		if (r == 0 && s->boxes.count > 1)
			r = imap_poll(s->im, e);
	}
	return settle(s, r, e);
}

static void
print_uid(const struct search *s, const struct searched *b, uint32_t uid)
{
	if (s->m->label != NULL)
		printf("%s\t", s->m->label);
	if (s->several)
		printf("%s\t", b->name);
	printf("%u\n", (unsigned int)uid);
}

static void
print_found(const struct search *s, struct searched *b)
{
	size_t i;
	uint64_t uid;
	uint32_t one;

	if (s->order.count > 0) {
		sorted_finish(&b->sorted);
		for (i = 0; sorted_get(&b->sorted, i, &one); i++) {
			if (s->list)
				sorted_print(&b->sorted, one);
			else
				print_uid(s, b, one);
		}
		return;
	}
	for (i = 0; i < b->found.count && !s->list; i++) {
		for (uid = b->found.range[i].lo; uid <= b->found.range[i].hi; uid++)
			print_uid(s, b, (uint32_t)uid);
	}
}

static int
work(struct search *s, struct err *e)
{
	size_t i;
	int r = boxes_expand(&s->boxes, s->m, s->im, e);

	s->box = xcalloc(s->boxes.count + 1, sizeof(*s->box));
	for (i = 0; i < s->boxes.count; i++)
		s->box[i].name = s->boxes.name[i];
	s->on_server = s->order.count > 0 && caps_has(&s->im->caps, CAP_SORT);
	for (i = 0; i < s->boxes.count; i++)
		s->box[i].sorted.keys = &s->order;
	if (r == 0)
		r = search_all(s, e);
	if (r == 0)
		r = evaluate_left(s, e);
	if (r == 0)
		r = list_left(s, e);
	for (i = 0; i < s->boxes.count && r == 0; i++)
		print_found(s, &s->box[i]);
	if (r == 0 && s->trouble.class != ERR_NONE) {
		*e = s->trouble;
		r = -1;
	}
	return r;
}

static int
read_arguments(struct search *s, int argc, char **argv, struct err *e)
{
	static const struct option longs[] = { { "sort", required_argument, NULL, 'S' }, { NULL, 0, NULL, 0 } };
	int ch;

	while ((ch = getopt_long(argc, argv, "+:jl", longs, NULL)) != -1) {
		if (ch == 'S') {
			if (sortkey_parse(&s->order, optarg, e) == -1)
				return -1;
			continue;
		}
		if (ch == ':')
			return err_set(e, ERR_USAGE, "search: --sort needs a key, such as date or -size");
		if (ch != 'j' && ch != 'l')
			return err_set(e, ERR_USAGE, "search: there is no option %s; for a term that begins with - write -- before it", argv[optind - 1]);
		s->json |= ch == 'j';
		s->list = 1;
	}
	return query_parse(&s->query, argc - optind, argv + optind, e);
}

int
verb_search(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct search s = { .m = m };
	size_t i;
	int r = -1;

	if (read_arguments(&s, argc, argv, e) == 0 && mimap_open(m, &s.im, e) == 0) {
		summary_begin(&s.summary, &s.im->caps, s.json);
		s.several = boxes_several(m) || m->label != NULL;
		if (m->label != NULL)
			rows_fix(&s.summary.rows, "account", 10, m->label);
		if (s.several)
			rows_fix(&s.summary.rows, "mailbox", 16, m->mailbox);
		r = work(&s, e);
		imap_logout(s.im);
	}
	imap_close(&s.im);
	for (i = 0; i < s.boxes.count; i++) {
		uidset_free(&s.box[i].found);
		uidset_free(&s.box[i].left);
		sorted_free(&s.box[i].sorted);
	}
	free(s.box);
	boxes_free(&s.boxes);
	summary_free(&s.summary);
	query_free(&s.query);
	return r;
}
