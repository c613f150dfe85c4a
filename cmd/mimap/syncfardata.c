/* SPDX-License-Identifier: ISC */
/* syncfardata.c - what the server says of a mailbox that was opened, or of messages in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "date.h"
#include "stream.h"
#include "syncfar.h"
#include "syncflag.h"
#include "syncident.h"
#include "syncpull.h"
#include "update.h"
#include "xalloc.h"

#define TOLD_MAX 10000000	/* messages that a server may tell of in one flight */

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

void
syncfar_handler(struct syncfar *f, struct imap_handler *h)
{
	*h = (struct imap_handler){ .data = on_data, .literal = on_literal, .answer = on_answer, .ctx = f };
}
