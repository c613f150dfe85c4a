/* SPDX-License-Identifier: ISC */
/* watch.c - stays, and makes passes over the queue when there is reason to. One process sleeps in one poll; each pass is a
 * process of its own (worker.h), so a slow server keeps nothing else waiting.
 *
 * When does it look? At an arrival: at the files that have come, and no others. At all files: at the start, when the first
 * of those that wait is due, on SIGHUP and when the network or the machine comes back (then all are tried, due or not), when
 * so much happens that it can't be followed, and now and then in any case, for other machines' arrivals make no sound.
 * What must not become hot, and does not:
 *   - many entries, due at many moments: after a look at all that took t there is none for 20 t, and a second at least. What
 *     falls due meanwhile goes together. So no times are kept but the next one: memory does not grow with the queue.
 *   - msend fails at once, so that what is due stays due: the next pass waits, a second at first, twice as long each time,
 *     up to five minutes. Arrivals wait as well.
 *   - an entry that is in other hands (an add that is just ending, another runner) is looked at again 8 times, later each
 *     time, and once a minute.
 *   - our own changes are heard as if they were others': looking at what is not due ends there. */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "arrivals.h"
#include "clockwatch.h"
#include "deadline.h"
#include "err.h"
#include "log.h"
#include "mqueue.h"
#include "netwatch.h"
#include "notify.h"
#include "worker.h"

#define WORKERS 4		/* the first one is for looking at everything */
#define PENDING_MAX 1024	/* names; more are no more followed one by one */
#define SECOND 1000
#define MINUTE (60 * SECOND)
#define LOOK_EVERY (5 * MINUTE)
#define LOOK_EVERY_DEAF (30 * SECOND)	/* where arrivals can't be heard */
#define FLUSH_SPACE (30 * SECOND)	/* between two that the network or the clock asks for */
#define SETTLE SECOND			/* a network comes up in steps */
#define BACKOFF_MAX (5 * MINUTE)
#define BUSY_TRIES 8
#define BUSY_AGAIN 60			/* seconds */
#define PATIENCE (2 * SECOND)		/* with a pass over arrivals, before the next ones get another process */
#define GRACE (20 * SECOND)		/* for messages under way when we are to end */
#define NEVER INT64_MAX

struct watch {			/* times: ms, deadline_now's clock */
	struct job job;
	struct spool spool;
	struct arrivals arrivals;
	struct netwatch net;
	struct worker worker[WORKERS];
	struct spool_list pending;	/* arrivals, not yet looked at */
	int64_t pending_at;		/* when they may be */
	unsigned int busy_tries;
	int64_t look_at;		/* asked for: not before then; NEVER */
	int64_t flush_at;		/* the same, all to be tried */
	int64_t due_at;			/* the first of those that wait is due; seconds since 1970, 0: none */
	int64_t looked, cost;		/* the last look at all: when it ended, how long it took */
	int64_t flushed;
	int64_t quiet_until, backoff;
	struct clockwatch clock;
	size_t waiting, held;		/* as of the last look */
	int forced;			/* the look under way, or the last one */
};

static volatile sig_atomic_t got_term, got_hup, got_usr1;

static void
on_signal(int number)
{
	if (number == SIGHUP)
		got_hup = 1;
	else if (number == SIGUSR1)
		got_usr1 = 1;
	else
		got_term = 1;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void
due_by(struct watch *w, int64_t when)
{
	if (when != 0 && (w->due_at == 0 || when < w->due_at))
		w->due_at = when;
}

/* --- When is it time? */

static int64_t
time_of_look(const struct watch *w, int64_t now)
{
	int64_t at = w->looked + (w->arrivals.fd == -1 ? LOOK_EVERY_DEAF : LOOK_EVERY);

	if (w->worker[0].pid != 0)
		return NEVER;
	at = least(at, w->look_at);
	if (w->due_at != 0)
		at = least(at, now + w->due_at * 1000 - clock_wall());
	at = most(at, w->looked + most(SECOND, 20 * w->cost));
	return least(most(at, w->quiet_until), w->flush_at);
}

/* A place for a pass over arrivals, and when it may be taken. While one is under way, more gather for the next. */
static int64_t
time_of_arrivals(const struct watch *w, size_t *place)
{
	int64_t at = most(w->pending_at, w->quiet_until);
	size_t i;

	*place = 0;
	for (i = 1; i < WORKERS; i++)
		if (w->worker[i].pid == 0)
			*place = i;
		else
			at = most(at, w->worker[i].began + PATIENCE);
	return w->pending.count == 0 || *place == 0 ? NEVER : at;
}

/* --- What happens. */

static void
start(struct watch *w, size_t place, int force)
{
	struct err e = { 0 };

	w->job.force = force;
	w->job.quiet = place == 0 && w->looked != 0;
	if (worker_start(&w->worker[place], &w->job, &w->spool, &w->pending, &e) == 0)
		return;
	log_err(&e);
	w->look_at = w->quiet_until = deadline_now() + MINUTE;
}

static void
start_look(struct watch *w, int64_t now)
{
	int force = w->flush_at <= now;

	if (w->arrivals.fd == -1)
		arrivals_open(&w->arrivals, &w->spool);
	spool_list_free(&w->pending);
	w->look_at = w->flush_at = NEVER;
	w->due_at = 0;
	w->forced = force;
	if (force)
		w->flushed = now;
	start(w, 0, force);
}

static void
start_what_is_due(struct watch *w)
{
	int64_t now = deadline_now();
	size_t place;

	if (time_of_look(w, now) <= now)
		start_look(w, now);
	if (time_of_arrivals(w, &place) <= now)
		start(w, place, 0);
}

static void
flush(struct watch *w, int64_t at)
{
	w->quiet_until = w->backoff = 0;
	w->flush_at = least(w->flush_at, at);
}

static void
flush_soon(struct watch *w, const char *why)
{
	int64_t at = deadline_now() + SETTLE;

	if (w->flushed != 0)
		at = most(at, w->flushed + FLUSH_SPACE);
	if (w->flush_at > at && w->job.verbose)
		log_warn("%s: all that waits is tried", why);
	flush(w, at);
}

static void
hear_arrivals(struct watch *w)
{
	int what = arrivals_read(&w->arrivals, &w->pending);
	int64_t now = deadline_now();

	if (what & (ARRIVALS_CAME | ARRIVALS_CHANGED)) {
		int64_t at = now + (what & ARRIVALS_CAME ? 20 : SECOND);

		w->pending_at = w->pending_at <= now ? at : least(w->pending_at, at);
		w->busy_tries = 0;
	}
	if ((what & ARRIVALS_LOST) || w->pending.count > PENDING_MAX) {
		spool_list_free(&w->pending);
		w->look_at = least(w->look_at, now + 200);
	}
}

/* The add that brought them has not ended, or another runner has them. */
static void
look_again(struct watch *w, struct worker *k)
{
	if (w->busy_tries++ >= BUSY_TRIES) {
		due_by(w, clock_wall() / 1000 + BUSY_AGAIN);
		return;
	}
	if (w->pending.count == 0) {
		w->pending = k->names;
		k->names = (struct spool_list){ 0 };
	} else
		w->look_at = least(w->look_at, deadline_now() + SECOND);
	w->pending_at = deadline_now() + ((int64_t)25 << w->busy_tries);
}

static void
back_off(struct watch *w)
{
	w->backoff = w->backoff == 0 ? SECOND : least(2 * w->backoff, BACKOFF_MAX);
	w->look_at = w->quiet_until = deadline_now() + w->backoff;
}

static void
say_status(const struct watch *w)
{
	notify("STATUS=%zu waiting, %zu held", w->waiting, w->held);
}

static void
finish(struct watch *w, size_t place)
{
	struct worker *k = &w->worker[place];
	struct pass p;
	int died = worker_end(k, &p) == -1;

	if (died)
		p = (struct pass){ .stuck = 1 };
	due_by(w, p.soonest);
	if (p.due > p.busy)		/* who was not lucky is due again after the shortest wait, or later */
		due_by(w, clock_wall() / 1000 + w->job.settings.schedule.first * 7 / 8);
	if (place == 0) {
		w->looked = deadline_now();
		w->cost = p.cost;
		if (!died) {
			w->waiting = p.waiting;
			w->held = p.held;
		}
		say_status(w);
		if (p.busy > 0)		/* their runner may die */
			due_by(w, clock_wall() / 1000 + BUSY_AGAIN);
	} else if (p.busy > 0 && !p.stuck)
		look_again(w, k);
	if (p.stuck)
		back_off(w);
	else if (p.due > p.busy)
		w->backoff = 0;
	worker_free(k);
}

/* --- The one place where it sleeps. */

static void
report(const struct watch *w)
{
	int64_t now = deadline_now(), next = time_of_look(w, now);
	size_t i, passes = 0;

	for (i = 0; i < WORKERS; i++)
		passes += w->worker[i].pid != 0;
	log_warn("%s: %zu waiting, %zu held when last looked at %lld s ago; next look in %lld s; "
	    "%zu passes under way, %zu arrivals to look at%s",
	    w->spool.path, w->waiting, w->held, (long long)(w->looked == 0 ? 0 : (now - w->looked) / 1000),
	    next == NEVER ? -1 : (long long)(most(next - now, 0) / 1000), passes, w->pending.count,
	    w->quiet_until > now ? "; backing off" : "");
}

static void
signals_came(struct watch *w)
{
	if (got_hup) {
		got_hup = 0;
		flush(w, deadline_now());
	}
	if (got_usr1) {
		got_usr1 = 0;
		report(w);
	}
}

static int64_t
next_wake(const struct watch *w)
{
	size_t place;
	int64_t now = deadline_now(), at = least(time_of_look(w, now), time_of_arrivals(w, &place));

	return at == NEVER ? LOOK_EVERY : most(at - now, 0);
}

static void
sleep_until_something(struct watch *w, const sigset_t *mask)
{
	struct pollfd p[WORKERS + 3];
	int64_t ms = next_wake(w);
	struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000 * 1000000) };
	size_t i;

	for (i = 0; i < WORKERS; i++)
		p[i] = (struct pollfd){ .fd = w->worker[i].pid != 0 ? w->worker[i].fd : -1, .events = POLLIN };
	p[WORKERS] = (struct pollfd){ .fd = w->arrivals.fd, .events = POLLIN };
	p[WORKERS + 1] = (struct pollfd){ .fd = w->net.fd, .events = POLLIN };
	p[WORKERS + 2] = (struct pollfd){ .fd = w->clock.fd, .events = POLLIN };
	if (ppoll(p, WORKERS + 3, &t, mask) == -1)
		return;
	for (i = 0; i < WORKERS; i++)
		if (p[i].revents != 0)
			finish(w, i);
	if (p[WORKERS].revents != 0)
		hear_arrivals(w);
	if (p[WORKERS + 1].revents != 0 && netwatch_read(&w->net))
		flush_soon(w, "the network has come back");
}

/* What is under way may finish; what takes too long is left waiting. */
static void
end_workers(struct watch *w)
{
	int64_t end = deadline_now() + GRACE;
	struct err e = { 0 };
	struct pass p;
	size_t i;

	for (i = 0; i < WORKERS; i++)
		if (w->worker[i].pid != 0)
			kill(w->worker[i].pid, SIGTERM);
	for (i = 0; i < WORKERS; i++) {
		struct pollfd f = { .fd = w->worker[i].fd, .events = POLLIN };

		if (w->worker[i].pid == 0)
			continue;
		if (deadline_poll(&f, 1, end, "end", &e) == -1)
			kill(w->worker[i].pid, SIGKILL);
		(void)worker_end(&w->worker[i], &p);
		worker_free(&w->worker[i]);
	}
}

static void
set_signals(sigset_t *before)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t ours;
	size_t i;

	sigemptyset(&ours);
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		sigaddset(&ours, numbers[i]);
		sigaction(numbers[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &ours, before);
	for (i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigdelset(before, numbers[i]);
}

static void
watch_open(struct watch *w)
{
	size_t i;

	for (i = 0; i < WORKERS; i++)
		w->worker[i] = (struct worker){ .fd = -1 };
	w->look_at = deadline_now();
	w->looked = 0;
	w->flush_at = NEVER;
	arrivals_open(&w->arrivals, &w->spool);
	netwatch_open(&w->net);
	clockwatch_open(&w->clock);
}

static void
watch_close(struct watch *w)
{
	clockwatch_close(&w->clock);
	arrivals_close(&w->arrivals);
	netwatch_close(&w->net);
	spool_list_free(&w->pending);
	spool_close(&w->spool);
}

int
mqueue_watch(const struct job *job, struct err *e)
{
	struct watch w = { .job = *job };
	sigset_t mask;

	set_signals(&mask);
	if (spool_open(&w.spool, job->settings.queue, 1, e) == -1)
		return -1;
	watch_open(&w);
	notify("READY=1");
	while (!got_term) {
		start_what_is_due(&w);
		sleep_until_something(&w, &mask);
		if (clockwatch_jumped(&w.clock))
			flush_soon(&w, "the machine has slept, or its clock was set");
		signals_came(&w);
	}
	notify("STOPPING=1");
	end_workers(&w);
	watch_close(&w);
	return 0;
}
