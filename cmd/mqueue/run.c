/* SPDX-License-Identifier: ISC */
/* run.c - one pass over the queue: what is due, the oldest first, account by account, goes to msend.
 * Looking takes no lock; who works on an entry claims it (batch.c). Silent while mail merely waits: what is said needs
 * somebody. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch.h"
#include "deadline.h"
#include "entry.h"
#include "err.h"
#include "mqueue.h"
#include "run.h"
#include "xalloc.h"

struct run {
	const struct job *job;
	const struct spool *spool;
	struct pass *pass;
	struct due *due;
	size_t dues, due_room;
	char **account;		/* each name once */
	size_t accounts;
};

static const char *
account_of(struct run *r, const char *name)
{
	size_t i;

	if (name == NULL)
		return NULL;
	for (i = 0; i < r->accounts; i++)
		if (strcmp(r->account[i], name) == 0)
			return r->account[i];
	r->account = xreallocarray(r->account, r->accounts + 1, sizeof *r->account);
	return r->account[r->accounts++] = xstrdup(name);
}

static void
add_due(struct run *r, const struct spool_name *n, const struct envelope *env)
{
	if (r->dues == r->due_room) {
		r->due_room = r->due_room == 0 ? 64 : r->due_room * 2;
		r->due = xreallocarray(r->due, r->due_room, sizeof *r->due);
	}
	r->due[r->dues++] = (struct due){ .name = n, .account = account_of(r, env->account), .arrived = env->arrived };
}

static void
bad_file(struct run *r, const struct err *e)
{
	if (!r->job->quiet)
		complain(&r->pass->code, e);
}

static void
count(struct run *r, const struct spool_name *n, const struct envelope *env, int64_t now)
{
	struct pass *p = r->pass;

	if (env->held) {
		p->held++;
		return;
	}
	p->waiting++;
	if (r->job->force || env->next <= now)
		add_due(r, n, env);
	else if (p->soonest == 0 || env->next < p->soonest)
		p->soonest = env->next;
}

static void
look_at(struct run *r, const struct spool_name *n, int64_t now)
{
	struct entry t;
	struct err e = { 0 };

	if (*n->id == '\0') {
		err_set(&e, ERR_DATA, "%s in %s is no entry of this queue; it is left alone", n->name, r->spool->path);
		bad_file(r, &e);
		return;
	}
	switch (entry_read(&t, r->spool, n, &e)) {
	case ENTRY_OK:
		count(r, n, &t.env, now);
		entry_close(&t);
		break;
	case -1:
		bad_file(r, &e);
		break;
	}
}

static int
by_account(const struct due *x, const struct due *y)
{
	if (x->account == NULL || y->account == NULL)
		return (x->account != NULL) - (y->account != NULL);
	return strcmp(x->account, y->account);
}

static int
by_account_and_age(const void *a, const void *b)
{
	const struct due *x = a, *y = b;
	int order = by_account(x, y);

	if (order != 0)
		return order;
	if (x->arrived != y->arrived)
		return x->arrived < y->arrived ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;	/* the list is in order */
}

static void
send_all(struct run *r)
{
	size_t from, to;

	if (r->dues > 1)
		qsort(r->due, r->dues, sizeof *r->due, by_account_and_age);
	for (from = 0; from < r->dues; from = to) {
		for (to = from + 1; to < r->dues && r->due[to].account == r->due[from].account; to++)
			;
		if (batch_run(r->job, r->spool, r->due + from, to - from, &r->pass->busy, &r->pass->code) == BATCH_CUT)
			r->pass->stuck = 1;
	}
}

void
run_pass(const struct job *job, const struct spool *q, const struct spool_list *names, struct pass *pass)
{
	struct run r = { .job = job, .spool = q, .pass = pass };
	int64_t now = (int64_t)time(NULL), began = deadline_now();
	size_t i;

	*pass = (struct pass){ 0 };
	for (i = 0; i < names->count; i++)
		look_at(&r, &names->at[i], now);
	pass->due = r.dues;
	pass->cost = deadline_now() - began;
	signal(SIGPIPE, SIG_IGN);	/* an msend that has gone is an error like others */
	send_all(&r);
	while (r.accounts > 0)
		free(r.account[--r.accounts]);
	free(r.account);
	free(r.due);
}

/* What came in meanwhile, notices to senders first of all, is not left for the next run. */
static int
run_newcomers(const struct job *job, const struct spool *q, const struct spool_list *seen, int code, struct err *e)
{
	struct spool_list names;
	struct pass pass;

	if (spool_list(q, &names, e) == -1)
		return -1;
	spool_list_drop(&names, seen);
	run_pass(job, q, &names, &pass);
	spool_list_free(&names);
	return code != 0 ? code : pass.code;
}

int
mqueue_run(const struct job *job, struct err *e)
{
	struct spool q;
	struct spool_list names;
	struct pass pass;
	int code, none = spool_open(&q, job->settings.queue, 0, e);

	if (none != 0)
		return none == 1 ? 0 : -1;
	if (spool_list(&q, &names, e) == -1) {
		spool_close(&q);
		return -1;
	}
	run_pass(job, &q, &names, &pass);
	code = pass.code;
	if (pass.due > 0 && !pass.stuck)
		code = run_newcomers(job, &q, &names, code, e);
	spool_tidy(&q);
	spool_list_free(&names);
	spool_close(&q);
	return code;
}
