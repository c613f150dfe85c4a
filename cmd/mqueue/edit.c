/* SPDX-License-Identifier: ISC */
/* edit.c - rm, hold, release and retry: each claims the entry first, so one that is being sent is left alone (exit code 75). What
 * they change is on disk when they exit 0. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "entry.h"
#include "err.h"
#include "find.h"
#include "mqueue.h"

typedef int change_fn(struct entry *, struct err *e);

static int
synced(const struct entry *t, struct err *e)
{
	return fdatasync(t->fd) == -1 ? err_sys(e, ERR_IO, "sync %s", t->name->name) : 0;
}

static int
hold(struct entry *t, struct err *e)
{
	return envelope_set_held(t->fd, &t->env, 1, e) == -1 ? -1 : synced(t, e);
}

/* Due now, tried as if it had never been; who was refused is tried again. */
static int
release(struct entry *t, struct err *e)
{
	size_t i;

	for (i = 0; i < t->env.rcpts; i++)
		if (t->env.rcpt[i].fate == FATE_REFUSED &&
		    envelope_set_fate(t->fd, &t->env, i, FATE_WAITING, t->env.rcpt[i].reply, e) == -1)
			return -1;
	if (envelope_set_next(t->fd, &t->env, (int64_t)time(NULL), 0, e) == -1 || envelope_set_held(t->fd, &t->env, 0, e) == -1)
		return -1;
	return synced(t, e);
}

static int
retry(struct entry *t, struct err *e)
{
	if (t->env.held)
		return err_set(e, ERR_UNAVAILABLE, "%s is held; release it", t->name->id);
	return envelope_set_next(t->fd, &t->env, (int64_t)time(NULL), t->env.tries, e) == -1 ? -1 : synced(t, e);
}

static int
change(const struct spool *q, const struct spool_name *n, change_fn *fn, struct err *e)
{
	struct entry t;
	int code = entry_claim(&t, q, n, e);

	if (code == ENTRY_BUSY)
		return err_set(e, ERR_TEMP, "%s is being sent", n->id);
	if (code == ENTRY_GONE)
		return err_set(e, ERR_DATA, "%s: no such message in the queue", n->id);
	if (code == ENTRY_OK) {
		code = fn(&t, e);
		entry_close(&t);
	}
	return code;
}

struct edit {
	struct spool spool;
	struct finder finder;
};

/* A queue that nobody has used yet holds nothing. */
static int
edit_open(struct edit *d, const struct job *job, struct err *e)
{
	int none = spool_open(&d->spool, job->settings.queue, 0, e);

	if (none == 1)
		return err_set(e, ERR_DATA, "%s: there is no queue yet", job->settings.queue);
	if (none == -1)
		return -1;
	if (finder_open(&d->finder, &d->spool, e) == 0)
		return 0;
	spool_close(&d->spool);
	return -1;
}

static void
edit_close(struct edit *d)
{
	finder_free(&d->finder);
	spool_close(&d->spool);
}

static int
change_named(struct edit *d, const struct job *job, change_fn *fn)
{
	const struct spool_name *n;
	struct err e = { 0 };
	int i, code = 0;

	for (i = 0; i < job->count; i++)
		if ((n = finder_find(&d->finder, job->args[i], &e)) == NULL || change(&d->spool, n, fn, &e) == -1)
			complain(&code, &e);
	return code;
}

static int
each_named(const struct job *job, change_fn *fn, int names_change, struct err *e)
{
	struct edit d;
	int code;

	if (edit_open(&d, job, e) == -1)
		return -1;
	code = change_named(&d, job, fn);
	if (names_change && spool_sync(&d.spool, e) == -1)
		code = -1;
	edit_close(&d);
	return code;
}

int
mqueue_rm(const struct job *job, struct err *e)
{
	return each_named(job, entry_remove, 1, e);
}

int
mqueue_hold(const struct job *job, struct err *e)
{
	return each_named(job, hold, 0, e);
}

int
mqueue_release(const struct job *job, struct err *e)
{
	return each_named(job, release, 0, e);
}

static int
wanted(const struct envelope *env, const char *addr)
{
	size_t i;

	if (addr == NULL)
		return 1;
	for (i = 0; i < env->rcpts; i++)
		if (env->rcpt[i].fate == FATE_WAITING && strcasecmp(env->rcpt[i].addr, addr) == 0)
			return 1;
	return 0;
}

/* Those that wait for the address, or for anybody (NULL). What others have in hand is tried now anyway. */
static void
retry_waiting(const struct edit *d, const char *addr, int *code)
{
	struct entry t;
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < d->finder.count; i++) {
		int found = entry_claim(&t, &d->spool, d->finder.by_id[i], &e);

		if (found == ENTRY_OK) {
			if (!t.env.held && wanted(&t.env, addr))
				found = retry(&t, &e);
			entry_close(&t);
		}
		if (found == -1)
			complain(code, &e);
	}
}

int
mqueue_retry(const struct job *job, struct err *e)
{
	struct edit d;
	const struct spool_name *n;
	struct err one = { 0 };
	int i, code = 0;

	if (edit_open(&d, job, e) == -1)
		return -1;
	if (job->count == 0)
		retry_waiting(&d, NULL, &code);
	for (i = 0; i < job->count; i++) {
		if (strchr(job->args[i], '@') != NULL)
			retry_waiting(&d, job->args[i], &code);
		else if ((n = finder_find(&d.finder, job->args[i], &one)) == NULL || change(&d.spool, n, retry, &one) == -1)
			complain(&code, &one);
	}
	edit_close(&d);
	return code;
}
