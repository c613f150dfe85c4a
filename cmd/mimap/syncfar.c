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

#define TOLD_MAX 10000000	/* messages that a server may tell of in one flight */
#define HEADER_FIELD "BODY[HEADER.FIELDS (MESSAGE-ID)]"

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

static int
too_many(struct syncfar *f, struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "%s tells of more messages in %s than there can be", stream_peer(f->wire->im->stream), f->mailbox);
}

/* Servers tell UIDs in order; one that does not is sorted afterwards. */
static int
add_known(struct syncfar *f, uint32_t uid, uint32_t flags, struct err *e)
{
	if (f->knowns > 0 && f->known[f->knowns - 1].uid == uid) {
		f->known[f->knowns - 1].flags = flags;
		return 1;
	}
	if (f->knowns == TOLD_MAX)
		return too_many(f, e);
	if (f->knowns == f->known_room) {
		f->known_room = f->known_room * 2 + 64;
		f->known = xreallocarray(f->known, f->known_room, sizeof(*f->known));
	}
	f->known[f->knowns++] = (struct syncfar_known){ uid, flags };
	return 1;
}

/* The Message-ID field of a FETCH, however the server spells what it is: 1 if it was told. */
static int
header_of(const struct response *r, const char **text, size_t *n)
{
	const struct value *v;

	for (v = value_at(r->args, 0); v != NULL && v->next != NULL; v = v->next->next) {
		if (v->kind == VALUE_ATOM && strncasecmp(v->text, "BODY[HEADER", 11) == 0)
			return value_text(v->next, text, n);
	}
	return 0;
}

static int
add_fresh(struct syncfar *f, const struct response *r, const struct update_fetch *u, uint32_t flags, struct err *e)
{
	struct syncfar_fresh *m;
	const char *text;
	size_t n;
	time_t when = 0;

	if (f->freshes == TOLD_MAX)
		return too_many(f, e);
	if (f->freshes == f->fresh_room) {
		f->fresh_room = f->fresh_room * 2 + 64;
		f->fresh = xreallocarray(f->fresh, f->fresh_room, sizeof(*f->fresh));
	}
	m = &f->fresh[f->freshes++];
	*m = (struct syncfar_fresh){ .uid = u->uid, .flags = flags, .size = u->size };
	if (u->date != NULL && date_internal(u->date, strlen(u->date), &when))
		m->date = (int64_t)when;
	if (header_of(r, &text, &n))
		syncident_header(text, n, 0, &m->ident);
	return 1;
}

/* The whole header of a message whose number was not known. */
static void
add_header(struct syncfar *f, const struct response *r, uint32_t uid)
{
	struct syncfar_fresh *m = syncfar_fresh(f, uid);
	const char *text;
	size_t n;

	if (m != NULL && header_of(r, &text, &n))
		syncident_header(text, n, 1, &m->ident);
}

/* S: * 5 FETCH (UID 9 FLAGS (\Seen) MODSEQ (71))     changed flags, a new message, or a body of one
 * Commands on one mailbox may be answered all at once (RFC 3501 section 5.5), so it is what a response holds that tells which it is. */
static int
on_fetch(struct syncfar *f, const struct response *r, const struct update_fetch *u, struct err *e)
{
	int fresh = f->fresh_set.count > 0 && uidset_has(&f->fresh_set, u->uid);

	if (u->uid == 0)		/* without its UID it is of no use */
		return 0;
	if (f->headers) {
		add_header(f, r, u->uid);
		return 1;
	}
	if (u->flags == NULL)
		return 0;
	if (fresh && f->pull == NULL && u->date != NULL)
		return add_fresh(f, r, u, syncflag_wire(f->flags, u->flags), e);
	return u->uid < f->from ? add_known(f, u->uid, syncflag_wire(f->flags, u->flags), e) : 0;
}

/* S: * ESEARCH (TAG "A3") UID ALL 2,5:9 | * SEARCH 2 5 9 */
static int
on_search(struct syncfar *f, const struct response *r, struct err *e)
{
	const struct value *v;
	size_t i;

	for (i = 0; i < r->number_count; i++) {
		if (r->numbers[i] != 0)
			uidset_add(&f->present, r->numbers[i], r->numbers[i]);
	}
	for (v = r->args; v != NULL && v->next != NULL; v = v->next) {
		if (value_is(v, "ALL") && (v->next->kind != VALUE_ATOM
		    || uidset_parse(&f->present, v->next->text, v->next->len, e) == -1))
			return err_set(e, ERR_PROTOCOL, "%s sent a search result that is no set", stream_peer(f->wire->im->stream));
	}
	return 1;
}

static int
on_vanished(struct syncfar *f, const struct response *r, struct err *e)
{
	struct uidset set = { NULL, 0, 0 };
	int earlier, k = update_vanished(r, &set, &earlier, e);
	size_t i;

	for (i = 0; k == 1 && i < set.count; i++) {
		if (earlier)
			uidset_add(&f->vanished, set.range[i].lo, set.range[i].hi);
		else
			f->expunged += (uint64_t)set.range[i].hi - set.range[i].lo + 1;
	}
	uidset_free(&set);
	return k;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct syncfar *f = ctx;
	struct update_fetch u;
	int k;

	if (update_fetch(r, &u)) {
		if (f->pull != NULL && (k = syncpull_data(f->pull, r, &u, e)) != 0)
			return k;
		return on_fetch(f, r, &u, e);
	}
	if (response_is(r, "VANISHED"))
		return on_vanished(f, r, e);
	if (response_is(r, "EXPUNGE"))
		f->expunged++;
	if (response_is(r, "SEARCH") || response_is(r, "ESEARCH"))
		return on_search(f, r, e);
	return 0;
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct syncfar *f = ctx;

	return f->pull != NULL ? syncpull_literal(f->pull, r, item, size, sink, sink_ctx, e) : 0;
}

/* What the server does not store of its own accord (PERMANENTFLAGS, RFC 3501 section 7.1): "(\Seen \Flagged \*)" */
static uint32_t
not_kept(struct syncflag_table *flags, const char *permanent)
{
	uint32_t stored = 0;
	const char *p;
	size_t n;

	if (permanent == NULL)
		return 0;
	for (p = permanent; *p != '\0'; p += n) {
		p += strspn(p, "( )");
		n = strcspn(p, "( )");
		if (n == 2 && memcmp(p, "\\*", 2) == 0)
			stored |= ~SYNCFLAG_STANDARD | SYNCFLAG_FORWARDED;
		else if (n > 0)
			stored |= syncflag_wire_one(flags, p, n);
	}
	return ~stored;
}

static void
on_opened(struct syncfar *f)
{
	const struct imap_mailbox *m = &f->wire->im->mailbox;

	f->exists = m->exists;
	f->next = m->uidnext;
	f->highestmodseq = m->nomodseq || m->uidnotsticky ? 0 : m->highestmodseq;
	f->opened_read_only = m->read_only;
	f->keep = f->read_only ? 0 : not_kept(f->flags, m->permanent);	/* EXAMINE says that nothing can be stored */
	if (m->uidvalidity == f->validity)
		return;
	err_set(&f->trouble, ERR_TEMP, "%s was made anew on the server at this moment", f->mailbox);
	if (f->pull != NULL)
		f->pull->dead = 1;	/* other messages have these UIDs now */
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct syncfar *f = ctx;
	char what[160];

	(void)e;
	if (r->status == STATUS_OK) {
		if (tag == f->select_tag)
			on_opened(f);
		return 1;
	}
	snprintf(what, sizeof(what), tag == f->select_tag ? "open the mailbox %s" : "tell what is in %s", f->mailbox);
	if (f->trouble.class == ERR_NONE)
		imap_refusal(f->wire->im, what, &f->trouble);
	return 1;
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
	struct imap_handler h = { .data = on_data, .literal = on_literal, .answer = on_answer, .ctx = f };
	int r;

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
	struct imap_handler h = { .data = on_data, .answer = on_answer, .ctx = f };
	int r;

	f->way = SYNCFAR_PLAIN;
	f->knowns = 0;
	f->expunged = 0;
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
	struct imap_handler h = { .data = on_data, .answer = on_answer, .ctx = f };
	int r = 0;

	f->pull = NULL;
	f->freshes = 0;
	uidset_free(&f->fresh_set);
	uidset_add(&f->fresh_set, uid, UINT32_MAX - 1);
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
	struct imap_handler h = { .data = on_data, .answer = on_answer, .ctx = f };
	struct imap *im = f->wire->im;
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	f->headers = 1;
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
	return told <= f->exists && told + later + f->expunged >= f->exists;
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
