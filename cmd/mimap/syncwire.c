/* SPDX-License-Identifier: ISC */
/* syncwire.c - whose response it is. */
#include "syncwire.h"

#include <stddef.h>

/* The flight that the command with this tag belongs to. */
static const struct imap_handler *
flight_of(const struct syncwire *w, unsigned int tag)
{
	const struct syncwire_flight *f;

	for (f = w->flights; f != NULL; f = f->next) {
		if (tag >= f->first && (f->last == 0 || tag <= f->last))
			return &f->handler;
	}
	return NULL;
}

/* That of the first command without its answer; one that is being sent may be all there is. */
static const struct imap_handler *
current(const struct syncwire *w)
{
	if (w->im->pending != NULL)
		return flight_of(w, w->im->pending->tag);
	return w->im->sending != NULL ? flight_of(w, w->im->sending->tag) : NULL;
}

static int
take(const struct imap_handler *h, const struct response *r, struct err *e)
{
	return h != NULL && h->data != NULL ? h->data(h->ctx, r, e) : 0;
}

/* STATUS is not about the mailbox that is open: a server may answer it before a FETCH that was sent earlier (Dovecot does). */
static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	const struct syncwire *w = ctx;
	const struct syncwire_flight *f;
	int taken = take(current(w), r, e);

	if (taken != 0 || !response_is(r, "STATUS"))
		return taken;
	for (f = w->flights; f != NULL && taken == 0; f = f->next)
		taken = take(&f->handler, r, e);
	return taken;
}

static int
on_status(void *ctx, const struct response *r, struct err *e)
{
	const struct imap_handler *h = current(ctx);

	return h != NULL && h->status != NULL ? h->status(h->ctx, r, e) : 0;
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	const struct imap_handler *h = current(ctx);

	return h != NULL && h->literal != NULL ? h->literal(h->ctx, r, item, size, sink, sink_ctx, e) : 0;
}

static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	const struct imap_handler *h = flight_of(ctx, tag);

	return h != NULL && h->answer != NULL ? h->answer(h->ctx, tag, r, e) : 0;
}

void
syncwire_open(struct syncwire *w, struct imap *im)
{
	*w = (struct syncwire){ .im = im };
	im->handler = (struct imap_handler){ .data = on_data, .literal = on_literal, .answer = on_answer, .status = on_status, .ctx = w };
}

void
syncwire_begin(struct syncwire *w, struct syncwire_flight *f, const struct imap_handler *h)
{
	struct syncwire_flight **end;

	for (end = &w->flights; *end != NULL; end = &(*end)->next)
		;
	*f = (struct syncwire_flight){ .first = w->im->last_tag + 1, .handler = *h };
	*end = f;
}

void
syncwire_end(struct syncwire *w, struct syncwire_flight *f)
{
	f->last = w->im->last_tag;
}

void
syncwire_drop(struct syncwire *w, struct syncwire_flight *f)
{
	struct syncwire_flight **pp;

	for (pp = &w->flights; *pp != NULL; pp = &(*pp)->next) {
		if (*pp == f) {
			*pp = f->next;
			break;
		}
	}
	f->first = 0;
}

int
syncwire_await(struct syncwire *w, struct syncwire_flight *f, struct err *e)
{
	int r = f->first != 0 ? imap_await(w->im, f->last, e) : 0;

	syncwire_drop(w, f);
	return r;
}
