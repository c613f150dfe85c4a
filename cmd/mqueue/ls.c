/* SPDX-License-Identifier: ISC */
/* ls.c - lists the queue, the oldest first: columns on a terminal, records in a pipe, JSON lines with -j. Reads only envelopes,
 * and writes as it reads. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "dest.h"
#include "entry.h"
#include "err.h"
#include "list.h"
#include "find.h"
#include "mqueue.h"
#include "select.h"

typedef void format_fn(struct buf *, const struct row *);

struct listing {
	format_fn *format, *below;	/* below may be NULL */
	void (*header)(struct buf *);	/* or NULL */
	int summary;
	struct selection selection;
	struct dests dests;
	size_t entries;
	int64_t octets;
	struct buf out;
	int code;
};

static int
put(struct buf *out, struct err *e)
{
	if (out->len > 0 && fwrite(out->data, 1, out->len, stdout) != out->len)
		return err_sys(e, ERR_IO, "write to standard output");
	buf_cut(out, 0);
	return 0;
}

static void
choose(struct listing *l, const struct job *job)
{
	int people = job->mailq || isatty(STDOUT_FILENO);

	if (job->json)
		l->format = list_json;
	else if (!people)
		l->format = job->details ? list_details : list_record;
	else if (job->mailq && !job->details) {
		l->format = list_mailq;
		l->header = list_mailq_header;
	} else {
		l->format = list_columns;
		l->below = job->details ? list_recipients : NULL;
		l->header = list_header;
	}
	l->summary = job->mailq && !job->json;
}

static void
add_row(struct listing *l, struct entry *t, int64_t now)
{
	struct row row = { .id = t->name->id, .env = &t->env, .size = t->size, .now = now, .taken = entry_taken(t) };

	if (!select_fits(&l->selection, &t->env, now))
		return;
	dests_show(&l->dests, &t->env);
	if (l->header != NULL && l->entries == 0)
		l->header(&l->out);
	l->format(&l->out, &row);
	if (l->below != NULL)
		l->below(&l->out, &row);
	l->entries++;
	l->octets += t->size;
}

static void
list_one(struct listing *l, const struct spool *q, const struct spool_name *n, int64_t now)
{
	struct entry t;
	struct err e = { 0 };

	if (*n->id == '\0') {
		err_set(&e, ERR_DATA, "%s in %s is no entry of this queue", n->name, q->path);
		complain(&l->code, &e);
		return;
	}
	switch (entry_read(&t, q, n, &e)) {
	case ENTRY_OK:
		add_row(l, &t, now);
		entry_close(&t);
		break;
	case -1:
		complain(&l->code, &e);
		break;
	}
}

static int
list_all(struct listing *l, const struct spool *q, struct err *e)
{
	struct spool_list names = { .at = NULL };
	int64_t now = (int64_t)time(NULL);
	size_t i;
	int more, code = 0;

	while ((more = spool_list_next(q, &names, SPOOL_WINDOW, e)) == 1 && code == 0)
		for (i = 0; i < names.count && code == 0; i++) {
			list_one(l, q, &names.at[i], now);
			code = put(&l->out, e);
		}
	spool_list_free(&names);
	return more == -1 ? -1 : code;
}

static int
list_named(struct listing *l, const struct spool *q, const struct job *job, struct err *e)
{
	struct finder f;
	const struct spool_name *n;
	struct err one = { 0 };
	int i, code = 0;

	if (finder_open(&f, q, e) == -1)
		return -1;
	for (i = 0; i < job->count && code == 0; i++) {
		if ((n = finder_find(&f, job->args[i], &one)) == NULL)
			complain(&l->code, &one);
		else
			list_one(l, q, n, (int64_t)time(NULL));
		code = put(&l->out, e);
	}
	finder_free(&f);
	return code;
}

/* A queue that nobody has used yet is empty. */
int
mqueue_ls(const struct job *job, struct err *e)
{
	struct listing l = { .format = NULL };
	struct spool q;
	int none, code = 0;

	if (select_read(&l.selection, job, e) == -1 || (none = spool_open(&q, job->settings.queue, 0, e)) == -1)
		return -1;
	choose(&l, job);
	if (none == 0) {
		dests_read(&l.dests, &q, &job->settings.whereto, &job->settings.schedule, (int64_t)time(NULL));
		code = job->count > 0 ? list_named(&l, &q, job, e) : list_all(&l, &q, e);
		dests_free(&l.dests);
		spool_close(&q);
	}
	if (l.summary)
		list_summary(&l.out, l.entries, l.octets);
	if (code == 0)
		code = put(&l.out, e);
	if (code == 0 && fflush(stdout) != 0)
		code = err_sys(e, ERR_IO, "write to standard output");
	buf_free(&l.out);
	return code == 0 ? l.code : code;
}
