/* SPDX-License-Identifier: ISC */
/* batch.c - see batch.h: claims entries and hands them over. answers.c has the other direction, health.c what the destination
 * is like. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "flight.h"
#include "mqueue.h"
#include "settle.h"
#include "xalloc.h"

/* What a crash or a full disk has left untold comes first. An entry that it fails for is left; others may fare better. */
static int
tell_first(struct batch *b, struct entry *t)
{
	struct err e = { 0 };

	if (settle_tell(t, &b->job->settings, (int64_t)time(NULL), &e) == 0)
		return 0;
	complain(&b->result->code, &e);
	return -1;
}

static int
start(struct batch *b)
{
	struct err e = { 0 };

	if (b->started)
		return 0;
	if (courier_start(&b->courier, b->due->account, b->job->verbose > 1, &e) == -1) {
		flight_trouble(b, &e);
		return -1;
	}
	b->account = b->due->account;
	b->answers = 0;
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
	f->order = ++b->handed;
	b->flying++;
	courier_hand(&b->courier, f->path);
}

/* Its time is over, or its sender is to be told of the delay, and there is nobody to try: it says why. */
static void
pass_over(struct batch *b, struct entry *t, const struct dest *why)
{
	struct buf reply = { 0 };
	struct err e = { 0 };
	size_t i;

	buf_printf(&reply, "not tried: %s", why->why);
	for (i = 0; i < t->env.rcpts; i++)
		if (t->env.rcpt[i].fate == FATE_WAITING && *t->env.rcpt[i].reply == '\0' &&
		    settle_later(t, i, buf_str(&reply), &e) == -1)
			flight_trouble(b, &e);
	buf_free(&reply);
	flight_finish(b, t, 0);
}

/* Nobody waits, or for somebody who can't be reached: 1, else it is to be handed over. */
static int
without_trying(struct batch *b, struct entry *t)
{
	const struct dest *why = NULL;
	int64_t until = b->job->force ? 0 : dests_until(&b->health.dests, &t->env, &why);

	if (entry_count(t, FATE_WAITING) == 0) {
		flight_finish(b, t, 0);
		return 1;
	}
	if (until == 0)
		return 0;
	if (settle_overdue(&t->env, &b->job->settings, b->health.dests.now))
		pass_over(b, t, why);
	else if (b->result->soonest == 0 || until < b->result->soonest)
		b->result->soonest = until;
	return 1;
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
		complain(&b->result->code, &e);
	b->result->busy += found == ENTRY_BUSY;
	if (found != ENTRY_OK)
		return;
	if (!t.env.held && (b->job->force || dests_due(&b->health.dests, &t.env)) && !without_trying(b, &t) &&
	    tell_first(b, &t) == 0 && start(b) == 0) {
		take_off(b, &t, name);
		return;
	}
	entry_close(&t);
}

/* The rest of a dead destination's stays as it is. */
static void
hand_over(struct batch *b, int last)
{
	b->stop |= b->job->stop != NULL && *b->job->stop;
	if (health_dead(&b->health) && b->flying == 0)
		b->next = b->count;
	while (!b->stop && b->next < b->count && b->flying < health_window(&b->health, b->flying, BATCH_WINDOW))
		hand(b);
	if (b->started && (b->stop || (last && b->next == b->count)))
		courier_last(&b->courier);
}

static int
under_way(const struct batch *b)
{
	return b->started && (b->flying > 0 || b->next < b->count || b->courier.last);
}

/* Until msend has ended where it was told to, else until all is answered. */
static void
exchange(struct batch *b, int last)
{
	struct err e = { 0 };
	int more = 0;

	hand_over(b, last);
	while (more == 0 && under_way(b)) {
		if ((more = courier_wait(&b->courier, &e)) == -1)
			flight_trouble(b, &e);
		flight_hear(b);
		hand_over(b, last);
	}
	if (more == 0)
		return;
	courier_end(&b->courier);
	b->started = 0;
	if (b->flying > 0) {
		flight_leave(b);
		b->result->cut = 1;
		b->quit |= b->answers == 0;	/* it can't do its work at all */
	}
}

static void
dismiss(struct batch *b)
{
	if (!b->started)
		return;
	b->due = NULL;
	b->count = b->next = 0;
	exchange(b, 1);
}

struct batch *
batch_new(const struct job *job, const struct spool *q, struct batch_result *result)
{
	struct batch *b = xcalloc(1, sizeof *b);

	b->job = job;
	b->spool = q;
	b->result = result;
	return b;
}

int
batch_group(struct batch *b, const struct due *due, size_t count, int last)
{
	int place = due->dest == NULL ? 0 : dest_place(b->spool, due->dest, b->job->settings.per_destination);

	if (place == -1) {
		b->result->busy += count;
		return 0;
	}
	if (b->account != due->account)
		dismiss(b);
	b->due = due;
	b->count = count;
	b->next = 0;
	b->stop = 0;
	health_begin(&b->health, b->job, b->spool, due->dest, &b->result->code);
	exchange(b, last);
	b->result->revived |= b->health.revived;
	health_end(&b->health);
	b->result->cut |= b->stop;
	if (due->dest != NULL)
		close(place);
	return b->quit || (b->job->stop != NULL && *b->job->stop) ? -1 : 0;
}

void
batch_free(struct batch *b)
{
	dismiss(b);
	free(b);
}
