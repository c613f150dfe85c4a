/* SPDX-License-Identifier: ISC */
/* fetch.c - the order of things that makes delivery exactly once; see fetch.h and seen.h. */
#include "fetching.h"

#include <stdlib.h>
#include <string.h>

#include "deliver.h"
#include "filter.h"
#include "log.h"
#include "pop3.h"
#include "rebuild.h"
#include "renamed.h"
#include "seen.h"
#include "xalloc.h"

typedef int choose_fn(const struct listing_msg *);

static int
is_new(const struct listing_msg *m)
{
	return m->state == MSG_NEW;
}

static int
is_large(const struct listing_msg *m)
{
	return m->state == MSG_LARGE;
}

static int
is_in_doubt(const struct listing_msg *m)
{
	return m->state == MSG_DOUBT;
}

static int
is_to_drop(const struct listing_msg *m)
{
	return m->drop;
}

static struct listing_msg **
chosen(struct fetch *f, choose_fn *is, size_t *count)
{
	struct listing_msg **msg;

	*count = 0;
	for (size_t i = 0; i < f->l.count; i++)
		*count += is(&f->l.msg[i]) != 0;
	msg = xcalloc(*count + 1, sizeof *msg);
	for (size_t i = 0, n = 0; n < *count; i++)
		if (is(&f->l.msg[i]))
			msg[n++] = &f->l.msg[i];
	return msg;
}

/* One command for each message chosen. */
static int
run(struct fetch *f, struct pop3_run *run, choose_fn *is, struct err *e)
{
	struct listing_msg **msg = chosen(f, is, &run->count);
	int r;

	run->msg = msg;
	run->ctx = f;
	r = pop3_run(f->p, run, e);
	free(msg);
	return r;
}

static int
run_headers(struct fetch *f, choose_fn *is, struct err *e)
{
	size_t count;
	struct listing_msg **msg = chosen(f, is, &count);
	int r = count > 0 ? headers_each(f->p, msg, count, fetch_header, f, e) : 0;

	free(msg);
	return r;
}

/* Without TOP the header comes with all that was not wanted. */
static int
notes(struct fetch *f, struct err *e)
{
	if (f->p->caps.top)
		return run_headers(f, is_large, e);
	log_warn("the server does not offer TOP, so there are no notes of large messages");
	return 0;
}

/* What came in whole before a failure is made safe as well. */
static int
retrieve(struct fetch *f, uint64_t count, uint64_t octets, struct err *e)
{
	struct pop3_run retr = { .verb = "RETR", .suffix = "", .fn = fetch_retrieved };
	struct err later;
	int r;

	progress_begin(&f->progress, "fetching", count, octets, f->o->quiet);
	r = f->o->headers ? run_headers(f, is_new, e) : run(f, &retr, is_new, e);
	if (r == 0 && f->o->notes)
		r = notes(f, e);
	progress_end(&f->progress);
	if (r == 0 && pop3_quiet(f->p, e) == -1) {
		f->broken = 1;
		r = -1;
	}
	f->broken |= f->p->astray;
	if (r == 0)
		return fetch_commit(f, e);
	if (fetch_commit(f, &later) == -1)
		log_warn("%s", later.text);
	return -1;
}

/* A message that is not wanted at all counts as fetched, so that -K deletes it in time. */
static void
judged(void *ctx, struct listing_msg *m, enum verdict v, const struct err *why)
{
	struct fetch *f = ctx;

	if (v == VERDICT_TAKE)
		return;
	m->state = MSG_SKIP;
	if (v == VERDICT_NONE)
		fetch_problem(f, m, why);
	if (v != VERDICT_DELETE)
		return;
	seen_put(f->s, m, "-", NULL);
	m->drop = !f->o->keep;
}

/* The limit holds for what is left. */
static int
filter(struct fetch *f, uint64_t *count, uint64_t *octets, struct err *e)
{
	size_t n;
	struct listing_msg **msg = chosen(f, is_new, &n);
	int r = n > 0 ? filter_each(f->p, f->o->filter, f->o->end, msg, n, judged, f, e) : 0;

	*count = *octets = 0;
	for (size_t i = 0; i < n; i++)
		if (msg[i]->state == MSG_NEW && !fetch_has_room(f->o, *count, *octets, msg[i]->size))
			msg[i]->state = MSG_SKIP;
		else if (msg[i]->state == MSG_NEW) {
			*octets += msg[i]->size != LISTING_NO_SIZE ? msg[i]->size : 0;
			++*count;
		}
	free(msg);
	return r == -1 ? -1 : seen_commit(f->s, e);
}

/* A UID that was deleted and is listed may be another message's: the size tells. */
static int
settle_doubts(struct fetch *f, struct err *e)
{
	size_t n;
	struct listing_msg **msg = chosen(f, is_in_doubt, &n);
	int r = pop3_sizes(f->p, msg, n, e);

	free(msg);
	return r == -1 ? -1 : n > 0;
}

static int
choose(struct fetch *f, uint64_t *count, uint64_t *octets, struct err *e)
{
	struct fetch_opts all = *f->o;
	int r;

	if (f->o->filter == NULL) {
		*count = fetch_choose(&f->l, f->s, f->o, octets);
		if ((r = settle_doubts(f, e)) == 1)
			*count = fetch_choose(&f->l, f->s, f->o, octets);
		return r == -1 ? -1 : 0;
	}
	all.count = all.session_size = 0;
	fetch_choose(&f->l, f->s, &all, octets);
	return filter(f, count, octets, e);
}

/* Nothing is fetched, all is known from now on, and never deleted for that. */
static void
mark(struct fetch *f)
{
	uint64_t octets;

	fetch_choose(&f->l, f->s, f->o, &octets);
	for (size_t i = 0; i < f->l.count; i++)
		if (is_new(&f->l.msg[i]))
			seen_mark(f->s, &f->l.msg[i]);
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
		fetch_problem(f, m, &why);
		m->drop = 0;
	}
	return 0;
}

/* C: DELE 1 … C: QUIT      RFC 1939 section 6: only +OK to QUIT says that they are gone */
static int
finish(struct fetch *f, struct err *e)
{
	struct pop3_run dele = { .verb = "DELE", .suffix = "", .tail = "QUIT", .one_line = 1, .fn = deleted };
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
		if (f->l.msg[i].drop) {
			seen_deleted(f->s, &f->l.msg[i]);
			f->result->deleted++;
		}
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

/* What we have, though no record tells so: under new UIDs, or in the maildir. */
static int
know_again(struct fetch *f, struct err *e)
{
	struct maildir *m = deliver_maildir(f->d);
	size_t known = 0;

	if (m != NULL && seen_is_new(f->s) && !f->o->headers && !f->o->mark) {
		if (rebuild(f->p, &f->l, f->s, maildir_path(m), f->o->began, &known, e) == -1)
			return -1;
		if (known > 0)
			log_warn("%s has no ledger: %zu messages, found there by header and size, are not fetched again",
			    maildir_path(m), known);
		return 0;
	}
	if (renamed_adopt(f->p, &f->l, f->s, &known, e) == -1)
		return -1;
	if (known > 0)
		log_warn("the server has given new UIDs: %zu messages, known by their headers, are not fetched again", known);
	return 0;
}

static int
session(struct fetch *f, struct err *e)
{
	uint64_t count, octets;
	int uids;

	if (pop3_list(f->p, &f->l, &uids, e) == -1 || check_uids(f, uids, e) == -1)
		return -1;
	if (uids && know_again(f, e) == -1)
		return -1;
	if (f->o->mark)
		mark(f);
	else if (choose(f, &count, &octets, e) == -1 || retrieve(f, count, octets, e) == -1)
		return -1;
	return finish(f, e);
}

int
fetch(struct pop3 *p, struct deliver *d, struct seen *s, const struct fetch_opts *o, struct fetch_result *result,
    struct err *e)
{
	struct fetch f = { .p = p, .d = d, .s = s, .o = o, .result = result };
	struct err later;
	int r = session(&f, e);

	if (!f.broken) {
		seen_placed(s);
		if (seen_commit(s, &later) == -1 && r == 0) {
			*e = later;
			r = -1;
		}
	}
	if (f.problems > PROBLEMS_TOLD)
		log_warn("%zu more messages stay on the server", f.problems - PROBLEMS_TOLD);
	fetch_forget(&f);
	listing_free(&f.l);
	return r;
}
