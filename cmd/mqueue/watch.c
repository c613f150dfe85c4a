/* SPDX-License-Identifier: ISC */
/* watch.c - stays, and makes passes over the queue when there is reason to. One process sleeps in one poll; each pass is a
 * process of its own (worker.h), so a slow server keeps nothing else waiting. When it looks is told in watchtime.c. */
#include <sys/stat.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "deadline.h"
#include "err.h"
#include "log.h"
#include "notify.h"
#include "watch.h"
#include "xalloc.h"

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

/* --- What happens. */

static void
start(struct watch *w, size_t place, int force)
{
	struct err e = { 0 };

	w->job.force = force;
	w->job.quiet = w->pending.count == 0 && w->looked != 0;
	if (worker_start(&w->worker[place], &w->job, &w->spool, &w->pending, &e) == 0)
		return;
	log_err(&e);
	w->look_at = w->quiet_until = deadline_now() + MINUTE;
}

/* Somebody has put another directory in its place, or taken it away: then it is made anew. */
static void
look_where_it_is(struct watch *w)
{
	char *path = xasprintf("%s/new", w->spool.path);
	struct stat here, there;
	struct spool now;
	struct err e = { 0 };

	if (fstat(w->spool.box[SPOOL_NEW], &here) == -1 || stat(path, &there) == -1 || here.st_ino != there.st_ino ||
	    here.st_dev != there.st_dev) {
		arrivals_close(&w->arrivals);
		if (spool_open(&now, w->job.settings.queue, 1, &e) == 0) {
			spool_close(&w->spool);
			w->spool = now;
		} else
			log_err(&e);
	}
	free(path);
	if (w->arrivals.fd == -1)
		arrivals_open(&w->arrivals, &w->spool);
}

static void
start_look(struct watch *w, size_t place, int64_t now)
{
	int force = w->flush_at <= now;

	look_where_it_is(w);
	spool_list_free(&w->pending);
	w->look_at = NEVER;
	w->due_at = 0;
	w->forced = force;
	if (force) {		/* one that is still to come stays so */
		w->flush_at = NEVER;
		w->flushed = now;
	}
	start(w, place, force);
}

static void
start_what_is_due(struct watch *w)
{
	int64_t now = deadline_now();
	size_t place;

	if (watch_time_of_look(w, now, &place) <= now)
		start_look(w, place, now);
	if (watch_time_of_arrivals(w, &place) <= now)
		start(w, place, 0);
}

static void
flush(struct watch *w, int64_t at)
{
	w->quiet_until = w->backoff = 0;
	w->flush_at = watch_least(w->flush_at, at);
}

static void
flush_soon(struct watch *w, const char *why)
{
	int64_t at = deadline_now() + SETTLE;

	if (w->flushed != 0)
		at = watch_most(at, w->flushed + FLUSH_SPACE);
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

		w->pending_at = w->pending_at <= now ? at : watch_least(w->pending_at, at);
		w->busy_tries = 0;
	}
	if ((what & ARRIVALS_LOST) || w->pending.count > PENDING_MAX) {
		spool_list_free(&w->pending);
		w->look_at = watch_least(w->look_at, now + 200);
	}
}

/* The add that brought them has not ended, or another runner has them. */
static void
look_again(struct watch *w, struct worker *k)
{
	if (w->busy_tries++ >= BUSY_TRIES) {
		watch_due_by(w, clock_wall() / 1000 + BUSY_AGAIN);
		return;
	}
	if (w->pending.count == 0) {
		w->pending = k->names;
		k->names = (struct spool_list){ 0 };
	} else
		w->look_at = watch_least(w->look_at, deadline_now() + SECOND);
	w->pending_at = deadline_now() + ((int64_t)25 << w->busy_tries);
}

static void
back_off(struct watch *w)
{
	w->backoff = w->backoff == 0 ? SECOND : watch_least(2 * w->backoff, BACKOFF_MAX);
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
	watch_due_by(w, p.soonest);
	if (p.due > p.busy)		/* who was not lucky is due again after the shortest wait, or later */
		watch_due_by(w, clock_wall() / 1000 + w->job.settings.schedule.first * 7 / 8);
	if (k->look) {
		w->looked = deadline_now();
		w->cost = p.cost;
		if (!died) {
			w->waiting = p.waiting;
			w->held = p.held;
		}
		say_status(w);
		if (p.busy > 0)		/* their runner may die */
			watch_due_by(w, clock_wall() / 1000 + BUSY_AGAIN);
	} else if (p.busy > 0 && !p.stuck)
		look_again(w, k);
	if (p.revived)
		w->look_at = watch_least(w->look_at, deadline_now());
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
	size_t i, place, passes = 0;
	int64_t now = deadline_now(), next = watch_time_of_look(w, now, &place);

	for (i = 0; i < WORKERS; i++)
		passes += w->worker[i].pid != 0;
	log_warn("%s: %zu waiting, %zu held when last looked at %lld s ago; next look in %lld s; "
	    "%zu passes under way, %zu arrivals to look at%s",
	    w->spool.path, w->waiting, w->held, (long long)(w->looked == 0 ? 0 : (now - w->looked) / 1000),
	    next == NEVER ? -1 : (long long)(watch_most(next - now, 0) / 1000), passes, w->pending.count,
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

static void
sleep_until_something(struct watch *w, const sigset_t *mask)
{
	struct pollfd p[WORKERS + 3];
	int64_t ms = watch_next_wake(w);
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
