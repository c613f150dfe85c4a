/* SPDX-License-Identifier: ISC */
/* schedule.c - see schedule.h. */
#include "schedule.h"

#define TRIES_LEAST 5

static int64_t
at_most(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* first × 2^(tries-1), not beyond most; doubling stops there, so nothing overflows. */
static int64_t
doubled(const struct schedule *s, unsigned int tries)
{
	int64_t wait = s->first;

	while (tries-- > 1 && wait < s->most)
		wait = wait > s->most / 2 ? s->most : wait * 2;
	return at_most(wait, s->most);
}

int64_t
schedule_next(const struct schedule *s, int64_t arrived, int64_t now, unsigned int tries, uint32_t noise)
{
	int64_t age = now > arrived ? now - arrived : 0;
	int64_t wait = at_most(doubled(s, tries), age > s->first ? age : s->first);
	int64_t spread = wait / 8;

	wait += (int64_t)(noise % (uint32_t)(2 * spread + 1)) - spread;
	return now + (wait < 1 ? 1 : wait);
}

/* A clock that was set back makes no entry older than it is. */
int
schedule_expired(const struct schedule *s, int64_t arrived, int64_t now, unsigned int tries)
{
	return tries >= at_most(TRIES_LEAST, s->expire / s->most) && now > arrived && now - arrived >= s->expire;
}
