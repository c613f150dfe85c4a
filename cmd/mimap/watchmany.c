/* SPDX-License-Identifier: ISC */
/* watchmany.c - many mailboxes over one connection, none of them open: the server tells in which of them something happens (NOTIFY,
 * RFC 5465), or is asked now and then (STATUS). What is told is that something happened; what, a look tells (watchlook.c).
 * A server to which so much happens that it stops telling (NOTIFICATIONOVERFLOW) is asked to begin again, and when that comes to nothing
 * within a minute, it is asked for STATUS in that session. */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "deadline.h"
#include "err.h"
#include "imap.h"
#include "log.h"
#include "role.h"
#include "stream.h"
#include "update.h"
#include "xalloc.h"

#define NAMES_MAX 7000		/* octets of a command; more names: the whole of the user's own mailboxes is asked for */
#define SETTLE 50		/* ms: what belongs together comes together */
#define MINUTE 60000

struct many {
	struct watcher *w;
	int notifies;		/* the server tells */
	int overflow;		/* it has stopped */
	int64_t asked;		/* when it was last asked to */
};

/* --- Names. */

static struct watchbox *
box_of(struct watcher *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->boxes; i++) {
		if (mailbox_same(w->box[i].name, name))
			return &w->box[i];
	}
	return NULL;
}

static int
add_box(struct watcher *w, const char *name)
{
	struct err ignored;

	if (w->boxes == WATCH_BOXES || mailbox_check(name, &ignored) == -1)
		return 0;
	w->box[w->boxes++] = (struct watchbox){ .name = xstrdup(name), .dirty = 1 };
	return 1;
}

/* It is there again. What was known is about another one. */
static void
revive(struct watcher *w, struct watchbox *b)
{
	uidset_free(&b->uids);
	*b = (struct watchbox){ .name = b->name, .dirty = 1 };
	watchwait_tell(w, b->name, "created", 0, NULL);
}

/* One that has only now come into being: whatever is in it is new. */
static void
begin_empty(struct watchbox *b)
{
	b->known = 1;
	b->uidnext = 1;
}

/* One of the patterns does: so it was listed now. */
static int
matches(const struct watcher *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->m->mailboxes; i++) {
		if (strpbrk(w->m->mailbox_list[i], "*?") != NULL && mailbox_match(w->m->mailbox_list[i], name))
			return 1;
	}
	return 0;
}

int
watchmany_expand(struct watcher *w, int *added, struct err *e)
{
	struct boxes names = { 0 };
	struct watchbox *b;
	size_t before = w->boxes, i;
	int r = boxes_expand(&names, w->m, w->im, e);

	if (r == -1 && w->ever && !w->im->broken && e->class == ERR_UNAVAILABLE)
		r = 0;			/* a pattern that matches nothing any more */
	for (i = 0; i < names.count && r == 0; i++) {
		b = box_of(w, names.name[i]);
		if (b == NULL) {
			if (add_box(w, names.name[i]) && w->ever)
				watchwait_tell(w, names.name[i], "created", 0, NULL);
		} else if (b->gone && matches(w, names.name[i])) {
			revive(w, b);
		}
	}
	*added = w->boxes > before;
	boxes_free(&names);
	return r == 0 && w->mode == WATCH_ONE && *added ? watcher_split(w, before, e) : r;
}

/* --- What the server tells by itself. */

static int
on_status(struct watcher *w, const struct response *r)
{
	struct buf name = { 0 };
	struct update_status s;
	struct watchbox *b;

	if (!update_status(r, &s))
		return 0;
	if (mailbox_from_wire(&name, s.wire, s.wire_len, &w->im->form) == 0 && (b = box_of(w, buf_str(&name))) != NULL) {
		b->dirty |= watchbox_status(b, &s);
		if (b->gone)
			revive(w, b);
	}
	buf_free(&name);
	return 1;
}

/* A mailbox has got that name: it is a new one, or had another. */
static void
came(struct watcher *w, struct watchbox *b, const char *name, int renamed)
{
	if (b != NULL && !b->gone)
		return;
	if (b != NULL) {
		revive(w, b);
	} else if (matches(w, name) && add_box(w, name)) {
		b = &w->box[w->boxes - 1];
		watchwait_tell(w, name, "created", 0, NULL);
	}
	if (b != NULL && !renamed)
		begin_empty(b);
}

/* S: * LIST (\NonExistent) "/" Old | * LIST () "/" New ("OLDNAME" (Old)) */
static int
on_list(struct watcher *w, const struct response *r)
{
	const struct value *v = r->args != NULL && r->args->next != NULL ? r->args->next->next : NULL;
	struct buf name = { 0 };
	struct watchbox *b;
	const char *text;
	size_t len;

	if (v == NULL || !value_text(v, &text, &len) || mailbox_from_wire(&name, text, len, &w->im->form) == -1) {
		buf_free(&name);
		return 1;
	}
	b = box_of(w, buf_str(&name));
	if (!role_attribute(r->args, "\\NonExistent")) {
		came(w, b, buf_str(&name), v->next != NULL);
	} else if (b != NULL && !b->gone) {
		b->gone = 1;
		watchwait_tell(w, b->name, "deleted", 0, NULL);
	}
	buf_free(&name);
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct many *n = ctx;

	(void)e;
	return response_is(r, "LIST") ? on_list(n->w, r) : on_status(n->w, r);
}

static int
on_untagged(void *ctx, const struct response *r, struct err *e)
{
	struct many *n = ctx;

	(void)e;
	if (r->code != NULL && strcasecmp(r->code, "NOTIFICATIONOVERFLOW") == 0)
		n->overflow = 1;
	return 0;
}

static void
attend(struct many *n)
{
	n->w->im->handler = (struct imap_handler){ .data = on_data, .status = on_untagged, .ctx = n };
}

/* --- NOTIFY. */

/* Those that were named; or, where there are patterns, or the names would be too much for a command, all that are the user's own: then
 * what comes into being is among them as well. */
static int
add_filter(struct watcher *w, struct command *c, struct err *e)
{
	size_t i;
	int r = command_add(c, e, " (mailboxes (");

	for (i = 0; i < w->boxes && r == 0 && !w->patterns && c->text.len < NAMES_MAX; i++)
		r = command_add(c, e, i == 0 ? "%m" : " %m", w->box[i].name);
	if (r == 0 && i < w->boxes) {
		command_free(c);
		imap_command(w->im, c);
		return command_add(c, e, "NOTIFY SET STATUS (personal");
	}
	return r == 0 ? command_add(c, e, ")") : -1;
}

/* C: NOTIFY SET STATUS (mailboxes (INBOX Lists) (MessageNew MessageExpunge FlagChange MailboxName))
 * S: * STATUS INBOX (…) … | OK, and from here on * STATUS and * LIST at any time
 * S: NO [BADEVENT (…)]     there are some that it can't tell of */
static int
notify(struct many *n, int attempt, struct err *e)
{
	static const char *const events[] = {
		"(MessageNew MessageExpunge FlagChange MailboxName)", "(MessageNew MessageExpunge)"
	};
	struct watcher *w = n->w;
	struct command c;
	struct err refused = { 0 };
	int r;

	imap_command(w->im, &c);
	r = command_add(&c, e, "NOTIFY SET STATUS");
	if (r == 0)
		r = add_filter(w, &c, e);
	if (r == 0)
		r = command_add(&c, e, " %r)", events[attempt]);
	if (r == 0)
		r = imap_send(w->im, &c, "tell what happens", e);
	command_free(&c);
	n->overflow = 0;
	if (r == -1)
		return -1;
	if (imap_finish(w->im, &refused) == -1) {
		*e = refused;
		return w->im->broken ? -1 : 0;
	}
	n->asked = deadline_now();
	n->notifies = 1;
	return 0;
}

static int
notify_somehow(struct many *n, struct err *e)
{
	int attempt, r = 0;

	n->notifies = 0;
	for (attempt = 0; attempt < 2 && !n->notifies && r == 0; attempt++)
		r = notify(n, attempt, e);
	if (!n->notifies)
		n->w->no_notify = 1;
	return r;
}

/* --- Rounds. */

static int
ask_all(struct many *n, struct err *e)
{
	struct watcher *w = n->w;
	struct err refused = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < w->boxes && r == 0; i++) {
		w->box[i].dirty |= !w->box[i].known;
		r = watchlook_status(w, &w->box[i], e);
	}
	if (r == 0 && imap_finish(w->im, &refused) == -1 && w->im->broken) {	/* one that is refused will be looked at */
		*e = refused;
		r = -1;
	}
	return r;
}

static int
keep_alive(struct many *n, int away, struct err *e)
{
	struct watcher *w = n->w;
	struct command c;
	int r;

	imap_command(w->im, &c);
	r = command_add(&c, e, "NOOP");
	if (r == 0)
		r = imap_send(w->im, &c, "stay", e);
	command_free(&c);
	if (r == 0 && away)
		r = watcher_answers(w, e);
	return r == 0 ? imap_finish(w->im, e) : r;
}

static int
begin_again(struct many *n, struct err *e)
{
	int64_t told = deadline_now() - n->asked;

	attend(n);
	if (told < MINUTE) {
		n->w->no_notify = 1;
		n->notifies = n->overflow = 0;
		return ask_all(n, e);
	}
	return notify_somehow(n, e);
}

static int
any_dirty(const struct watcher *w)
{
	size_t i;

	for (i = 0; i < w->boxes; i++) {
		if (w->box[i].dirty && !w->box[i].gone)
			return 1;
	}
	return 0;
}

/* Looks at what is dirty, until nothing is; what always is, after a second again. */
static int
look(struct many *n, struct err *e)
{
	int r = 0, rounds = 0;

	while (r == 0 && rounds++ < 3 && any_dirty(n->w))
		r = watchlook_all(n->w, e);
	attend(n);
	return r;
}

static int
sleep_and_hear(struct many *n, struct err *e)
{
	struct watcher *w = n->w;
	int64_t until = deadline_now() + (any_dirty(w) ? 1 : (int64_t)(n->notifies ? w->idle : w->poll)) * 1000;
	enum watch_wake wake = watchwait(w, 1, until);
	int added;

	while (wake == WAKE_DATA) {
		stream_limit(w->im->stream, WATCH_LINE);
		if (imap_poll(w->im, e) == -1)
			return -1;
		stream_limit(w->im->stream, IMAP_LINE_MAX);
		wake = watchwait(w, 1, deadline_now() + SETTLE);
		if (wake == WAKE_TIME)
			return 0;
	}
	if (wake == WAKE_STOP || (wake == WAKE_TIME && any_dirty(w)))
		return 0;
	if (n->notifies)
		return keep_alive(n, wake == WAKE_AWAY, e);
	if (wake == WAKE_AWAY && keep_alive(n, 1, e) == -1)
		return -1;
	if (w->patterns && watchmany_expand(w, &added, e) == -1)
		return -1;
	attend(n);
	return ask_all(n, e);
}

/* 1: the server refuses NOTIFY, but has IDLE. */
int
watchmany(struct watcher *w, struct err *e)
{
	struct many n = { .w = w };
	size_t i;
	int r = 0;

	attend(&n);
	for (i = 0; i < w->boxes; i++)
		w->box[i].dirty |= !w->box[i].known;
	if (caps_has(&w->im->caps, CAP_NOTIFY) && !w->no_notify)
		r = notify_somehow(&n, e);
	if (r == 0 && !n.notifies) {
		if (w->mode == WATCH_PLAN && caps_has(&w->im->caps, CAP_IDLE) && !w->no_idle)
			return 1;
		r = ask_all(&n, e);
	}
	while (r == 0) {
		if (n.notifies && n.overflow)
			r = begin_again(&n, e);
		if (r == 0)
			r = look(&n, e);
		if (r == 0)
			r = watchwait_flush(w, e);
		if (r == -1 || watchwait_stopped())
			break;
		watcher_is_ready(w);
		r = sleep_and_hear(&n, e);
	}
	return r;
}
