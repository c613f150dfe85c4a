/* SPDX-License-Identifier: ISC */
/* watcher.c - a process that watches over one connection, and over the next when that is lost.
 * What ends it: a refused password, a wrong configuration, a mailbox that is not there (77, 78, 69); and at the first attempt also a
 * certificate that is not trusted, a name that nobody knows and a server that does not speak IMAP (77, 68, 76). All else passes: it tries again, at once after
 * a session that held for a minute, then after 1, 2, 4 … seconds up to five minutes, each time a random half more or less, so that a
 * server that comes back does not meet all its clients at once. When the network comes back, or the machine wakes, it does not wait. */
#include "watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "deadline.h"
#include "err.h"
#include "imap.h"
#include "log.h"
#include "stream.h"
#include "xalloc.h"

#define SECOND 1000
#define HELD (60 * SECOND)	/* a session that was no failure */
#define DELAY_MAX (300 * SECOND)
#define KEEPALIVE 120		/* seconds: NAT forgets a silent connection after five minutes or more */

int
watcher_start(struct watcher *w, struct mimap *m, enum watch_mode mode, char *const *names, size_t count, int out, struct err *e)
{
	const struct account *a = &m->account;
	size_t i;

	*w = (struct watcher){ .m = m, .mode = mode, .out = out };
	if (account_number(a, KEY_WATCH_IDLE, WATCH_IDLE, WATCH_IDLE_MAX, &w->idle, e) == -1
	    || account_number(a, KEY_WATCH_POLL, WATCH_POLL, 86400, &w->poll, e) == -1)
		return -1;
	w->idle = w->idle > 0 ? w->idle : 1;
	w->poll = w->poll > 0 ? w->poll : 1;
	w->box = xcalloc(WATCH_BOXES, sizeof(*w->box));
	for (i = 0; mode != WATCH_PLAN && i < count && i < WATCH_BOXES; i++) {
		w->box[w->boxes++] = (struct watchbox){ .name = xstrdup(names[i]), .dirty = 1 };
	}
	for (i = 0; mode == WATCH_PLAN && i < m->mailboxes; i++)
		w->patterns |= strpbrk(m->mailbox_list[i], "*?") != NULL;
	if (fcntl(out, F_SETFL, O_NONBLOCK) == -1)
		return err_sys(e, ERR_OS, "fcntl");
	watchwait_signals();
	clockwatch_open(&w->clock);
	netwatch_open(&w->net);
	return 0;
}

void
watcher_is_ready(struct watcher *w)
{
	if (w->ready == 0)
		w->ready = deadline_now();
	if (w->warned)
		log_warn("%s: watching again", stream_peer(w->im->stream));
	w->warned = 0;
	w->ever = 1;
}

/* Mailboxes from there on go to processes of their own, as many as there are to be, and to one more that looks at the rest now and
 * then. */
int
watcher_split(struct watcher *w, size_t from, struct err *e)
{
	size_t i, units = from;

	for (i = from; i < w->boxes && units < WATCH_UNITS - 1; i++, units++)
		buf_printf(&w->lines, "\tunit\tidle\t%s\n", w->box[i].name);
	if (i < w->boxes) {
		buf_adds(&w->lines, "\tunit\tpoll");
		for (; i < w->boxes; i++)
			buf_printf(&w->lines, "\t%s", w->box[i].name);
		buf_addc(&w->lines, '\n');
	}
	return watchwait_flush(w, e);
}

int
watcher_answers(struct watcher *w, struct err *e)
{
	if (stream_flush(w->im->stream, e) == -1)
		return -1;
	if (watchwait(w, 1, deadline_now() + WATCH_BRISK * SECOND) == WAKE_TIME) {
		w->im->broken = 1;
		return err_set(e, ERR_TEMP, "%s no longer answers since the network or the machine was away", stream_peer(w->im->stream));
	}
	return 0;
}

/* A mailbox each, or all over one connection? */
static int
watch_as_planned(struct watcher *w, struct err *e)
{
	const struct caps *caps = &w->im->caps;
	int idles = caps_has(caps, CAP_IDLE) && !w->no_idle, notifies = caps_has(caps, CAP_NOTIFY) && !w->no_notify, added, r;
	size_t i;

	if (w->mode == WATCH_PLAN && (w->boxes == 0 || w->patterns) && watchmany_expand(w, &added, e) == -1)
		return -1;
	for (i = 0; i < w->boxes; i++) {
		if (imap_name(w->im, w->box[i].name, e) == -1)
			return -1;
	}
	if (w->mode == WATCH_ONE || (w->boxes == 1 && !w->patterns && (idles || !notifies)))
		return watchidle(w, e);
	if (w->mode == WATCH_MANY || notifies || !idles) {
		r = watchmany(w, e);
		if (r != 1)
			return r;
	}
	w->mode = WATCH_ONE;
	return watcher_split(w, 1, e) == -1 ? -1 : watchidle(w, e);
}

/* Until it ends: 0 when we are to stop. A token does not live long: it is asked for each time. */
static int
session(struct watcher *w, struct err *e)
{
	struct account *a = &w->m->account;
	int r;

	w->ready = 0;
	w->short_idles = 0;
	a->refused = 0;
	if (a->token != NULL) {
		explicit_bzero(a->token, strlen(a->token));
		free(a->token);
		a->token = NULL;
	}
	r = imap_open(&w->im, a, e);
	if (r == 0 && (r = imap_utf8(w->im, e)) == 0) {
		stream_keepalive(w->im->stream, KEEPALIVE);
		r = watch_as_planned(w, e);
		imap_logout(w->im);
	}
	imap_close(&w->im);
	return r;
}

static int
hopeless(const struct watcher *w, const struct err *e)
{
	switch (e->class) {
	case ERR_PERM:		/* elsewhere: somebody is between us and the server, as in a hotel */
		return !w->ever || w->m->account.refused;
	case ERR_CONFIG:
	case ERR_USAGE:
	case ERR_IO:		/* nobody reads what we say */
		return 1;
	case ERR_UNAVAILABLE:
		return !w->ever || (w->boxes == 1 && w->box[0].gone);
	case ERR_NOHOST:
	case ERR_PROTOCOL:
		return !w->ever;
	default:
		return w->m->account.end != 0 && deadline_now() >= w->m->account.end;
	}
}

static void
complain(struct watcher *w, const struct err *e)
{
	if (!w->warned || w->m->account.verbose > 0)
		log_warn("%s; trying again", e->text);
	w->warned = 1;
}

/* Half of the time to half as much again. */
static int64_t
about(int64_t ms)
{
	return ms / 2 + (int64_t)arc4random_uniform((uint32_t)ms + 1);
}

/* 0 when we are to stop. */
static int
wait_for_better_times(struct watcher *w, const struct err *e)
{
	int64_t now = deadline_now(), until;
	int held = w->ready != 0 && now - w->ready >= HELD;

	if (held)
		w->delay = 0;
	until = now + (w->delay == 0 ? (int64_t)arc4random_uniform(SECOND / 2) : about(w->delay));
	if (!w->ever || (!held && w->delay > 0))
		complain(w, e);
	w->delay = w->delay == 0 ? SECOND : w->delay * 2 < DELAY_MAX ? w->delay * 2 : DELAY_MAX;
	for (;;) {
		switch (watchwait(w, 0, until)) {
		case WAKE_STOP:
			return 0;
		case WAKE_AWAY:		/* a second for the network to settle, and no more often than that */
			w->delay = SECOND;
			if (until > deadline_now() + SECOND)
				until = deadline_now() + SECOND;
			break;
		default:
			return 1;
		}
	}
}

int
watcher_run(struct watcher *w, struct err *e)
{
	int r, more = 1;

	do {
		err_clear(e);
		r = session(w, e);
		if (watchwait_flush(w, e) == -1)
			return -1;
		if (watchwait_stopped() || r == 0)
			return 0;
		if (hopeless(w, e))
			return -1;
		more = wait_for_better_times(w, e);
	} while (more);
	return 0;
}
