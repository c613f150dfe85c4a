/* SPDX-License-Identifier: ISC */
/* fetch.c - the order of things that makes delivery exactly once; see fetch.h and seen.h. */
#include "fetch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deliver.h"
#include "listing.h"
#include "log.h"
#include "pop3.h"
#include "progress.h"
#include "seen.h"
#include "xalloc.h"

#define BATCH_MAX 256
#define BATCH_OCTETS ((uint64_t)64 * 1024 * 1024)
#define STORE_FAILURES 3	/* in a row, and the disk is not worth another try */

struct fetch {
	struct pop3 *p;
	struct deliver *d;
	struct seen *s;
	const struct fetch_opts *o;
	struct listing l;
	struct listing_msg *batch[BATCH_MAX];	/* delivered, not yet recorded */
	char *name[BATCH_MAX];
	size_t held;
	uint64_t octets;			/* of the batch */
	int broken;				/* a batch could not be made safe: it stays as it is for the next run */
	int failures;				/* to store, in a row */
	enum err_class first;			/* problem with a single message */
	struct progress progress;
};

static int
is_due(const struct fetch_opts *o, const struct seen_entry *entry, time_t now)
{
	return !o->keep || (o->age >= 0 && now - entry->time >= o->age);
}

/* Twins can't be told apart from one session to the next: no record may have one deleted. Where all is deleted they are fetched
 * again. */
static int
is_known(const struct seen *s, const struct fetch_opts *o, const struct listing_msg *m, struct seen_entry *entry)
{
	return (m->twin == 0 || o->keep) && seen_get(s, m, entry);
}

/* Of what is not known. What has no UID can't be kept: it would be fetched each time. */
static int
is_wanted(const struct fetch_opts *o, const struct listing_msg *m, uint64_t size)
{
	return (!o->keep || m->uid != NULL) && (o->max_size == 0 || size <= o->max_size);
}

uint64_t
fetch_choose(struct listing *l, const struct seen *s, const struct fetch_opts *o, uint64_t *octets)
{
	time_t now = time(NULL);
	uint64_t found = 0;

	*octets = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct listing_msg *m = &l->msg[i];
		uint64_t size = m->size == LISTING_NO_SIZE ? 0 : m->size;
		struct seen_entry entry;

		m->drop = 0;
		m->state = MSG_SKIP;
		if (is_known(s, o, m, &entry)) {
			m->state = MSG_SEEN;
			m->drop = m->twin == 0 && is_due(o, &entry, now);
		} else if (is_wanted(o, m, size) && (o->count == 0 || found < o->count)) {
			m->state = MSG_NEW;
			*octets += size;
			found++;
		}
	}
	return found;
}

/* Told as it happens; the exit code is that of the first one. */
static void
problem(struct fetch *f, const struct listing_msg *m, const struct err *why)
{
	log_warn("message %u (UID %.100s) stays on the server: %s", m->number, m->uid != NULL ? m->uid : "unknown", why->text);
	if (f->first == ERR_NONE)
		f->first = why->class;
}

static void
forget_batch(struct fetch *f)
{
	for (size_t i = 0; i < f->held; i++)
		free(f->name[i]);
	f->held = 0;
	f->octets = 0;
}

/* A twin about to be deleted is not recorded: the record could be taken for another's. */
static void
record_batch(struct fetch *f)
{
	for (size_t i = 0; i < f->held; i++)
		if (f->batch[i]->twin == 0 || f->o->keep)
			seen_put(f->s, f->batch[i], f->name[i]);
}

static int
commit(struct fetch *f, struct err *e)
{
	if (f->held == 0 || f->broken)
		return 0;
	f->broken = 1;
	if (deliver_sync(f->d, e) == -1)
		return -1;
	record_batch(f);
	if (seen_commit(f->s, e) == -1 || deliver_place(f->d, e) == -1)
		return -1;
	f->broken = 0;
	for (size_t i = 0; i < f->held; i++) {
		f->batch[i]->state = MSG_SEEN;
		f->batch[i]->drop = !f->o->keep;
	}
	forget_batch(f);
	return 0;
}

/* A message that can't be stored is still read to its end, so that the next one can be. */
struct latch {
	struct fetch *f;
	int failed;
	struct err *why;
};

static int
latch_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct latch *l = ctx;

	(void)e;
	progress_add(&l->f->progress, 0, n);
	l->f->octets += n;
	if (!l->failed)
		l->failed = deliver_write(l->f->d, p, n, l->why) == -1;
	return 0;
}

/* 0: delivered. 1: not this one, *why tells. -1: the connection or the target is at its end. */
static int
receive(struct fetch *f, struct err *why, struct err *e)
{
	struct latch latch = { .f = f, .why = why };
	int r;

	latch.failed = deliver_begin(f->d, why) == -1;
	if (pop3_body(f->p, latch_write, &latch, e) == -1) {
		deliver_abort(f->d);
		return -1;
	}
	if (latch.failed) {
		deliver_abort(f->d);
		return 1;
	}
	if ((r = deliver_end(f->d, why)) == -1)
		*e = *why;
	return r;
}

static int
not_stored(struct fetch *f, const struct listing_msg *m, const struct err *why, struct err *e)
{
	problem(f, m, why);
	if (deliver_maildir(f->d) == NULL || ++f->failures < STORE_FAILURES)
		return 0;
	*e = *why;
	return err_prefix(e, "%d messages in a row could not be stored, so the rest is left", STORE_FAILURES);
}

/* C: RETR 1                RFC 1939 section 5
 * S: +OK … message … .     or -ERR: then this one stays */
static int
retrieved(void *ctx, struct listing_msg *m, const struct reply *r, struct err *e)
{
	struct fetch *f = ctx;
	struct err why;
	int taken;

	if (r->kind != REPLY_OK) {
		pop3_refused(f->p, r, f->o->headers ? "TOP" : "RETR", &why);
		problem(f, m, &why);
		return 0;
	}
	if ((taken = receive(f, &why, e)) == -1)
		return -1;
	progress_add(&f->progress, 1, 0);
	if (taken == 1)
		return not_stored(f, m, &why, e);
	f->failures = 0;
	f->name[f->held] = xstrdup(deliver_name(f->d));
	f->batch[f->held++] = m;
	return f->held >= deliver_batch(f->d) || f->octets >= BATCH_OCTETS ? commit(f, e) : 0;
}

typedef int choose_fn(const struct listing_msg *);

static int
is_new(const struct listing_msg *m)
{
	return m->state == MSG_NEW;
}

static int
is_to_drop(const struct listing_msg *m)
{
	return m->drop;
}

/* One command for each message chosen. */
static int
run(struct fetch *f, struct pop3_run *run, choose_fn *chosen, struct err *e)
{
	struct listing_msg **msg = xcalloc(f->l.count + 1, sizeof *msg);
	int r;

	for (size_t i = 0; i < f->l.count; i++)
		if (chosen(&f->l.msg[i]))
			msg[run->count++] = &f->l.msg[i];
	run->msg = msg;
	run->ctx = f;
	r = pop3_run(f->p, run, e);
	free(msg);
	return r;
}

/* What came in whole before a failure is made safe as well. */
static int
retrieve(struct fetch *f, struct err *e)
{
	struct pop3_run retr = { .verb = f->o->headers ? "TOP" : "RETR", .suffix = f->o->headers ? " 0" : "", .fn = retrieved };
	struct err later;
	uint64_t octets, count = fetch_choose(&f->l, f->s, f->o, &octets);
	int r;

	progress_begin(&f->progress, "fetching", count, octets, f->o->quiet);
	r = run(f, &retr, is_new, e);
	progress_end(&f->progress);
	if (r == 0)
		return commit(f, e);
	if (commit(f, &later) == -1)
		log_warn("%s", later.text);
	return -1;
}

/* C: DELE 1                RFC 1939 section 5 */
static int
deleted(void *ctx, struct listing_msg *m, const struct reply *r, struct err *e)
{
	struct fetch *f = ctx;
	struct err why;

	(void)e;
	if (r->kind != REPLY_OK) {
		pop3_refused(f->p, r, "DELE", &why);
		problem(f, m, &why);
		m->drop = 0;
	}
	return 0;
}

/* C: DELE 1 … C: QUIT      RFC 1939 section 6: only +OK to QUIT says that they are gone */
static int
finish(struct fetch *f, struct err *e)
{
	struct pop3_run dele = { .verb = "DELE", .suffix = "", .tail = "QUIT", .fn = deleted };
	struct reply r;
	int ok;

	ok = run(f, &dele, is_to_drop, e) == 0 && pop3_recv(f->p, &r, e) == 0;
	if (ok && r.kind != REPLY_OK)
		ok = pop3_refused(f->p, &r, "QUIT", e) == 0;
	if (!ok && dele.count > 0) {
		e->class = ERR_TEMP;
		return err_prefix(e, "%zu safe here, but the server did not confirm the deletion; the next run deletes what is "
		    "left", dele.count);
	}
	for (size_t i = 0; ok && i < f->l.count; i++)
		if (f->l.msg[i].drop)
			seen_deleted(f->s, &f->l.msg[i]);
	return 0;
}

/* What the server's listing can't be used for. */
static int
check_uids(const struct fetch *f, int uids, struct err *e)
{
	size_t twins = 0, without = 0;

	if (!uids && f->o->keep)
		return err_set(e, ERR_UNAVAILABLE, "the server has no UIDL, so what is new can't be told from what was fetched "
		    "before: without -k and -H it is all fetched and deleted");
	if (!uids && seen_count(f->s) > 0)
		return err_set(e, ERR_TEMP, "the server refuses UIDL, which it had before: nothing is fetched, as some of it may "
		    "be here already");
	for (size_t i = 0; i < f->l.count; i++) {
		twins += f->l.msg[i].twin > 0;
		without += f->l.msg[i].uid == NULL;
	}
	if (without > 0 && f->o->keep)
		log_warn("%zu messages have no usable UID: they are only fetched when all is deleted, without -k and -H",
		    without);
	if (twins > 0)
		log_warn("%zu messages share their UID with another: after a broken connection they may be fetched twice", twins);
	return 0;
}

static int
session(struct fetch *f, struct err *e)
{
	int uids;

	if (pop3_list(f->p, &f->l, &uids, e) == -1 || check_uids(f, uids, e) == -1)
		return -1;
	if (uids)
		seen_prune(f->s, &f->l);
	return retrieve(f, e) == -1 ? -1 : finish(f, e);
}

int
fetch(struct pop3 *p, struct deliver *d, struct seen *s, const struct fetch_opts *o, enum err_class *first, struct err *e)
{
	struct fetch f = { .p = p, .d = d, .s = s, .o = o };
	struct err later;
	int r = session(&f, e);

	if (!f.broken) {
		seen_placed(s);
		if (seen_commit(s, &later) == -1 && r == 0) {
			*e = later;
			r = -1;
		}
	}
	forget_batch(&f);
	listing_free(&f.l);
	*first = f.first;
	return r;
}
