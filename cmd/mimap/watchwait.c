/* SPDX-License-Identifier: ISC */
/* watchwait.c - a watcher sleeps here and nowhere else: on the server, the keeper's pipe, the clock, the network and signals. */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "imap.h"
#include "stream.h"

#define LOOK_AT_CLOCK 30000	/* ms, where the system does not tell of sleep by itself */

static volatile sig_atomic_t stopped;
static sigset_t open_mask;

static void
on_stop(int number)
{
	(void)number;
	stopped = 1;
}

void
watchwait_signals(void)
{
	struct sigaction sa = { .sa_handler = on_stop };
	sigset_t ours;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigprocmask(SIG_BLOCK, &ours, &open_mask);
	sigdelset(&open_mask, SIGTERM);
	sigdelset(&open_mask, SIGINT);
}

int
watchwait_stopped(void)
{
	sigset_t pending;

	if (!stopped && sigpending(&pending) == 0)
		stopped = sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
	return stopped;
}

static int
away(struct watcher *w, const struct pollfd *net)
{
	int slept = clockwatch_jumped(&w->clock);

	return (net->revents != 0 && netwatch_read(&w->net)) || slept;
}

enum watch_wake
watchwait(struct watcher *w, int with_session, int64_t until)
{
	struct err ignored;
	struct timespec t;
	int64_t left;

	for (;;) {
		struct pollfd p[4] = {
			{ .fd = with_session ? stream_fd(w->im->stream) : -1, .events = POLLIN }, { .fd = w->out },
			{ .fd = w->net.fd, .events = POLLIN }, { .fd = w->clock.fd, .events = POLLIN },
		};

		if (watchwait_stopped())
			return WAKE_STOP;
		if (with_session && stream_ready(w->im->stream, &ignored) != 0)
			return WAKE_DATA;	/* or an error, which a read will find as well */
		left = until - deadline_now();
		if (left <= 0)
			return WAKE_TIME;
		left = left < LOOK_AT_CLOCK ? left : LOOK_AT_CLOCK;
		t = (struct timespec){ .tv_sec = (time_t)(left / 1000), .tv_nsec = (long)(left % 1000 * 1000000) };
		if (ppoll(p, 4, &t, &open_mask) == -1)
			memset(p, 0, sizeof(p));
		if (p[1].revents & (POLLERR | POLLHUP))
			return WAKE_STOP;	/* the keeper has gone */
		if (away(w, &p[2]))
			return WAKE_AWAY;
	}
}

void
watchwait_tell(void *ctx, const char *mailbox, const char *event, uint32_t uid, const char *flags)
{
	struct watcher *w = ctx;

	buf_printf(&w->lines, "%s\t%s\t", mailbox, event);
	if (uid != 0)
		buf_printf(&w->lines, "%u", uid);
	else
		buf_addc(&w->lines, '-');
	buf_printf(&w->lines, "\t%s\n", flags != NULL ? flags : "");
}

int
watchwait_flush(struct watcher *w, struct err *e)
{
	const char *p = w->lines.data;
	size_t n = w->lines.len;
	struct timespec t = { .tv_sec = 1 };
	ssize_t done;

	while (n > 0 && !watchwait_stopped()) {
		struct pollfd out = { .fd = w->out, .events = POLLOUT };

		if (ppoll(&out, 1, &t, &open_mask) != 1)
			continue;
		done = write(w->out, p, n);
		if (done == -1 && errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_IO, "tell what happens");
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	buf_cut(&w->lines, 0);
	return 0;
}
