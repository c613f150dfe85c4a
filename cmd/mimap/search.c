/* SPDX-License-Identifier: ISC */
/* search.c - mimap search: UID SEARCH (RFC 3501 section 6.4.4) with ESEARCH (RFC 4731); -l lists what was found, in
 * the same flight where the server remembers a result (SEARCHRES, RFC 5182). */
#include "mimap.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "imap.h"
#include "query.h"
#include "querysend.h"
#include "rows.h"
#include "stream.h"
#include "summary.h"
#include "uidset.h"

#define SLACK 100000	/* results beyond EXISTS that are believed: messages that came meanwhile */

struct search {
	struct imap *im;
	struct query *query;
	int list, json;
	struct uidset found;	/* with -l: those not listed yet */
	struct rows rows;
};

static int
check_count(const struct search *s, struct err *e)
{
	if (uidset_size(&s->found) <= (uint64_t)s->im->mailbox.exists + SLACK)
		return 1;
	return err_set(e, ERR_PROTOCOL, "%s finds more messages than %s holds", stream_peer(s->im->stream), s->im->mailbox.name);
}

/* * SEARCH 2 5 9 */
static int
on_search(struct search *s, const struct response *r, struct err *e)
{
	size_t i;

	for (i = 0; i < r->number_count; i++) {
		if (r->numbers[i] != 0)
			uidset_add(&s->found, r->numbers[i], r->numbers[i]);
	}
	return check_count(s, e);
}

/* * ESEARCH (TAG "A3") UID ALL 2,5:9 */
static int
on_esearch(struct search *s, const struct response *r, struct err *e)
{
	const struct value *v;

	for (v = r->args; v != NULL && v->next != NULL; v = v->next) {
		if (!value_is(v, "ALL"))
			continue;
		if (v->next->kind != VALUE_ATOM || uidset_parse(&s->found, v->next->text, v->next->len, e) == -1)
			return err_set(e, ERR_PROTOCOL, "%s sent a search result that is no set", stream_peer(s->im->stream));
		return check_count(s, e);
	}
	return 1;
}

static int
on_fetch(struct search *s, const struct response *r)
{
	uint32_t uid;

	if (value_after(r->args, "ENVELOPE") == NULL || !value_u32(value_after(r->args, "UID"), &uid) || !uidset_has(&s->found, uid))
		return 0;
	uidset_remove(&s->found, uid, uid);
	summary_row(&s->rows, r);
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct search *s = ctx;

	if (response_is(r, "SEARCH"))
		return on_search(s, r, e);
	if (response_is(r, "ESEARCH"))
		return on_esearch(s, r, e);
	return s->list && response_is(r, "FETCH") ? on_fetch(s, r) : 0;
}

/* C: UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {7+} … */
static int
send_search(struct search *s, int save, struct err *e)
{
	const char *ret = save ? " RETURN (SAVE ALL)" : caps_has(&s->im->caps, CAP_ESEARCH) ? " RETURN (ALL)" : "";
	const char *charset = query_ascii(s->query) ? "" : " CHARSET UTF-8";
	struct command c;
	int r;

	imap_command(s->im, &c);
	r = command_add(&c, e, "UID SEARCH");
	if (r == 0 && *ret != '\0')
		r = command_add(&c, e, "%r", ret);
	if (r == 0 && *charset != '\0')
		r = command_add(&c, e, "%r", charset);
	if (r == 0)
		r = command_add(&c, e, " ");
	if (r == 0)
		r = querysend(&c, s->query, &s->im->caps, time(NULL), e);
	if (r == 0)
		r = imap_send(s->im, &c, "search", e);
	command_free(&c);
	return r;
}

static int
send_fetch(struct search *s, const char *set, struct err *e)
{
	struct command c;
	int r;

	imap_command(s->im, &c);
	r = command_add(&c, e, "UID FETCH %S " SUMMARY_ITEMS, set);
	if (r == 0)
		r = imap_send(s->im, &c, "list messages", e);
	command_free(&c);
	return r;
}

static int
list_found(struct search *s, struct err *e)
{
	struct buf piece = { 0 };
	size_t pos = 0;
	int r = 0;

	while (r == 0 && uidset_piece(&s->found, &pos, COMMAND_SET_MAX, &piece)) {
		r = send_fetch(s, buf_str(&piece), e);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r == 0 ? imap_finish(s->im, e) : r;
}

static void
print_found(const struct search *s)
{
	size_t i;
	uint64_t uid;

	for (i = 0; i < s->found.count; i++) {
		for (uid = s->found.range[i].lo; uid <= s->found.range[i].hi; uid++)
			printf("%u\n", (unsigned int)uid);
	}
}

static int
work(struct search *s, const char *mailbox, struct err *e)
{
	int save = s->list && caps_has(&s->im->caps, CAP_ESEARCH) && caps_has(&s->im->caps, CAP_SEARCHRES);

	s->im->handler = (struct imap_handler){ .data = on_data, .ctx = s };
	if (imap_select(s->im, mailbox, 1, e) == -1 || send_search(s, save, e) == -1 || (save && send_fetch(s, "$", e) == -1)
	    || imap_finish(s->im, e) == -1)
		return -1;
	if (s->list && !save && list_found(s, e) == -1)
		return -1;
	if (!s->list)
		print_found(s);
	return 0;
}

static int
read_arguments(struct search *s, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt(argc, argv, "+:jl")) != -1) {
		if (ch != 'j' && ch != 'l')
			return err_set(e, ERR_USAGE, "search: there is no option -%c; for a term that begins with - write -- before it", optopt);
		s->json |= ch == 'j';
		s->list = 1;
	}
	return query_parse(&s->query, argc - optind, argv + optind, e);
}

int
verb_search(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct search s = { .im = NULL };
	int r = -1;

	if (read_arguments(&s, argc, argv, e) == 0 && mimap_open(m, &s.im, e) == 0) {
		summary_begin(&s.rows, s.json);
		r = work(&s, m->mailbox, e);
		imap_logout(s.im);
		rows_free(&s.rows);
	}
	imap_close(&s.im);
	query_free(&s.query);
	uidset_free(&s.found);
	return r;
}
