/* SPDX-License-Identifier: ISC */
/* watchlook.c - looks at mailboxes: opens them read-only and compares what is there with what was known. Several at once, for each
 * of them in one flight:
 *   C: A1 EXAMINE box [(CONDSTORE)]                            RFC 3501 section 6.3.2, RFC 7162 section 3.1.8
 *   C: A2 UID SEARCH [RETURN (ALL)] ALL
 *   C: A3 UID FETCH 120:* (UID FLAGS [MODSEQ])                 what is above the highest UID known
 *   C: A4 UID FETCH 1:119 (UID FLAGS) (CHANGEDSINCE 9000)      RFC 7162 section 3.1.4.1
 *   C: A5 UNSELECT | CLOSE                                     RFC 3691
 *   C: A6 STATUS box (…)                                       did anything happen meanwhile?
 * A3 and A4 only where something was known. */
#include "watch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "imap.h"
#include "update.h"

#define FLIGHT 16	/* mailboxes */

struct look {
	struct watchbox *box;
	struct watchbox_look seen;
	unsigned int examine, search, last;	/* tags */
	int refused, gone;		/* by EXAMINE */
};

struct flight {
	struct watcher *w;
	struct look look[FLIGHT];
	size_t count, at;	/* at: whose answers come */
	int open;		/* the only one stays open */
	struct imap_handler before;	/* for whatever is not about a look */
};

/* --- What comes. */

static int
mailbox_is(const struct watcher *w, const struct watchbox *b, const char *wire, size_t n)
{
	struct buf name = { 0 };
	int same = mailbox_from_wire(&name, wire, n, &w->im->form) == 0 && mailbox_same(buf_str(&name), b->name);

	buf_free(&name);
	return same;
}

static int
on_status(struct flight *f, const struct response *r)
{
	struct watcher *w = f->w;
	struct update_status s;
	size_t i;

	if (!update_status(r, &s))
		return 0;
	for (i = 0; i < w->boxes; i++) {
		if (mailbox_is(w, &w->box[i], s.wire, s.wire_len) && watchbox_status(&w->box[i], &s))
			w->box[i].dirty = 1;
	}
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct flight *f = ctx;
	struct look *l = &f->look[f->at < f->count ? f->at : f->count - 1];
	int is = on_status(f, r);

	if (is == 0 && f->at < f->count && l->box != NULL) {
		if (f->open && l->examine == 0)	/* it was open before: places are those of what is known */
			is = response_is(r, "FETCH") ? 0 : watchbox_live(l->box, r, watchwait_tell, f->w, e);
		if (is == 0)
			is = watchbox_see(l->box, &l->seen, r, e);
	}
	return is == 0 && f->before.data != NULL ? f->before.data(f->before.ctx, r, e) : is;
}

static int
on_untagged(void *ctx, const struct response *r, struct err *e)
{
	struct flight *f = ctx;

	return f->before.status != NULL ? f->before.status(f->before.ctx, r, e) : 0;
}

/* What came while we looked may be more than we saw: then once more, but not for ever. */
static int
outrun(const struct watchbox *b)
{
	return ((b->status_told & UPDATE_UIDNEXT) && b->status_next > b->uidnext)
	    || ((b->status_told & UPDATE_MESSAGES) && b->messages != uidset_size(&b->uids))
	    || ((b->status_told & UPDATE_HIGHESTMODSEQ) && b->modseq != 0 && b->status_modseq > b->modseq);
}

/* The last answer about this mailbox, which is still the one that im->mailbox is about. */
static int
finish(struct flight *f, struct look *l, struct err *e)
{
	struct watchbox *b = l->box;

	if (l->refused || (l->search != 0 && !l->seen.searched)) {
		watchbox_look_free(&l->seen);
		b->dirty = 0;
		if (l->gone && !b->gone && b->known)
			watchwait_tell(f->w, b->name, "deleted", 0, NULL);
		b->gone |= l->gone;
		return 0;
	}
	if (watchbox_settle(b, &l->seen, &f->w->im->mailbox, watchwait_tell, f->w, e) == -1)
		return -1;
	b->dirty = !f->open && outrun(b) && b->again == 0;
	b->again = b->dirty;
	return 0;
}

/* What a mailbox that could not be opened answers to the rest does not matter. That it could not is an error where it is the only
 * one, or the first time. */
static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct flight *f = ctx;
	struct look *l = &f->look[f->at];
	int dealt;

	if (f->at == f->count)
		return 0;
	if (tag == l->examine && r->status != STATUS_OK) {
		l->refused = 1;
		l->gone = r->code != NULL && strcasecmp(r->code, "NONEXISTENT") == 0;
	}
	if (tag == l->search)		/* a server may say nothing of an empty mailbox */
		l->seen.searched = r->status == STATUS_OK;
	dealt = l->refused && (tag != l->examine || (!f->open && (f->w->ever || f->w->patterns)));
	if (tag == l->last) {
		f->at++;
		if (finish(f, l, e) == -1)
			return -1;
	}
	return dealt;
}

/* --- What is asked. */

static int
send_command(struct watcher *w, struct command *c, int ready, const char *what, struct err *e)
{
	int r = ready == 0 ? imap_send(w->im, c, what, e) : -1;

	command_free(c);
	return r;
}

static int
examine(struct watcher *w, struct look *l, struct err *e)
{
	const char *form = caps_has(&w->im->caps, CAP_CONDSTORE) ? "EXAMINE %m (CONDSTORE)" : "EXAMINE %m";
	char what[160];
	struct command c;

	snprintf(what, sizeof(what), "open the mailbox %s", l->box->name);
	imap_command(w->im, &c);
	if (send_command(w, &c, command_add(&c, e, form, l->box->name), what, e) == -1)
		return -1;
	l->examine = w->im->last_tag;
	imap_opens(w->im, l->box->name);
	return 0;
}

static int
search(struct watcher *w, struct look *l, struct err *e)
{
	const char *form = caps_has(&w->im->caps, CAP_ESEARCH) ? "UID SEARCH RETURN (ALL) ALL" : "UID SEARCH ALL";
	struct command c;
	int r;

	imap_command(w->im, &c);
	r = send_command(w, &c, command_add(&c, e, form), "list its messages", e);
	l->search = w->im->last_tag;
	return r;
}

static int
fetch_news(struct watcher *w, const struct watchbox *b, struct err *e)
{
	const char *form = b->modseq != 0 ? "UID FETCH %u:* (UID FLAGS MODSEQ)" : "UID FETCH %u:* (UID FLAGS)";
	struct command c;

	imap_command(w->im, &c);
	return send_command(w, &c, command_add(&c, e, form, b->uidnext > 0 ? b->uidnext : 1), "tell what is new", e);
}

static int
fetch_changes(struct watcher *w, const struct watchbox *b, struct err *e)
{
	struct command c;

	if (b->modseq == 0 || b->uidnext < 2)
		return 0;
	imap_command(w->im, &c);
	return send_command(w, &c, command_add(&c, e, "UID FETCH 1:%u (UID FLAGS) (CHANGEDSINCE %U)", b->uidnext - 1, b->modseq),
	    "tell what has changed", e);
}

static int
close_it(struct watcher *w, struct err *e)
{
	struct command c;

	imap_command(w->im, &c);
	return send_command(w, &c, command_add(&c, e, caps_has(&w->im->caps, CAP_UNSELECT) ? "UNSELECT" : "CLOSE"), "close the mailbox", e);
}

int
watchlook_status(struct watcher *w, const struct watchbox *b, struct err *e)
{
	const char *form = caps_has(&w->im->caps, CAP_CONDSTORE) ? "STATUS %m (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
	    : "STATUS %m (MESSAGES UIDNEXT UIDVALIDITY)";
	struct command c;

	imap_command(w->im, &c);
	return send_command(w, &c, command_add(&c, e, form, b->name), "count messages", e);
}

static int
ask(struct flight *f, struct look *l, struct err *e)
{
	struct watcher *w = f->w;

	if (examine(w, l, e) == -1 || search(w, l, e) == -1)
		return -1;
	if (l->box->known && (fetch_news(w, l->box, e) == -1 || fetch_changes(w, l->box, e) == -1))
		return -1;
	if (!f->open && (close_it(w, e) == -1 || watchlook_status(w, l->box, e) == -1))
		return -1;
	l->last = w->im->last_tag;
	return 0;
}

/* --- The flights. */

static void
take_over(struct flight *f)
{
	f->before = f->w->im->handler;
	f->w->im->handler = (struct imap_handler){ .data = on_data, .answer = on_answer, .status = on_untagged, .ctx = f };
}

static int
land(struct flight *f, int r, struct err *e)
{
	size_t i;

	if (r == 0)
		r = imap_finish(f->w->im, e);
	for (i = 0; i < f->count; i++)
		watchbox_look_free(&f->look[i].seen);
	f->w->im->handler = f->before;
	return r;
}

static int
fly(struct flight *f, struct err *e)
{
	size_t i;
	int r = 0;

	take_over(f);
	for (i = 0; i < f->count && r == 0; i++)
		r = ask(f, &f->look[i], e);
	return land(f, r, e);
}

int
watchlook_all(struct watcher *w, struct err *e)
{
	struct flight f = { .w = w };
	size_t i;
	int r = 0;

	for (i = 0; i < w->boxes && r == 0; i++) {
		if (w->box[i].dirty && !w->box[i].gone)
			f.look[f.count++] = (struct look){ .box = &w->box[i] };
		if (f.count == FLIGHT || (i + 1 == w->boxes && f.count > 0)) {
			r = fly(&f, e);
			f = (struct flight){ .w = w };
		}
	}
	return r;
}

int
watchlook_open(struct watcher *w, struct watchbox *b, struct err *e)
{
	struct flight f = { .w = w, .count = 1, .open = 1 };

	f.look[0].box = b;
	return fly(&f, e);
}

/* C: A8 UID FETCH 120:* (UID FLAGS)      what was sent before it (DONE) has its answer awaited here, too */
int
watchlook_news(struct watcher *w, struct watchbox *b, struct err *e)
{
	struct flight f = { .w = w, .count = 1, .open = 1 };
	int r;

	f.look[0].box = b;
	take_over(&f);
	r = fetch_news(w, b, e);
	f.look[0].last = w->im->last_tag;
	return land(&f, r, e);
}
