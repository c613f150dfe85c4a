/* SPDX-License-Identifier: ISC */
/* dests.c - what the table of destinations means for an entry. See dest.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dest.h"
#include "envelope.h"
#include "xalloc.h"

#define SKEW 3600		/* that clocks may differ by */

static int
compare(const void *key, const void *member)
{
	return strcmp(key, ((const struct dest *)member)->name);
}

const struct dest *
dests_find(const struct dests *t, const char *name)
{
	return t->count == 0 ? NULL : bsearch(name, t->at, t->count, sizeof *t->at, compare);
}

/* Times that can't be, as after the schedule was changed, hold nobody up longer than the longest wait. */
static int64_t
shut_until(const struct dests *t, const struct dest *d, const struct envelope *env)
{
	int64_t until = d->until, most = d->last + t->schedule.most + t->schedule.most / 8;

	if (d->up != 0)
		return 0;
	if (env->arrived > d->last)
		most = d->last + t->schedule.first;
	if (until > most)
		until = most;
	return until > t->now ? until : 0;
}

/* Calls fn with each destination of those who wait; stops when that is not 0. */
static int
each(const struct dests *t, const struct envelope *env, int (*fn)(void *, const struct dest *), void *ctx)
{
	int mx = t->count > 0 && whereto_is_mx(t->whereto, env->account), code = 0;
	char name[WHERETO_MAX + 1];
	size_t i;

	for (i = 0; t->count > 0 && i < env->rcpts && code == 0; i++) {
		if (env->rcpt[i].fate != FATE_WAITING)
			continue;
		whereto_name(t->whereto, env, i, name);
		code = fn(ctx, dests_find(t, name));
		if (!mx)
			break;
	}
	return code;
}

struct shut {
	const struct dests *dests;
	const struct envelope *env;
	int64_t until;
	const struct dest *why;
};

/* As soon as one is open the entry is tried. */
static int
is_open(void *ctx, const struct dest *d)
{
	struct shut *s = ctx;
	int64_t until = d == NULL ? 0 : shut_until(s->dests, d, s->env);

	if (s->until == 0 || until < s->until) {
		s->until = until;
		s->why = d;
	}
	return until == 0;
}

int64_t
dests_until(const struct dests *t, const struct envelope *env, const struct dest **why)
{
	struct shut s = { .dests = t, .env = env };

	if (each(t, env, is_open, &s) != 0)
		return 0;
	*why = s.why;
	return s.until;
}

static int
is_up_since(void *ctx, const struct dest *d)
{
	const struct envelope *env = ctx;

	return d != NULL && env->tried > 0 && d->up > env->tried;
}

int
dests_due(const struct dests *t, const struct envelope *env)
{
	if (env->next <= t->now || env->next - t->now > t->schedule.most + t->schedule.most / 8 + SKEW)
		return 1;
	return each(t, env, is_up_since, (void *)(uintptr_t)env);
}

void
dests_show(const struct dests *t, struct envelope *env)
{
	const struct dest *why = NULL;
	int64_t until = env->held ? 0 : dests_until(t, env, &why);
	size_t i;

	if (until <= env->next) {
		if (env->next > t->now && dests_due(t, env))
			env->next = t->now;
		return;
	}
	env->next = until;
	for (i = 0; i < env->rcpts; i++)
		if (env->rcpt[i].fate == FATE_WAITING && *env->rcpt[i].reply == '\0') {
			free(env->rcpt[i].reply);
			env->rcpt[i].reply = xasprintf("not tried yet: %s", why->why);
		}
}
