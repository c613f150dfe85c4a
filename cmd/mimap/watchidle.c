/* SPDX-License-Identifier: ISC */
/* watchidle.c - one mailbox, open: the server tells at once what happens (IDLE, RFC 2177), or when we ask (NOOP).
 * One IDLE lasts less than 29 minutes, as servers end silent sessions after 30. A server that refuses IDLE, or ends it by itself at
 * once time and again, is asked by NOOP. */
#include "watch.h"

#include <string.h>

#include "deadline.h"
#include "err.h"
#include "imap.h"
#include "stream.h"

#define SHORT 10000	/* ms: an IDLE that the server ended before */
#define SHORT_MAX 3

struct idling {
	struct watcher *w;
	struct watchbox *box;
	uint32_t seen;		/* EXISTS when we last looked */
	unsigned int fruitless;	/* looks in a row that found nothing new, though EXISTS says that there is more than we know */
	int renewed;		/* nothing happened for a whole IDLE */
};

static int
on_live(void *ctx, const struct response *r, struct err *e)
{
	struct idling *i = ctx;
	int is = watchbox_live(i->box, r, watchwait_tell, i->w, e);

	if (response_is(r, "EXPUNGE") && i->seen > 0)
		i->seen--;
	return is == 0 ? response_is(r, "EXISTS") : is;
}

static int
grew(const struct idling *i)
{
	return i->w->im->mailbox.exists > i->seen;
}

/* The places are not what we think they are: from here on no sequence number means anything. */
static int
lost_count(const struct idling *i)
{
	return i->w->im->mailbox.exists < uidset_size(&i->box->uids);
}

static int
news(struct idling *i, struct err *e)
{
	uint32_t next = i->box->uidnext;
	int r = watchlook_news(i->w, i->box, e);

	i->fruitless = i->box->uidnext > next ? 0 : i->fruitless + 1;
	return r;
}

/* What the server says while nothing was asked for: no long lines. */
static int
hear(struct watcher *w, struct err *e)
{
	int r;

	stream_limit(w->im->stream, WATCH_LINE);
	r = imap_poll(w->im, e);
	stream_limit(w->im->stream, IMAP_LINE_MAX);
	return r;
}

static int
begin(struct idling *i, int *idles, struct err *e)
{
	struct imap *im = i->w->im;
	struct command c;
	int r;

	imap_command(im, &c);
	r = command_add(&c, e, "IDLE");
	if (r == 0)
		r = imap_send(im, &c, "tell what happens", e);
	command_free(&c);
	if (r == -1 || (r = imap_next(im, e)) == -1)
		return -1;
	*idles = r;
	if (r == 0) {		/* NO or BAD; it goes on without */
		i->w->no_idle = 1;
		err_clear(&im->failure);
	}
	return 0;
}

/* Ends IDLE, and fetches what is new in the same flight. The answer is waited for briskly where the network may be gone. */
static int
end(struct idling *i, int away, struct err *e)
{
	struct imap *im = i->w->im;

	if (im->pending != NULL && stream_send(im->stream, e, "DONE") == -1) {
		im->broken = 1;
		return -1;
	}
	if (away && im->pending != NULL && watcher_answers(i->w, e) == -1)
		return -1;
	return grew(i) ? news(i, e) : imap_finish(im, e);
}

/* C: A7 IDLE
 * S: + idling | * 5 EXISTS | * 2 EXPUNGE | * 3 FETCH (FLAGS (\Seen)) …
 * C: DONE
 * S: A7 OK */
static int
idle(struct idling *i, struct err *e)
{
	struct watcher *w = i->w;
	int64_t began = deadline_now(), until = began + (int64_t)w->idle * 1000;
	enum watch_wake wake = WAKE_DATA;
	int idles;

	if (begin(i, &idles, e) == -1)
		return -1;
	while (idles && wake == WAKE_DATA && w->im->pending != NULL && !grew(i) && !lost_count(i)) {
		if (watchwait_flush(w, e) == -1)
			return -1;
		wake = watchwait(w, 1, until);
		if (wake == WAKE_DATA && hear(w, e) == -1)
			return -1;
	}
	i->renewed = wake == WAKE_TIME;
	if (idles && w->im->pending == NULL && deadline_now() - began < SHORT && ++w->short_idles >= SHORT_MAX)
		w->no_idle = 1;
	return end(i, wake == WAKE_AWAY, e);
}

/* C: A7 NOOP
 * S: * 5 EXISTS … | A7 OK */
static int
noop(struct idling *i, struct err *e)
{
	struct watcher *w = i->w;
	struct command c;
	int64_t until = deadline_now() + (int64_t)w->poll * 1000;
	enum watch_wake wake = WAKE_DATA;
	int r;

	while (wake == WAKE_DATA && !grew(i)) {
		wake = watchwait(w, 1, until);
		if (wake == WAKE_DATA && hear(w, e) == -1)
			return -1;
	}
	if (wake == WAKE_STOP)
		return 0;
	imap_command(w->im, &c);
	r = command_add(&c, e, "NOOP");
	if (r == 0)
		r = imap_send(w->im, &c, "tell what has happened", e);
	command_free(&c);
	if (r == 0 && wake == WAKE_AWAY)
		r = watcher_answers(w, e);
	if (r == 0)
		r = imap_finish(w->im, e);
	return r == 0 && grew(i) ? news(i, e) : r;
}

/* One IDLE or NOOP. Names that are new to the patterns are looked for when there is nothing else to do; what happens in the mailbox
 * meanwhile is found by the look after it. */
static int
round_trip(struct idling *i, struct err *e)
{
	struct watcher *w = i->w;
	uint32_t known = (uint32_t)uidset_size(&i->box->uids);
	int added;

	i->seen = w->im->mailbox.exists > known && i->fruitless < 2 ? known : w->im->mailbox.exists;
	i->renewed = 0;
	w->im->handler = (struct imap_handler){ .data = on_live, .ctx = i };
	if (grew(i))
		return news(i, e);
	if ((caps_has(&w->im->caps, CAP_IDLE) && !w->no_idle ? idle(i, e) : noop(i, e)) == -1)
		return -1;
	if (i->renewed && w->patterns && watchmany_expand(w, &added, e) == -1)
		return -1;
	return lost_count(i) || (i->renewed && w->patterns) ? watchlook_open(w, i->box, e) : 0;
}

int
watchidle(struct watcher *w, struct err *e)
{
	struct idling i = { .w = w, .box = &w->box[0] };
	int r = watchlook_open(w, i.box, e);

	while (r == 0) {
		r = watchwait_flush(w, e);
		if (r == -1 || watchwait_stopped())
			break;
		watcher_is_ready(w);
		r = round_trip(&i, e);
	}
	return r;
}
