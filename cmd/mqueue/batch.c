/* SPDX-License-Identifier: ISC */
/* batch.c - see batch.h. What msend says is checked against what it was handed: a line that is no result, or about something
 * else, is reported once and ends the batch, but what it still says is listened to, for every `ok` missed is a message sent
 * twice. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch.h"
#include "courier.h"
#include "entry.h"
#include "err.h"
#include "log.h"
#include "mqueue.h"
#include "settle.h"
#include "xalloc.h"

struct flight {			/* an entry that was handed over */
	struct entry entry;
	char *path;		/* NULL: the place is free */
	char *answered;		/* one a recipient; set from the start where nobody waits */
	size_t open;		/* not yet answered */
	size_t tried;		/* answered otherwise than that this machine is offline */
	size_t order;		/* of handing over */
	int unsynced, refused;
	int unrecorded;		/* the file does not tell what became of some */
};

struct batch {
	const struct job *job;
	const struct spool *spool;
	const struct due *due;
	size_t count, next;
	struct courier courier;
	struct flight flight[BATCH_WINDOW];
	size_t flying;
	int started, stop;
	size_t *busy;
	int *code;
};

static void
trouble(struct batch *b, const struct err *e)
{
	complain(b->code, e);
	b->stop = 1;
}

static void
land(struct batch *b, struct flight *f)
{
	entry_close(&f->entry);
	free(f->path);
	free(f->answered);
	*f = (struct flight){ .path = NULL };
	b->flying--;
}

/* A file that does not tell the truth can only go, when everybody has the message; else it stays as it is. */
static void
give_up(struct batch *b, struct entry *t)
{
	struct err e = { 0 };

	if (entry_count(t, FATE_SENT) == t->env.rcpts && entry_remove(t, &e) == -1)
		trouble(b, &e);
}

/* All answered, or nobody to ask: the entry goes, waits or is held. */
static void
finish(struct batch *b, struct entry *t, int how)
{
	struct err e = { 0 };

	if (settle(t, &b->job->settings, (int64_t)time(NULL), how, b->code, &e) == -1)
		trouble(b, &e);
}

static int
outcome(const struct flight *f)
{
	return (f->refused ? SETTLE_NEWS : 0) | (f->tried == 0 ? SETTLE_OFFLINE : 0);
}

/* What a crash or a full disk has left untold comes first. An entry that it fails for is left; others may fare better. */
static int
tell_first(struct batch *b, struct entry *t)
{
	struct err e = { 0 };

	if (settle_tell(t, &b->job->settings, (int64_t)time(NULL), &e) == 0)
		return 0;
	complain(b->code, &e);
	return -1;
}

static int
still_due(const struct batch *b, const struct entry *t)
{
	return !t->env.held && (b->job->force || t->env.next <= (int64_t)time(NULL));
}

static int
start(struct batch *b)
{
	struct err e = { 0 };

	if (!b->started && courier_start(&b->courier, b->due->account, b->job->verbose > 1, &e) == -1) {
		trouble(b, &e);
		return -1;
	}
	b->started = 1;
	return 0;
}

static struct flight *
free_place(struct batch *b)
{
	size_t i = 0;

	while (b->flight[i].path != NULL)
		i++;
	return &b->flight[i];
}

static void
take_off(struct batch *b, struct entry *t, const struct spool_name *name)
{
	struct flight *f = free_place(b);
	size_t i;

	f->entry = *t;
	f->path = spool_path(b->spool, name);
	f->answered = xcalloc(t->env.rcpts, 1);
	for (i = 0; i < t->env.rcpts; i++)
		f->answered[i] = t->env.rcpt[i].fate != FATE_WAITING;
	f->open = entry_count(t, FATE_WAITING);
	f->order = b->next;
	b->flying++;
	courier_hand(&b->courier, f->path);
}

/* Claims the next entry and hands it over. It may have been sent, held or removed since it was seen, or be in other hands. */
static void
hand(struct batch *b)
{
	const struct spool_name *name = b->due[b->next++].name;
	struct entry t;
	struct err e = { 0 };
	int found = entry_claim(&t, b->spool, name, &e);

	if (found == -1)
		complain(b->code, &e);
	*b->busy += found == ENTRY_BUSY;
	if (found != ENTRY_OK)
		return;
	if (still_due(b, &t)) {
		if (entry_count(&t, FATE_WAITING) == 0)
			finish(b, &t, 0);
		else if (tell_first(b, &t) == 0 && start(b) == 0) {
			take_off(b, &t, name);
			return;
		}
	}
	entry_close(&t);
}

static void
hand_over(struct batch *b)
{
	b->stop |= b->job->stop != NULL && *b->job->stop;
	while (!b->stop && b->next < b->count && b->flying < BATCH_WINDOW)
		hand(b);
	if (b->started && (b->stop || b->next == b->count))
		courier_last(&b->courier);
}

static struct flight *
find(struct batch *b, const char *path)
{
	size_t i;

	for (i = 0; i < BATCH_WINDOW; i++)
		if (b->flight[i].path != NULL && strcmp(b->flight[i].path, path) == 0)
			return &b->flight[i];
	return NULL;
}

static void
answer(struct batch *b, struct flight *f, size_t rcpt, const struct result *r)
{
	static const char *const word[] = { "delivered", "later", "refused" };
	struct err e = { 0 };

	f->answered[rcpt] = 1;
	f->open--;
	f->refused |= r->verdict == VERDICT_REFUSED;
	f->tried += !r->offline;
	if (b->job->verbose)
		log_warn("%s to <%s> %s: %s", f->entry.name->id, f->entry.env.rcpt[rcpt].addr, word[r->verdict], r->text);
	if (settle_record(&f->entry, rcpt, r, &f->unsynced, &e) == -1) {
		f->unrecorded |= r->verdict != VERDICT_LATER;
		err_prefix(&e, "what became of %s to <%s> can't be recorded, it may be sent again", f->entry.name->id,
		    f->entry.env.rcpt[rcpt].addr);
		trouble(b, &e);
	}
}

/* "-" as the address stands for all recipients: msend could not read the file. */
static int
answer_about(struct batch *b, const struct result *r)
{
	struct flight *f = find(b, r->path);
	int all = strcmp(r->addr, "-") == 0 && r->verdict == VERDICT_LATER, found = 0;
	size_t i;

	for (i = 0; f != NULL && i < f->entry.env.rcpts && (all || !found); i++) {
		if (f->answered[i] || (!all && strcmp(f->entry.env.rcpt[i].addr, r->addr) != 0))
			continue;
		answer(b, f, i, r);
		found = 1;
	}
	return found;
}

static void
hear(struct batch *b, char *line, size_t len, int torn)
{
	struct result r;
	struct err e = { 0 };
	char *copy = xstrndup(line, len < 200 ? len : 200);

	if (torn || result_parse(line, len, &r) == -1)
		err_set(&e, ERR_PROTOCOL, "msend said what is no result: \"%s\"", copy);
	else if (!answer_about(b, &r))
		err_set(&e, ERR_PROTOCOL, "msend gave a result for what it was not asked: \"%s\"", copy);
	if (e.class != ERR_NONE) {
		if (!b->stop)
			complain(b->code, &e);
		b->stop = 1;
	}
	free(copy);
}

/* One sync an entry, however many of its recipients were answered in one go. */
static void
make_safe(struct batch *b, struct flight *f)
{
	struct err e = { 0 };

	if (f->unsynced && settle_sync(&f->entry, &e) == -1)
		trouble(b, &e);
	f->unsynced = 0;
}

static void
take_in(struct batch *b)
{
	char *line;
	size_t len, i;
	int torn;

	while (courier_line(&b->courier, &line, &len, &torn))
		hear(b, line, len, torn);
	for (i = 0; i < BATCH_WINDOW; i++) {
		struct flight *f = &b->flight[i];

		if (f->path == NULL)
			continue;
		make_safe(b, f);
		if (f->open == 0) {
			if (f->unrecorded)
				give_up(b, &f->entry);
			else
				finish(b, &f->entry, outcome(f));
			land(b, f);
		}
	}
}

/* What msend was working on when a signal killed it: the first of those it left, as they were handed over. */
static struct flight *
oldest(struct batch *b)
{
	struct flight *f = NULL;
	size_t i;

	for (i = 0; i < BATCH_WINDOW; i++) {
		struct flight *o = &b->flight[i];

		if (o->path != NULL && (f == NULL || o->order < f->order))
			f = o;
	}
	return f;
}

static void
blame(struct batch *b, struct flight *f, const char *how)
{
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < f->entry.env.rcpts; i++)
		if (!f->answered[i] && settle_later(&f->entry, i, how, &e) == -1)
			trouble(b, &e);
	if (!f->unrecorded)
		finish(b, &f->entry, f->refused ? SETTLE_NEWS : 0);
}

/* Those that were not answered stay as they were. */
static void
leave(struct batch *b)
{
	struct buf how = { 0 };
	struct err e = { 0 };
	size_t i;

	courier_how(&b->courier, &how);
	err_set(&e, courier_class(&b->courier), "msend %s and did not answer for %zu of its messages; they wait", buf_str(&how),
	    b->flying);
	complain(b->code, &e);
	if (courier_killed(&b->courier)) {
		err_set(&e, ERR_SOFTWARE, "msend %s", buf_str(&how));
		blame(b, oldest(b), e.text);
	}
	for (i = 0; i < BATCH_WINDOW; i++)
		if (b->flight[i].path != NULL)
			land(b, &b->flight[i]);
	buf_free(&how);
}

enum batch_end
batch_run(const struct job *job, const struct spool *q, const struct due *due, size_t count, size_t *busy, int *code)
{
	struct batch b = { .job = job, .spool = q, .due = due, .count = count, .busy = busy, .code = code };
	struct err e = { 0 };
	int more = 0;

	hand_over(&b);
	while (b.started && more == 0) {
		if ((more = courier_wait(&b.courier, &e)) == -1)
			trouble(&b, &e);
		take_in(&b);
		hand_over(&b);
	}
	if (!b.started)
		return b.stop ? BATCH_CUT : BATCH_DONE;
	courier_end(&b.courier);
	if (b.flying == 0)
		return b.stop ? BATCH_CUT : BATCH_DONE;
	leave(&b);
	return BATCH_CUT;
}
