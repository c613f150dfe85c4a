/* SPDX-License-Identifier: ISC */
/* syncfar.c - the flight that opens a mailbox and tells what is different. */
#include "syncfar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "date.h"
#include "stream.h"
#include "syncflag.h"
#include "syncident.h"
#include "syncpull.h"
#include "update.h"
#include "xalloc.h"


static int
compare_known(const void *a, const void *b)
{
	const struct syncfar_known *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static int
compare_fresh(const void *a, const void *b)
{
	const struct syncfar_fresh *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* C: SELECT mailbox (QRESYNC (validity modseq 1:last)) */
static int
send_select(struct syncfar *f, struct err *e)
{
	struct imap_since since = { .uidvalidity = f->validity, .modseq = f->modseq };
	char uids[24];
	int r;

	snprintf(uids, sizeof(uids), f->from == 2 ? "1" : "1:%u", f->from - 1);
	since.uids = uids;
	r = imap_select_since(f->wire->im, f->mailbox, f->read_only, f->way == SYNCFAR_QRESYNC ? &since : NULL, e);
	f->select_tag = f->wire->im->last_tag;
	return r;
}

/* C: UID FETCH 1:last (UID FLAGS) (CHANGEDSINCE modseq)     or without CHANGEDSINCE
 * C: UID SEARCH RETURN (ALL) UID 1:last                     what of it is still there: CONDSTORE does not tell */
static int
send_compare(struct syncfar *f, struct err *e)
{
	struct imap *im = f->wire->im;
	unsigned int last = f->from - 1;
	struct command c;
	int r;

	imap_command(im, &c);
	r = command_add(&c, e, "UID FETCH 1:%u (UID FLAGS)", last);
	if (r == 0 && f->way == SYNCFAR_CONDSTORE)
		r = command_add(&c, e, " (CHANGEDSINCE %U)", f->modseq);
	if (r == 0)
		r = imap_send(im, &c, "tell flags", e);
	command_free(&c);
	if (r == -1 || f->way != SYNCFAR_CONDSTORE)
		return r;
	imap_command(im, &c);
	r = command_add(&c, e, caps_has(&im->caps, CAP_ESEARCH) ? "UID SEARCH RETURN (ALL) UID 1:%u" : "UID SEARCH UID 1:%u", last);
	if (r == 0)
		r = imap_send(im, &c, "tell what is there", e);
	command_free(&c);
	return r;
}

/* C: UID FETCH set (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]) */
static int
send_fresh(struct syncfar *f, struct err *e)
{
	struct imap *im = f->wire->im;
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	while (r == 0 && uidset_piece(&f->fresh_set, &pos, COMMAND_SET_MAX, &piece)) {
		imap_command(im, &c);
		r = command_add(&c, e, "UID FETCH %S (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])",
		    buf_str(&piece));
		if (r == 0)
			r = imap_send(im, &c, "tell of new messages", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

int
syncfar_ask(struct syncfar *f, struct err *e)
{
	struct imap_handler h;
	int r;

	syncfar_handler(f, &h);
	syncwire_begin(f->wire, &f->flight, &h);
	r = send_select(f, e);
	if (r == 0 && (f->way == SYNCFAR_CONDSTORE || f->way == SYNCFAR_PLAIN))
		r = send_compare(f, e);
	if (r == 0 && f->fresh_set.count > 0)
		r = f->pull != NULL ? syncpull_ask(f->pull, &f->fresh_set, e) : send_fresh(f, e);
	syncwire_end(f->wire, &f->flight);
	return r;
}

/* Each once, whatever the server said. */
static void
sort_fresh(struct syncfar *f)
{
	size_t i, n = 0;

	if (f->freshes == 0)
		return;
	qsort(f->fresh, f->freshes, sizeof(*f->fresh), compare_fresh);
	for (i = 0; i < f->freshes; i++) {
		if (n == 0 || f->fresh[n - 1].uid != f->fresh[i].uid)
			f->fresh[n++] = f->fresh[i];
	}
	f->freshes = n;
}

int
syncfar_await(struct syncfar *f, struct err *e)
{
	int r = syncwire_await(f->wire, &f->flight, e);

	if (f->knowns > 0)
		qsort(f->known, f->knowns, sizeof(*f->known), compare_known);
	sort_fresh(f);
	return r;
}

int
syncfar_again(struct syncfar *f, struct err *e)
{
	struct imap_handler h;
	int r;

	f->way = SYNCFAR_PLAIN;
	f->knowns = 0;
	f->expunged = 0;
	syncfar_handler(f, &h);
	syncwire_begin(f->wire, &f->flight, &h);
	r = send_select(f, e);
	if (r == 0)
		r = send_compare(f, e);
	syncwire_end(f->wire, &f->flight);
	return r == 0 ? syncfar_await(f, e) : -1;
}

int
syncfar_newest(struct syncfar *f, uint32_t uid, int select, struct err *e)
{
	struct imap_handler h;
	int r = 0;

	f->pull = NULL;
	f->freshes = 0;
	uidset_free(&f->fresh_set);
	uidset_add(&f->fresh_set, uid, UINT32_MAX - 1);
	syncfar_handler(f, &h);
	syncwire_begin(f->wire, &f->flight, &h);
	if (select)
		r = imap_select(f->wire->im, f->mailbox, f->read_only, e);
	if (r == 0)
		r = send_fresh(f, e);
	syncwire_end(f->wire, &f->flight);
	return r == 0 ? syncfar_await(f, e) : -1;
}

/* C: UID FETCH set (UID BODY.PEEK[HEADER]) */
static int
ask_headers(struct syncfar *f, const struct uidset *set, int select, struct err *e)
{
	struct imap_handler h;
	struct imap *im = f->wire->im;
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	f->headers = 1;
	syncfar_handler(f, &h);
	syncwire_begin(f->wire, &f->flight, &h);
	if (select)
		r = imap_select(im, f->mailbox, f->read_only, e);
	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX, &piece)) {
		imap_command(im, &c);
		r = command_add(&c, e, "UID FETCH %S (UID BODY.PEEK[HEADER])", buf_str(&piece));
		if (r == 0)
			r = imap_send(im, &c, "tell of new messages", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	syncwire_end(f->wire, &f->flight);
	buf_free(&piece);
	if (r == 0)
		r = syncwire_await(f->wire, &f->flight, e);
	f->headers = 0;
	return r;
}

int
syncfar_idless(struct syncfar *f, int select, struct err *e)
{
	struct uidset set = { NULL, 0, 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < f->freshes; i++) {
		if (f->fresh[i].ident == 0)
			uidset_add(&set, f->fresh[i].uid, f->fresh[i].uid);
	}
	if (set.count > 0)
		r = ask_headers(f, &set, select, e) == -1 ? -1 : 1;
	uidset_free(&set);
	return r;
}

const struct syncfar_known *
syncfar_known(const struct syncfar *f, uint32_t uid)
{
	struct syncfar_known key = { uid, 0 };

	return f->knowns > 0 ? bsearch(&key, f->known, f->knowns, sizeof(*f->known), compare_known) : NULL;
}

struct syncfar_fresh *
syncfar_fresh(const struct syncfar *f, uint32_t uid)
{
	struct syncfar_fresh key = { .uid = uid };

	return f->freshes > 0 ? bsearch(&key, f->fresh, f->freshes, sizeof(*f->fresh), compare_fresh) : NULL;
}

int
syncfar_has(const struct syncfar *f, uint32_t uid)
{
	switch (f->way) {
	case SYNCFAR_QRESYNC:
		return !uidset_has(&f->vanished, uid);
	case SYNCFAR_CONDSTORE:
		return uidset_has(&f->present, uid);
	case SYNCFAR_PLAIN:
		return syncfar_known(f, uid) != NULL;
	case SYNCFAR_NOTHING:
		break;
	}
	return 0;
}

/* New messages above those that were asked for may have come before it was opened. */
int
syncfar_adds_up(const struct syncfar *f, uint64_t present, uint64_t fresh)
{
	uint64_t told = present + fresh, later = 0;

	if (f->next > f->limit)
		later = f->next - f->limit;
	return told <= f->exists && f->expunged <= f->exists && told + later + f->expunged >= f->exists;
}

void
syncfar_free(struct syncfar *f)
{
	if (f->wire != NULL && f->flight.first != 0)
		syncwire_drop(f->wire, &f->flight);
	free(f->known);
	free(f->fresh);
	uidset_free(&f->vanished);
	uidset_free(&f->present);
	uidset_free(&f->fresh_set);
	memset(f, 0, sizeof(*f));
}
