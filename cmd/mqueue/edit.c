/* SPDX-License-Identifier: ISC */
/* edit.c - rm, expire, hold, release and retry, of the entries named or of those selected: each claims the entry first, so one that
 * is being sent is left alone (exit code 75). What they change is on disk when they exit 0: a few are synced one by one, a
 * selection together. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "dest.h"
#include "entry.h"
#include "err.h"
#include "find.h"
#include "mqueue.h"
#include "select.h"

struct change {
	int (*fn)(struct entry *, struct err *e);
	int (*fits)(const struct entry *);	/* of a selection: NULL for all */
	int names;		/* the names in the directory change */
	int all;		/* neither an id nor a selection means all */
	int taken;		/* one that is being sent needs no word */
	int tries;		/* they are to be tried now, whatever is known of their destinations */
};

struct edit {
	struct spool spool;
	struct finder finder;
	struct selection selection;
	const struct change *change;
	const struct settings *settings;
	struct dests dests;
	int64_t now;
	size_t changed;
	int *code;
};

static int
set_hold(struct entry *t, struct err *e)
{
	return envelope_set_held(t->fd, &t->env, 1, e);
}

/* Due now, tried as if it had never been; who was refused is tried again. */
static int
set_release(struct entry *t, struct err *e)
{
	size_t i;

	for (i = 0; i < t->env.rcpts; i++)
		if (t->env.rcpt[i].fate == FATE_REFUSED &&
		    envelope_set_fate(t->fd, &t->env, i, FATE_WAITING, t->env.rcpt[i].reply, e) == -1)
			return -1;
	if (envelope_set_next(t->fd, &t->env, (int64_t)time(NULL), 0, e) == -1)
		return -1;
	return envelope_set_held(t->fd, &t->env, 0, e);
}

static int
set_due(struct entry *t, struct err *e)
{
	if (t->env.held)
		return err_set(e, ERR_UNAVAILABLE, "%s is held; release it", t->name->id);
	return envelope_set_next(t->fd, &t->env, (int64_t)time(NULL), t->env.tries, e);
}

/* Given up, as if its time were over: the next run tells the sender. */
static int
set_expired(struct entry *t, struct err *e)
{
	struct buf reply = { 0 };
	size_t i;
	int code = 0;

	for (i = 0; i < t->env.rcpts && code == 0; i++) {
		if (t->env.rcpt[i].fate != FATE_WAITING)
			continue;
		buf_cut(&reply, 0);
		buf_printf(&reply, NOTICE_GIVEN_UP "%s", *t->env.rcpt[i].reply != '\0' ? t->env.rcpt[i].reply : "not tried");
		code = envelope_set_fate(t->fd, &t->env, i, FATE_REFUSED, buf_str(&reply), e);
	}
	buf_free(&reply);
	if (code == 0)
		code = envelope_set_next(t->fd, &t->env, (int64_t)time(NULL), t->env.tries, e);
	return code == 0 ? envelope_set_held(t->fd, &t->env, 0, e) : -1;
}

static int
is_held(const struct entry *t)
{
	return t->env.held;
}

static int
is_free(const struct entry *t)
{
	return !t->env.held;
}

static const struct change rm = { .fn = entry_remove, .names = 1 };
static const struct change expire = { .fn = set_expired };
static const struct change hold = { .fn = set_hold, .fits = is_free };
static const struct change release = { .fn = set_release, .fits = is_held, .tries = 1 };
static const struct change retry = { .fn = set_due, .fits = is_free, .all = 1, .taken = 1, .tries = 1 };

/* That it could not be reached is no longer known. */
static void
forget(struct edit *d, const struct envelope *env)
{
	const struct dest *known;
	struct err e = { 0 };
	char name[WHERETO_MAX + 1];
	size_t i;

	for (i = 0; d->dests.count > 0 && i < env->rcpts; i++) {
		if (env->rcpt[i].fate != FATE_WAITING)
			continue;
		whereto_name(&d->settings->whereto, env, i, name);
		if ((known = dests_find(&d->dests, name)) == NULL || known->until <= d->now)
			continue;
		if (dest_tell(&d->spool, name, DEST_FORGET, "", &d->settings->schedule, d->now, &e) == -1)
			complain(d->code, &e);
		d->dests.at[known - d->dests.at].until = 0;	/* once is enough */
	}
}

static int
make_change(struct edit *d, struct entry *t, struct err *e)
{
	int code = d->change->fn(t, e);

	if (code == 0 && d->change->tries)
		forget(d, &t->env);
	return code;
}

static int
sync_one(const struct entry *t, struct err *e)
{
	return fdatasync(t->fd) == -1 ? err_sys(e, ERR_IO, "sync %s", t->name->name) : 0;
}

static int
change_one(struct edit *d, const struct spool_name *n, struct err *e)
{
	struct entry t;
	int code = entry_claim(&t, &d->spool, n, e);

	if (code == ENTRY_BUSY)
		return err_set(e, ERR_TEMP, "%s is being sent", n->id);
	if (code == ENTRY_GONE)
		return err_set(e, ERR_DATA, "%s: no such message in the queue", n->id);
	if (code == ENTRY_OK) {
		if (select_fits(&d->selection, &t.env, d->now) && (code = make_change(d, &t, e)) == 0 && !d->change->names)
			code = sync_one(&t, e);
		entry_close(&t);
	}
	return code;
}

static int
fits(const struct edit *d, const struct entry *t)
{
	return (d->change->fits == NULL || d->change->fits(t)) && select_fits(&d->selection, &t->env, d->now);
}

/* Looked at first, for that needs no lock; and again under the lock. */
static int
change_if(struct edit *d, const struct spool_name *n, struct err *e)
{
	struct entry t;
	int found = entry_read(&t, &d->spool, n, e), wanted;

	if (found != ENTRY_OK)
		return found == ENTRY_GONE ? 0 : -1;
	wanted = fits(d, &t);
	entry_close(&t);
	if (!wanted)
		return 0;
	found = entry_claim(&t, &d->spool, n, e);
	if (found == ENTRY_BUSY && !d->change->taken)
		return err_set(e, ERR_TEMP, "%s is being sent", n->id);
	if (found != ENTRY_OK)
		return found == -1 ? -1 : 0;
	if (fits(d, &t)) {
		found = make_change(d, &t, e);
#ifndef __linux__
		if (found == 0 && !d->change->names)
			found = sync_one(&t, e);
#endif
		d->changed += found == 0;
	}
	entry_close(&t);
	return found;
}

static void
change_selected(struct edit *d)
{
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < d->finder.count; i++)
		if (change_if(d, d->finder.by_id[i], &e) == -1)
			complain(d->code, &e);
}

/* An address stands for those that wait for it. */
static void
change_named(struct edit *d, const struct job *job)
{
	const struct spool_name *n;
	struct err e = { 0 };
	int i;

	for (i = 0; i < job->count; i++) {
		if (d->change->all && strchr(job->args[i], '@') != NULL) {
			d->selection.rcpt = job->args[i];
			change_selected(d);
			d->selection.rcpt = job->rcpt;
		} else if ((n = finder_find(&d->finder, job->args[i], &e)) == NULL || change_one(d, n, &e) == -1)
			complain(d->code, &e);
	}
}

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

static int
edit(const struct job *job, const struct change *change, struct err *e)
{
	int code = 0, rc = 0;
	struct edit d = { .change = change, .settings = &job->settings, .now = (int64_t)time(NULL), .code = &code };

	if (select_read(&d.selection, job, e) == -1)
		return -1;
	if (job->count == 0 && !change->all && select_any(&d.selection))
		return err_set(e, ERR_USAGE, "no id given, and no -s, -r or -A");
	if (edit_open(&d, job, e) == -1)
		return -1;
	dests_read(&d.dests, &d.spool, &job->settings.whereto, &job->settings.schedule, d.now);
	if (job->count > 0)
		change_named(&d, job);
	else
		change_selected(&d);
	if (change->names)
		rc = spool_sync(&d.spool, e);
	else if (d.changed > 0)
		rc = spool_flush(&d.spool, e);
	dests_free(&d.dests);
	finder_free(&d.finder);
	spool_close(&d.spool);
	return rc == -1 ? -1 : code;
}

int
mqueue_rm(const struct job *job, struct err *e)
{
	return edit(job, &rm, e);
}

int
mqueue_expire(const struct job *job, struct err *e)
{
	return edit(job, &expire, e);
}

int
mqueue_hold(const struct job *job, struct err *e)
{
	return edit(job, &hold, e);
}

int
mqueue_release(const struct job *job, struct err *e)
{
	return edit(job, &release, e);
}

int
mqueue_retry(const struct job *job, struct err *e)
{
	return edit(job, &retry, e);
}
