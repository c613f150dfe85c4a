/* SPDX-License-Identifier: ISC */
/* retrieve.c - a message as it comes in, and the batch that makes it safe. */
#include "fetching.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "deliver.h"
#include "log.h"
#include "pop3.h"
#include "seen.h"
#include "xalloc.h"

#define BATCH_OCTETS ((uint64_t)64 * 1024 * 1024)
#define STORE_FAILURES 3	/* in a row, and the disk is not worth another try */
#define OVERRUN ((uint64_t)16 * 1024 * 1024)	/* of a message that is too large after all so much is read, to get past it */

void
fetch_problem(struct fetch *f, const struct listing_msg *m, const struct err *why)
{
	if (++f->problems <= PROBLEMS_TOLD)
		log_warn("message %u (UID %.100s) stays on the server: %s", m->number, m->uid != NULL ? m->uid : "unknown",
		    why->text);
	if (f->result->first == ERR_NONE)
		f->result->first = why->class;
}

void
fetch_forget(struct fetch *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->held[i].name);
	f->count = 0;
	f->octets = 0;
}

/* A twin about to be deleted is not recorded: the record could be taken for another's. */
static void
record_batch(struct fetch *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct held *h = &f->held[i];

		if (h->note)
			seen_note(f->s, h->msg, h->name);
		else if (h->msg->twin == 0 || f->o->keep)
			seen_put(f->s, h->msg, h->name, h->print);
	}
}

int
fetch_commit(struct fetch *f, struct err *e)
{
	if (f->count == 0 || f->broken)
		return 0;
	f->broken = 1;
	if (deliver_sync(f->d, e) == -1)
		return -1;
	record_batch(f);
	if (deliver_id(f->d) != NULL)
		seen_batch(f->s, deliver_id(f->d));
	if (seen_commit(f->s, e) == -1 || deliver_place(f->d, e) == -1)
		return -1;
	f->broken = 0;
	f->result->messages += f->count;
	f->result->octets += f->octets;
	for (size_t i = 0; i < f->count; i++) {
		f->held[i].msg->state = MSG_SEEN;
		f->held[i].msg->drop = !f->o->keep && !f->held[i].note;
	}
	fetch_forget(f);
	return 0;
}

/* The one just delivered. */
static int
hold(struct fetch *f, struct listing_msg *m, const struct buf *header, int note, struct err *e)
{
	struct held *h = &f->held[f->count++];

	f->failures = 0;
	*h = (struct held){ .msg = m, .name = xstrdup(deliver_name(f->d)), .note = note };
	headers_print(buf_str(header), header->len, h->print);
	return f->count >= deliver_batch(f->d) || f->octets >= BATCH_OCTETS ? fetch_commit(f, e) : 0;
}

/* A message that can't be stored is still read to its end, so that the next one can be. */
struct latch {
	struct fetch *f;
	struct header_text header;
	uint64_t taken;
	int failed, large;
	struct err *why;
};

static int
is_too_large(struct latch *l, struct err *e)
{
	uint64_t limit = l->f->o->max_size;

	if (limit == 0 || l->taken <= limit)
		return 0;
	if (!l->large) {
		l->large = l->failed = 1;
		deliver_abort(l->f->d);
		err_set(l->why, ERR_PROTOCOL,
		    "it is larger than the server announced, and than the %" PRIu64 " octets of -z", limit);
	}
	if (l->taken - limit > OVERRUN)
		return err_set(e, ERR_PROTOCOL,
		    "a message goes on and on after the %" PRIu64 " octets of -z, so the connection is given up",
		    limit);
	return 0;
}

static int
latch_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct latch *l = ctx;

	progress_add(&l->f->progress, 0, n);
	l->f->octets += n;
	l->taken += n;
	if (is_too_large(l, e) == -1 || header_write(&l->header, p, n, e) == -1)
		return -1;
	if (!l->failed)
		l->failed = deliver_write(l->f->d, p, n, l->why) == -1;
	return 0;
}

/* 0: delivered. 1: not this one, *why tells. -1: the connection or the target is at its end. */
static int
receive(struct fetch *f, struct latch *latch, const struct listing_msg *m, struct err *e)
{
	int r;

	latch->failed = deliver_begin(f->d, latch->why) == -1;
	r = pop3_body(f->p, latch_write, latch, e);
	if (latch->large)
		seen_outsized(f->s, m, latch->taken);
	if (r == -1 || latch->failed) {
		deliver_abort(f->d);
		return r == -1 ? -1 : 1;
	}
	if ((r = deliver_end(f->d, latch->why)) == -1)
		*e = *latch->why;
	return r;
}

static int
not_stored(struct fetch *f, const struct listing_msg *m, const struct err *why, struct err *e)
{
	fetch_problem(f, m, why);
	if (deliver_maildir(f->d) == NULL || ++f->failures < STORE_FAILURES)
		return 0;
	*e = *why;
	return err_prefix(e, "%d messages in a row could not be stored, so the rest is left", STORE_FAILURES);
}

/* "120 octets", as many servers say. */
static int
is_octets(const char *text, uint64_t *size)
{
	size_t n = strspn(text, "0123456789");

	*size = listing_size(text, n);
	return n > 0 && strncmp(text + n, " octets", 7) == 0;
}

/* C: RETR 1                RFC 1939 section 5
 * S: +OK … message … .     or -ERR: then this one stays */
int
fetch_retrieved(void *ctx, struct listing_msg *m, const struct reply *r, struct err *e)
{
	struct fetch *f = ctx;
	struct err why;
	struct latch latch = { .f = f, .why = &why };
	uint64_t size;
	int rc;

	if (r->kind != REPLY_OK) {
		pop3_refused(f->p, r, "RETR", &why);
		fetch_problem(f, m, &why);
		return 0;
	}
	if (m->size == LISTING_NO_SIZE && is_octets(r->text, &size))
		m->size = size;
	rc = receive(f, &latch, m, e);
	progress_add(&f->progress, 1, 0);
	if (rc == 0)
		rc = hold(f, m, &latch.header.text, 0, e);
	else if (rc == 1 && latch.large) {
		fetch_problem(f, m, &why);
		rc = 0;
	} else if (rc == 1)
		rc = not_stored(f, m, &why, e);
	buf_free(&latch.header.text);
	return rc;
}

/* A header alone: with -H as it is, of a large message with a note. */
int
fetch_header(void *ctx, struct listing_msg *m, const struct buf *header, const struct err *refused, struct err *e)
{
	struct fetch *f = ctx;
	struct buf text = { NULL, 0, 0 };
	int note = m->state == MSG_LARGE, rc;
	struct err why;

	if (header == NULL) {
		fetch_problem(f, m, refused);
		return 0;
	}
	if (note)
		headers_note(&text, header, seen_size(f->s, m), f->o->max_size);
	else
		buf_add(&text, header->data, header->len);
	f->octets += text.len;
	if (deliver_begin(f->d, &why) == -1 || deliver_write(f->d, buf_str(&text), text.len, &why) == -1) {
		deliver_abort(f->d);
		rc = 1;
	} else if ((rc = deliver_end(f->d, &why)) == -1)
		*e = why;
	buf_free(&text);
	progress_add(&f->progress, 1, text.len);
	if (rc == 1)
		return not_stored(f, m, &why, e);
	return rc == -1 ? -1 : hold(f, m, header, note, e);
}
