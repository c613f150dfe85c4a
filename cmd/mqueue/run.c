/* SPDX-License-Identifier: ISC */
/* run.c - one pass over the queue: what is due, the oldest first, account by account, goes to msend.
 * Looking takes no lock; who works on an entry claims it (batch.c). Silent while mail merely waits: what is said needs
 * somebody. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch.h"
#include "entry.h"
#include "err.h"
#include "mqueue.h"
#include "xalloc.h"

struct run {
	const struct job *job;
	struct spool spool;
	struct spool_list names;
	struct due *due;
	size_t dues, due_room;
	char **account;		/* each name once */
	size_t accounts;
	int code;
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
look_at(struct run *r, const struct spool_name *n, int64_t now)
{
	struct entry t;
	struct err e = { 0 };

	if (*n->id == '\0') {
		err_set(&e, ERR_DATA, "%s in %s is no entry of this queue; it is left alone", n->name, r->spool.path);
		complain(&r->code, &e);
		return;
	}
	switch (entry_read(&t, &r->spool, n, &e)) {
	case ENTRY_OK:
		if (!t.env.held && (r->job->force || t.env.next <= now))
			add_due(r, n, &t.env);
		entry_close(&t);
		break;
	case -1:
		complain(&r->code, &e);
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
		batch_run(r->job, &r->spool, r->due + from, to - from, &r->code);
	}
}

static void
run_free(struct run *r)
{
	while (r->accounts > 0)
		free(r->account[--r->accounts]);
	free(r->account);
	free(r->due);
	spool_list_free(&r->names);
	spool_close(&r->spool);
}

int
mqueue_run(const struct job *job, struct err *e)
{
	struct run r = { .job = job };
	int64_t now = (int64_t)time(NULL);
	size_t i;
	int none = spool_open(&r.spool, job->settings.queue, 0, e);

	if (none != 0)
		return none == 1 ? 0 : -1;
	if (spool_list(&r.spool, &r.names, e) == -1) {
		run_free(&r);
		return -1;
	}
	for (i = 0; i < r.names.count; i++)
		look_at(&r, &r.names.at[i], now);
	signal(SIGPIPE, SIG_IGN);	/* an msend that has gone is an error like others */
	send_all(&r);
	spool_tidy(&r.spool);
	run_free(&r);
	return r.code;
}
