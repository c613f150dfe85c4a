/* SPDX-License-Identifier: ISC */
/* answers.c - what msend says about the entries of a batch. It is checked against what msend was handed: a line that is no
 * result, or about something else, is reported once and ends the group, but what it still says is listened to, for every `ok`
 * missed is a message sent twice. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "err.h"
#include "flight.h"
#include "log.h"
#include "mqueue.h"
#include "settle.h"
#include "xalloc.h"

#define TOGETHER 3

void
flight_trouble(struct batch *b, const struct err *e)
{
	complain(&b->result->code, e);
	b->stop = b->quit = 1;
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
		flight_trouble(b, &e);
}

/* All answered, or nobody to ask: the entry goes, waits or is held. */
void
flight_finish(struct batch *b, struct entry *t, int how)
{
	struct err e = { 0 };

	if (settle(t, &b->job->settings, (int64_t)time(NULL), how, &b->result->code, &e) == -1)
		flight_trouble(b, &e);
}

static int
outcome(const struct flight *f)
{
	return (f->refused ? SETTLE_NEWS : 0) | (f->tried == 0 ? SETTLE_OFFLINE : 0);
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
	b->answers++;
	health_hear(&b->health, &f->entry, rcpt, f->order, r);
	f->refused |= r->verdict == VERDICT_REFUSED;
	f->tried += !r->offline;
	if (b->job->verbose)
		log_warn("%s to <%s> %s: %s", f->entry.name->id, f->entry.env.rcpt[rcpt].addr, word[r->verdict], r->text);
	if (settle_record(&f->entry, rcpt, r, &f->unsynced, &e) == -1) {
		f->unrecorded |= r->verdict != VERDICT_LATER;
		err_prefix(&e, "what became of %s to <%s> can't be recorded, it may be sent again", f->entry.name->id,
		    f->entry.env.rcpt[rcpt].addr);
		flight_trouble(b, &e);
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
			complain(&b->result->code, &e);
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
		flight_trouble(b, &e);
	f->unsynced = 0;
}

/* Everybody has it: the file can go. */
static int
delivered(const struct flight *f)
{
	return f->path != NULL && f->open == 0 && !f->unrecorded && f->entry.name->box == SPOOL_NEW &&
	    entry_count(&f->entry, FATE_SENT) == f->entry.env.rcpts;
}

/* Several that were answered in one go: that their files are gone is made safe at once, in place of what is in each. The slower
 * the disk, the more they are. */
static void
remove_together(struct batch *b)
{
	struct err e = { 0 };
	size_t i, n = 0;

	for (i = 0; i < BATCH_WINDOW; i++)
		n += (size_t)delivered(&b->flight[i]);
	if (n < TOGETHER)
		return;
	for (i = 0; i < BATCH_WINDOW; i++)
		if (delivered(&b->flight[i])) {
			flight_finish(b, &b->flight[i].entry, 0);
			land(b, &b->flight[i]);
		}
	if (spool_sync(b->spool, &e) == -1)
		flight_trouble(b, &e);
}

void
flight_hear(struct batch *b)
{
	char *line;
	size_t len, i;
	int torn;

	while (courier_line(&b->courier, &line, &len, &torn))
		hear(b, line, len, torn);
	remove_together(b);
	for (i = 0; i < BATCH_WINDOW; i++) {
		struct flight *f = &b->flight[i];

		if (f->path == NULL)
			continue;
		make_safe(b, f);
		if (f->open == 0) {
			if (f->unrecorded)
				give_up(b, &f->entry);
			else
				flight_finish(b, &f->entry, outcome(f));
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
			flight_trouble(b, &e);
	if (!f->unrecorded)
		flight_finish(b, &f->entry, f->refused ? SETTLE_NEWS : 0);
}

/* Those that were not answered stay as they were. */
void
flight_leave(struct batch *b)
{
	struct buf how = { 0 };
	struct err e = { 0 };
	size_t i;

	courier_how(&b->courier, &how);
	err_set(&e, courier_class(&b->courier), "msend %s and did not answer for %zu of its messages; they wait", buf_str(&how),
	    b->flying);
	complain(&b->result->code, &e);
	if (courier_killed(&b->courier)) {
		err_set(&e, ERR_SOFTWARE, "msend %s", buf_str(&how));
		blame(b, oldest(b), e.text);
	}
	for (i = 0; i < BATCH_WINDOW; i++)
		if (b->flight[i].path != NULL)
			land(b, &b->flight[i]);
	buf_free(&how);
}
