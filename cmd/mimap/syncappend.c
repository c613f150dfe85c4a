/* SPDX-License-Identifier: ISC */
/* syncappend.c - uploads. The answer's APPENDUID (UIDPLUS, RFC 4315) makes the row and takes the mark away; where it does not
 * come the mark stays until the message is found by what it is. A refusal is that message's alone, but some are every one's. */
#include "syncappend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "date.h"
#include "imap.h"
#include "sync.h"
#include "syncmatch.h"
#include "syncnear.h"
#include "syncstate.h"
#include "uidset.h"
#include "update.h"
#include "upload.h"
#include "xalloc.h"

#define WINDOW 1024	/* uploads under way without an answer */
#define ROWS_AT_ONCE 256

/* Not this message is the problem. */
static int
hopeless(const struct response *r)
{
	static const char *const codes[] = { "TRYCREATE", "NONEXISTENT", "OVERQUOTA", "NOPERM", "UNAVAILABLE" };
	size_t i;

	for (i = 0; r->code != NULL && i < sizeof(codes) / sizeof(*codes); i++) {
		if (strcasecmp(r->code, codes[i]) == 0)
			return 1;
	}
	return 0;
}

static struct sync_action *
find_upload(struct syncfolder *f, unsigned int tag)
{
	size_t i;

	for (i = f->answered; i < f->actions; i++) {
		struct sync_action *a = &f->action[i];

		if (a->plan.act == SYNCPLAN_PUT && a->tag == tag && tag != 0) {
			f->answered = i;	/* answers come in the order of the commands */
			return a;
		}
	}
	return NULL;
}

static int
stored(struct syncfolder *f, struct sync_action *a, const struct response *r, struct err *e)
{
	struct uidset uids = { NULL, 0, 0 };
	uint32_t validity = 0, old = a->uid;
	int k = update_appended(r, &validity, &uids, e);

	f->run->count[SYNC_STORED]++;
	if (k == 1 && validity == f->told.validity && uidset_size(&uids) == 1) {
		a->uid = uids.range[0].lo;
		syncstate_unpend(f->state, a->name);
		if (old != 0)
			syncstate_remove(f->state, old);
		syncpush_row(f, a, a->uid, a->plan.last);
		if (f->run->count[SYNC_STORED] % ROWS_AT_ONCE == 0)
			syncfolder_commit(f);
	} else {
		a->uid = 0;
		f->unknown = 1;
		if (old != 0)
			syncstate_remove(f->state, old);	/* its mark tells what it is now */
	}
	uidset_free(&uids);
	return k == -1 ? -1 : 0;
}

int
syncappend_answer(struct syncfolder *f, unsigned int tag, const struct response *r, struct err *e)
{
	struct sync_action *a = find_upload(f, tag);
	struct err why = { 0 };
	char what[400];

	if (a == NULL)
		return 0;
	if (r->status == STATUS_OK)
		return stored(f, a, r, e);
	snprintf(what, sizeof(what), "store %s in %s", a->name, f->name);
	imap_refusal(f->run->im, what, &why);
	syncfolder_fail(f, &why);
	a->refused = 1;
	f->hopeless |= hopeless(r);
	syncstate_unpend(f->state, a->name);	/* it is certainly not there */
	return 0;
}

/* C: APPEND mailbox (\Seen) "22-Nov-2026 10:00:00 +0000" {310+} */
static int
send_one(struct syncfolder *f, struct sync_action *a, struct upload *u, struct err *e)
{
	struct imap *im = f->run->im;
	struct buf flags = { 0 }, date = { 0 };
	struct command c;
	int r;

	syncflag_names(&f->flags, a->plan.there, &flags);
	date_imap_time(&date, u->modified);
	imap_command(im, &c);
	r = command_add(&c, e, "APPEND %m ", f->name);
	if (r == 0 && (flags.len > 0 || command_utf8(&c, u->eight)))
		r = command_add(&c, e, flags.len > 0 ? "(%r) " : "() ", buf_str(&flags));
	if (r == 0)
		r = command_add(&c, e, "\"%r\" ", buf_str(&date));
	command_message(&c, u->size, u->eight, upload_send, u);
	a->tag = im->last_tag + 1;
	if (r == 0)
		r = imap_send(im, &c, "store a message", e);
	command_free(&c);
	buf_free(&flags);
	buf_free(&date);
	return r;
}

/* A file that can't be read now, or that IMAP can't carry, is not the end of the others. */
static int
upload(struct syncfolder *f, struct sync_action *a, struct err *e)
{
	const struct near_file *file = near_find(f->near, a->name);
	struct buf path = { 0 };
	struct err why = { 0 };
	struct upload u = { .fd = -1 };
	int r = 0;

	if (file == NULL || (a->ident == 0 && syncmeet_ident(f, a) == -1)) {
		syncstate_unpend(f->state, a->name);
		return 0;
	}
	near_path(f->near, file, &path);
	if (upload_open(&u, buf_str(&path), &why) == -1) {
		syncstate_unpend(f->state, a->name);
		syncfolder_fail(f, &why);
		a->refused = 1;
	} else {
		r = send_one(f, a, &u, e);
		progress_add(&f->run->progress, 1, u.size);
	}
	upload_close(&u);
	buf_free(&path);
	return r;
}

int
syncappend_send(struct syncfolder *f, struct err *e)
{
	struct imap *im = f->run->im;
	size_t i;
	int r = 0;

	for (i = 0; i < f->actions && r == 0; i++) {
		struct sync_action *a = &f->action[i];

		if (a->plan.act != SYNCPLAN_PUT || a->refused || a->moved)
			continue;
		if (f->hopeless) {
			syncstate_unpend(f->state, a->name);
			continue;
		}
		r = upload(f, a, e);
		if (r == 0)
			r = imap_poll(im, e);
		if (r == 0 && im->last_tag > f->flight.first + WINDOW)
			r = imap_await(im, im->last_tag - WINDOW, e);
	}
	return r;
}

/* Uploads of which no UID is known, and the new messages there: pairs are one message. */
static void
match_unknown(struct syncfolder *f)
{
	struct syncmatch_item *here = xcalloc(f->actions + 1, sizeof(*here)), *there = xcalloc(f->far.freshes + 1, sizeof(*there));
	size_t i, *which = xcalloc(f->actions + 1, sizeof(*which)), n = 0;

	for (i = 0; i < f->actions; i++) {
		const struct sync_action *a = &f->action[i];

		if (a->plan.act != SYNCPLAN_PUT || a->tag == 0 || a->refused || a->uid != 0)
			continue;
		which[n] = i;
		here[n++] = (struct syncmatch_item){ .ident = a->ident, .size = a->size, .size_up = a->size_up, .date = a->date };
	}
	for (i = 0; i < f->far.freshes; i++) {
		const struct syncfar_fresh *m = &f->far.fresh[i];

		if (syncstate_uid(f->state, m->uid) == NULL)
			there[i] = (struct syncmatch_item){ .ident = m->ident, .size = m->size, .date = m->date, .uid = m->uid };
	}
	syncmatch(here, n, there, f->far.freshes);
	for (i = 0; i < n; i++) {
		struct sync_action *a = &f->action[which[i]];

		if (here[i].with == SYNCMATCH_NONE)
			continue;
		a->uid = f->far.fresh[here[i].with].uid;
		syncpush_row(f, a, a->uid, a->plan.last);
		syncstate_unpend(f->state, a->name);
	}
	free(here);
	free(there);
	free(which);
}

int
syncappend_find(struct syncfolder *f, struct err *e)
{
	if (!f->unknown || f->far.next == 0)
		return 0;
	if (syncfar_newest(&f->far, f->far.next, f->run->selected != f, e) == -1)
		return -1;
	f->run->selected = f;
	if (syncfar_idless(&f->far, 0, e) == -1)
		return -1;
	match_unknown(f);
	return 0;
}
