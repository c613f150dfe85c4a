/* SPDX-License-Identifier: ISC */
/* health.c - see health.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entry.h"
#include "err.h"
#include "health.h"
#include "mqueue.h"
#include "result.h"
#include "xalloc.h"

static struct health_one *
add(struct health *h, const char *name)
{
	const struct dest *known = dests_find(&h->dests, name);
	struct health_one *o;

	h->at = xreallocarray(h->at, h->count + 1, sizeof *h->at);
	o = &h->at[h->count++];
	*o = (struct health_one){ .name = xstrdup(name), .failing = known != NULL && known->up == 0 };
	return o;
}

void
health_begin(struct health *h, const struct job *job, const struct spool *q, const char *dest, int *code)
{
	*h = (struct health){ .job = job, .spool = q, .single = dest != NULL, .code = code };
	dests_read(&h->dests, q, &job->settings.whereto, &job->settings.schedule, (int64_t)time(NULL));
	if (dest != NULL)
		add(h, dest);
}

static void
say(struct health *h, struct health_one *o, enum dest_news news)
{
	struct err e = { 0 };

	o->failing = news == DEST_FAILED;
	if (dest_tell(h->spool, o->name, news, o->why, &h->job->settings.schedule, (int64_t)time(NULL), &e) == -1)
		complain(h->code, &e);
}

/* The last one heard of comes first: msend answers for a domain's recipients together. */
static struct health_one *
find(struct health *h, const struct entry *t, size_t rcpt)
{
	char name[WHERETO_MAX + 1];
	size_t i;

	if (h->single)
		return &h->at[0];
	whereto_name(&h->job->settings.whereto, &t->env, rcpt, name);
	for (i = h->count; i > 0; i--)
		if (strcmp(h->at[i - 1].name, name) == 0)
			return &h->at[i - 1];
	return add(h, name);
}

/* 454 and 432 may be about the login (RFC 4954 4.7, 6); a 5yz that is no refusal is about the session. */
static int
no_session(const struct result *r)
{
	if (r->verdict != VERDICT_LATER)
		return 0;
	return r->code == 0 || r->code == 421 || r->code == 432 || r->code >= 500 ||
	    (r->code == 454 && strcmp(r->enhanced, "4.7.0") == 0);
}

static void
is_alive(struct health *h, struct health_one *o)
{
	o->alive = 1;
	o->dead = 0;
	if (!o->failing)
		return;
	h->revived = 1;
	say(h, o, DEST_REACHED);
}

/* That this machine is offline, or a file of ours could not be read, tells nothing. */
void
health_hear(struct health *h, const struct entry *t, size_t rcpt, size_t order, const struct result *r)
{
	struct health_one *o;

	if (r->offline || strcmp(r->addr, "-") == 0)
		return;
	o = find(h, t, rcpt);
	if (!no_session(r)) {
		is_alive(h, o);
		return;
	}
	if (o->dead == 0 || o->last != order)
		o->dead++;
	o->last = order;
	if (o->dead == 1 || o->why == NULL) {
		free(o->why);
		o->why = xstrdup(r->text);
	}
}

static int
is_dead(const struct health_one *o)
{
	return o->dead >= (o->alive ? 2u : 1u);
}

int
health_dead(const struct health *h)
{
	return h->single && is_dead(&h->at[0]);
}

size_t
health_window(const struct health *h, size_t flying, size_t most)
{
	const struct health_one *o = h->at;

	if (!h->single)
		return most;
	if (o->dead > 0)
		return flying == 0 && !is_dead(o);
	return o->failing && !o->alive ? 1 : most;
}

void
health_end(struct health *h)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		if (is_dead(&h->at[i]))
			say(h, &h->at[i], DEST_FAILED);
		free(h->at[i].name);
		free(h->at[i].why);
	}
	free(h->at);
	dests_free(&h->dests);
	*h = (struct health){ .at = NULL };
}
