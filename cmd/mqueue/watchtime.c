/* SPDX-License-Identifier: ISC */
/* watchtime.c - when watch looks at the queue.
 * At an arrival: at the files that have come, and no others. At all files: at the start, when the first of those that wait is
 * due, when a destination that was dead has been reached, on SIGHUP and when the network or the machine comes back (then all are tried, due or not), when
 * so much happens that it can't be followed, and now and then in any case, for other machines' arrivals make no sound.
 * What must not become hot, and does not:
 *   - many entries, due at many moments: after a look at all that took t there is none for 20 t, and a second at least. What
 *     falls due meanwhile goes together. So no times are kept but the next one: memory does not grow with the queue.
 *   - msend fails at once, so that what is due stays due: the next pass waits, a second at first, twice as long each time,
 *     up to five minutes. Arrivals wait as well.
 *   - an entry that is in other hands (an add that is just ending, another runner) is looked at again 8 times, later each
 *     time, and once a minute.
 *   - our own changes are heard as if they were others': looking at what is not due ends there. */
#include "deadline.h"
#include "watch.h"

int64_t
watch_least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
watch_most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void
watch_due_by(struct watch *w, int64_t when)
{
	if (when != 0 && (w->due_at == 0 || when < w->due_at))
		w->due_at = when;
}

/* How many passes of that kind are under way, and when the last one began; a free place. */
static size_t
under_way(const struct watch *w, int look, int64_t *began, size_t *place)
{
	size_t i, n = 0;

	*began = 0;
	for (i = 0; i < WORKERS; i++) {
		const struct worker *k = &w->worker[i];

		if (k->pid == 0)
			*place = i;
		else if (k->look == look) {
			*began = watch_most(*began, k->began);
			n++;
		}
	}
	return n;
}

int64_t
watch_time_of_look(const struct watch *w, int64_t now, size_t *place)
{
	int64_t began, at = w->looked + (w->arrivals.fd == -1 ? LOOK_EVERY_DEAF : LOOK_EVERY);
	size_t looks = under_way(w, 1, &began, place);

	if (looks == LOOKS)
		return NEVER;
	at = watch_least(at, w->look_at);
	if (w->due_at != 0)
		at = watch_least(at, now + w->due_at * 1000 - clock_wall());
	at = watch_most(at, w->looked + watch_most(SECOND, 20 * w->cost));
	if (looks > 0)		/* what it has found is not known yet: somebody may be due */
		at = began + watch_most(PATIENCE_LOOK, 20 * w->cost);
	return watch_least(watch_most(at, w->quiet_until), w->flush_at);
}

/* While a pass is under way, more gather for the next. */
int64_t
watch_time_of_arrivals(const struct watch *w, size_t *place)
{
	int64_t began, at = watch_most(w->pending_at, w->quiet_until);
	size_t passes = under_way(w, 0, &began, place);

	if (w->pending.count == 0 || passes == WORKERS - LOOKS)
		return NEVER;
	return passes == 0 ? at : watch_most(at, began + PATIENCE);
}

int64_t
watch_next_wake(const struct watch *w)
{
	size_t place;
	int64_t now = deadline_now(), at = watch_least(watch_time_of_look(w, now, &place), watch_time_of_arrivals(w, &place));

	return at == NEVER ? LOOK_EVERY : watch_most(at - now, 0);
}
