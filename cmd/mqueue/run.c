/* SPDX-License-Identifier: ISC */
/* run.c - one pass over the queue: what is due, the oldest first, destination by destination, goes to msend.
 * Looking takes no lock; who works on an entry claims it (batch.c). Silent while mail merely waits: what is said needs
 * somebody. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crew.h"
#include "deadline.h"
#include "dest.h"
#include "entry.h"
#include "err.h"
#include "mqueue.h"
#include "names.h"
#include "run.h"
#include "settle.h"
#include "xalloc.h"

struct run {
	const struct job *job;
	const struct spool *spool;
	struct pass *pass;
	struct dests dests;
	struct due *due;
	size_t dues, due_room;
	struct names names;	/* of accounts and destinations */
	struct crew_group *group;
	size_t groups;
};

static void
add_due(struct run *r, const struct spool_name *n, const struct envelope *env)
{
	char dest[WHERETO_MAX + 1];
	int one = whereto_one(&r->job->settings.whereto, env, dest);

	if (r->dues == r->due_room) {
		r->due_room = r->due_room == 0 ? 64 : r->due_room * 2;
		r->due = xreallocarray(r->due, r->due_room, sizeof *r->due);
	}
	r->due[r->dues++] = (struct due){ .name = n, .arrived = env->arrived,
		.account = env->account == NULL ? NULL : names_add(&r->names, env->account),
		.dest = one ? names_add(&r->names, dest) : NULL };
}

static void
bad_file(struct run *r, const struct err *e)
{
	if (!r->job->quiet)
		complain(&r->pass->code, e);
}

static void
not_before(struct pass *p, int64_t when)
{
	if (when != 0 && (p->soonest == 0 || when < p->soonest))
		p->soonest = when;
}

/* 0: no longer. */
static int64_t
waits_until(const struct run *r, const struct envelope *env)
{
	const struct dest *why;

	if (r->job->force)
		return 0;
	if (!dests_due(&r->dests, env))
		return env->next;
	return settle_overdue(env, &r->job->settings, r->dests.now) ? 0 : dests_until(&r->dests, env, &why);
}

static void
count(struct run *r, const struct spool_name *n, const struct envelope *env)
{
	int64_t until;

	if (env->held) {
		r->pass->held++;
		return;
	}
	r->pass->waiting++;
	if ((until = waits_until(r, env)) == 0)
		add_due(r, n, env);
	else
		not_before(r->pass, until);
}

static void
look_at(struct run *r, const struct spool_name *n)
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
		count(r, n, &t.env);
		entry_close(&t);
		break;
	case -1:
		bad_file(r, &e);
		break;
	}
}

static int
by_text(const char *x, const char *y)
{
	if (x == y)
		return 0;
	return x == NULL || y == NULL ? (x != NULL) - (y != NULL) : strcmp(x, y);
}

static int
by_group_and_age(const void *a, const void *b)
{
	const struct due *x = a, *y = b;
	int order = by_text(x->account, y->account);

	if (order == 0)
		order = by_text(x->dest, y->dest);
	if (order != 0)
		return order;
	if (x->arrived != y->arrived)
		return x->arrived < y->arrived ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;	/* the list is in order */
}

/* Those who have failed last, then by account, so that an msend serves many; then who has waited longest. */
static int
by_turn(const void *a, const void *b)
{
	const struct crew_group *x = a, *y = b;
	int order = x->last != y->last ? x->last - y->last : by_text(x->due->account, y->due->account);

	if (order != 0)
		return order;
	if (x->due->arrived != y->due->arrived)
		return x->due->arrived < y->due->arrived ? -1 : 1;
	return x->due < y->due ? -1 : x->due > y->due;
}

static void
add_group(struct run *r, const struct due *due, size_t n)
{
	const struct dest *known = due->dest == NULL ? NULL : dests_find(&r->dests, due->dest);

	if ((r->groups & (r->groups - 1)) == 0)
		r->group = xreallocarray(r->group, r->groups == 0 ? 1 : r->groups * 2, sizeof *r->group);
	r->group[r->groups++] = (struct crew_group){ .due = due, .count = n,
		.last = due->dest == NULL || (known != NULL && known->up == 0) };
}

static void
send_all(struct run *r)
{
	struct batch_result result;
	size_t from, to;

	if (r->dues == 0)
		return;
	qsort(r->due, r->dues, sizeof *r->due, by_group_and_age);
	for (from = 0; from < r->dues; from = to) {
		for (to = from + 1; to < r->dues && r->due[to].account == r->due[from].account &&
		    r->due[to].dest == r->due[from].dest; to++)
			;
		add_group(r, r->due + from, to - from);
	}
	qsort(r->group, r->groups, sizeof *r->group, by_turn);
	crew_run(r->job, r->spool, r->group, r->groups, &result);
	r->pass->busy += result.busy;
	r->pass->stuck |= result.cut;
	r->pass->revived |= result.revived;
	not_before(r->pass, result.soonest);
	if (r->pass->code == 0)
		r->pass->code = result.code;
}

void
run_pass(const struct job *job, const struct spool *q, const struct spool_list *names, struct pass *pass)
{
	struct run r = { .job = job, .spool = q, .pass = pass };
	int64_t began = deadline_now();
	size_t i;

	*pass = (struct pass){ 0 };
	dests_read(&r.dests, q, &job->settings.whereto, &job->settings.schedule, (int64_t)time(NULL));
	for (i = 0; i < names->count; i++)
		look_at(&r, &names->at[i]);
	pass->due = r.dues;
	pass->cost = deadline_now() - began;
	signal(SIGPIPE, SIG_IGN);	/* an msend that has gone is an error like others */
	send_all(&r);
	free(r.group);
	free(r.due);
	names_free(&r.names);
	dests_free(&r.dests);
}

static void
add_pass(struct pass *all, const struct pass *p)
{
	all->waiting += p->waiting;
	all->held += p->held;
	all->due += p->due;
	all->busy += p->busy;
	all->cost += p->cost;
	all->stuck |= p->stuck;
	all->revived |= p->revived;
	not_before(all, p->soonest);
	if (all->code == 0)
		all->code = p->code;
}

int
run_all(const struct job *job, const struct spool *q, struct pass *all, struct spool_list *last, struct err *e)
{
	struct spool_list names = { .at = NULL };
	struct pass p;
	int64_t began = deadline_now();
	int more, stop = 0;

	*all = (struct pass){ 0 };
	while (!stop && (more = spool_list_next(q, &names, SPOOL_WINDOW, e)) == 1) {
		all->cost += deadline_now() - began;
		run_pass(job, q, &names, &p);
		add_pass(all, &p);
		stop = !names.more || p.stuck;
		began = deadline_now();
	}
	all->cost += deadline_now() - began;
	*last = names;
	return !stop && more == -1 ? -1 : 0;
}

/* What came in meanwhile, notices to senders first of all, is not left for the next run; nor what waited for a destination that
 * is back. */
static int
run_again(const struct job *job, const struct spool *q, struct spool_list *seen, const struct pass *before, struct err *e)
{
	struct spool_list names;
	struct pass pass = { 0 };
	int code = 0;

	if (before->revived || before->waiting + before->held > seen->count)
		code = run_all(job, q, &pass, &names, e);
	else if ((code = spool_list(q, &names, e)) == 0) {
		spool_list_drop(&names, seen);
		run_pass(job, q, &names, &pass);
	}
	if (code == 0)
		code = pass.code;
	spool_list_free(&names);
	return before->code != 0 ? before->code : code;
}

int
mqueue_run(const struct job *job, struct err *e)
{
	struct spool q;
	struct spool_list names;
	struct pass pass = { 0 };
	int code, none = spool_open(&q, job->settings.queue, 0, e);

	if (none != 0)
		return none == 1 ? 0 : -1;
	code = run_all(job, &q, &pass, &names, e);
	if (code == 0) {
		code = pass.code;
		if (pass.due > 0 && !pass.stuck)
			code = run_again(job, &q, &names, &pass, e);
		spool_tidy(&q);
	}
	spool_list_free(&names);
	spool_close(&q);
	return code;
}
