/* SPDX-License-Identifier: ISC */
/* search.c - mimap search: UIDs one a line, or with -l a line about each message. */
#include "mimap.h"

#include <stdio.h>
#include <unistd.h>

#include "find.h"
#include "imap.h"
#include "query.h"
#include "rows.h"
#include "summary.h"
#include "uidset.h"

struct search {
	struct imap *im;
	struct query *query;
	int list, json;
	struct uidset found;
	struct rows rows;
};

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
	if (imap_select(s->im, mailbox, 1, e) == -1 || find_query(s->im, s->query, s->list ? &s->rows : NULL, &s->found, e) == -1)
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
