/* SPDX-License-Identifier: ISC */
/* download.c - UID FETCH (RFC 3501 section 6.4.8) from the wire to the target.
 * A literal is staged as it comes, before we may know whose it is (the UID may stand behind it); what it is worth is
 * decided when the response is whole. Group commit: stage → sync → ledger → place, per 256 messages or 64 MiB. */
#include "download.h"

#include <strings.h>

#include "date.h"
#include "fetched.h"
#include "flagname.h"
#include "imap.h"
#include "stream.h"
#include "target.h"

#define BATCH_MESSAGES 256
#define BATCH_OCTETS (64u * 1024 * 1024)

static const char *
item_name(const struct download *d)
{
	return d->headers ? "BODY[HEADER]" : "BODY[]";
}

static int
commit(struct download *d, struct err *e)
{
	if (target_staged(d->target) == 0)
		return 0;
	if (target_sync(d->target, e) == -1 || (d->fetched != NULL && fetched_commit(d->fetched, e) == -1)
	    || target_place(d->target, e) == -1)
		return -1;
	if (d->fetched != NULL)
		fetched_placed(d->fetched);
	return 0;
}

/* The UIDVALIDITY has come with the answer to EXAMINE, before any message. Entries of another one are worth nothing. */
static int
check_validity(struct download *d, struct err *e)
{
	uint32_t now = d->im->mailbox.uidvalidity;

	if (d->checked || d->fetched == NULL)
		return 0;
	if (now == 0)
		return err_set(e, ERR_PROTOCOL, "%s tells no UIDVALIDITY of %s, so what was fetched can't be recorded",
		    stream_peer(d->im->stream), d->im->mailbox.name);
	d->checked = 1;
	d->changed = fetched_validity(d->fetched) != 0 && fetched_validity(d->fetched) != now;
	if (d->changed)
		fetched_forget(d->fetched, now);
	return 0;
}

/* n:* is answered with the last message even if that is below n (RFC 3501 section 6.4.8); "*" alone is whichever that is. */
static int
wanted(struct download *d, uint32_t uid)
{
	const struct uidset *s = &d->left;

	if (uidset_has(s, uid)) {
		uidset_remove(&d->left, uid, uid);
		return 1;
	}
	if (s->count > 0 && s->range[s->count - 1].lo == UID_STAR) {
		uidset_remove(&d->left, UID_STAR, UID_STAR);
		return 1;
	}
	return 0;
}

static int
discard(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)ctx;
	(void)p;
	(void)n;
	(void)e;
	return 0;
}

/* What is wrong with this message's file is not wrong with the session: the rest of it is read over. Stdout has no
 * next message. */
static int
lose(struct download *d, const struct err *why, struct err *e)
{
	target_abort(d->target);
	d->lost = 1;
	if (target_maildir(d->target) == NULL) {
		*e = *why;
		return -1;
	}
	if (d->trouble.class == ERR_NONE)
		d->trouble = *why;
	return 0;
}

static int
begin(struct download *d, struct err *e)
{
	struct err why = { 0 };

	d->lost = 0;
	return target_begin(d->target, &why) == -1 ? lose(d, &why, e) : 0;
}

static int
take(void *ctx, const char *p, size_t n, struct err *e)
{
	struct download *d = ctx;
	struct err why = { 0 };

	if (d->lost || target_write(d->target, p, n, &why) == 0)
		return 0;
	return lose(d, &why, e);
}

/* The part of a FETCH response that is known so far names a UID that is not wanted. */
static int
known_unwanted(const struct download *d, const struct response *r)
{
	uint32_t uid;

	return value_u32(value_after(r->args, "UID"), &uid) && !uidset_has(&d->left, uid) && !d->star;
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct download *d = ctx;

	(void)size;
	if (strcasecmp(item, item_name(d)) != 0)
		return 0;
	if (d->streamed)
		return err_set(e, ERR_PROTOCOL, "%s sent two messages in one answer", stream_peer(d->im->stream));
	*sink = discard;
	if (known_unwanted(d, r))
		return 1;
	if (check_validity(d, e) == -1 || begin(d, e) == -1)
		return -1;
	d->streamed = 1;
	*sink = take;
	*sink_ctx = d;
	return 1;
}

/* The message in the target is the one with this UID. */
static int
keep(struct download *d, const struct response *r, uint32_t uid, struct err *e)
{
	struct err why = { 0 };
	char letters[FLAG_LETTERS];
	const char *date;
	size_t n;
	time_t when = 0;

	flagname_letters(value_after(r->args, "FLAGS"), letters);
	if (value_text(value_after(r->args, "INTERNALDATE"), &date, &n))
		date_internal(date, n, &when);
	if (!d->lost && target_end(d->target, letters, when, &why) == -1 && lose(d, &why, e) == -1)
		return -1;
	if (d->lost) {
		if (d->failed++ == 0)
			err_prefix(&d->trouble, "message with UID %u not fetched", uid);
		return 0;
	}
	if (d->fetched != NULL)
		fetched_put(d->fetched, d->im->mailbox.uidvalidity, uid, maildir_name(target_maildir(d->target)), letters);
	if (target_staged(d->target) < BATCH_MESSAGES && target_octets(d->target) < BATCH_OCTETS)
		return 0;
	return commit(d, e);
}

/* A message that came as a string, or NIL where it is no more. */
static int
take_string(struct download *d, const struct value *body, struct err *e)
{
	const char *text;
	size_t n;

	if (body->kind != VALUE_STRING || !value_text(body, &text, &n))
		return 0;
	if (check_validity(d, e) == -1 || begin(d, e) == -1 || take(d, text, n, e) == -1)
		return -1;
	return 1;
}

static int
on_fetch(struct download *d, const struct response *r, int have, struct err *e)
{
	const struct value *body = value_after(r->args, item_name(d));
	uint32_t uid = 0;

	if (body == NULL)		/* another client changed flags */
		return 0;
	value_u32(value_after(r->args, "UID"), &uid);
	if (!have && uid != 0 && (have = take_string(d, body, e)) == -1)
		return -1;
	if (have && uid != 0 && wanted(d, uid)) {
		progress_add(&d->progress, 1, body->kind == VALUE_STREAMED ? body->size : body->len);
		return keep(d, r, uid, e) == -1 ? -1 : 1;
	}
	target_abort(d->target);
	if (!d->star && body->kind != VALUE_ATOM && d->strays++ == 0)
		d->stray = uid;
	return 0;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct download *d = ctx;
	int have = d->streamed;

	d->streamed = 0;
	if (!response_is(r, "FETCH"))
		return 0;
	return on_fetch(d, r, have, e);
}

/* C: UID FETCH set (UID FLAGS INTERNALDATE BODY.PEEK[])     for each piece of the set */
int
download_ask(struct download *d, const struct uidset *set, struct err *e)
{
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0, i;
	int r = 0;

	d->im->handler = (struct imap_handler){ .data = on_data, .literal = on_literal, .ctx = d };
	for (i = 0; i < set->count; i++)
		uidset_add(&d->left, set->range[i].lo, set->range[i].hi);
	d->star |= set->count > 0 && set->range[set->count - 1].hi == UID_STAR;
	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX, &piece)) {
		imap_command(d->im, &c);
		r = command_add(&c, e, d->headers ? "UID FETCH %S (UID FLAGS INTERNALDATE BODY.PEEK[HEADER])"
		    : "UID FETCH %S (UID FLAGS INTERNALDATE BODY.PEEK[])", buf_str(&piece));
		if (r == 0)
			r = imap_send(d->im, &c, "fetch messages", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

int
download_finish(struct download *d, struct err *e)
{
	struct err later = { 0 };
	int r = imap_finish(d->im, e);

	target_abort(d->target);
	if (r == 0)
		r = check_validity(d, e);
	if (commit(d, r == 0 ? e : &later) == -1)
		r = -1;
	if (r == 0 && d->trouble.class != ERR_NONE) {
		*e = d->trouble;
		r = -1;
	}
	if (r == 0 && d->strays > 0)
		r = err_set(e, ERR_PROTOCOL, "%s sent %llu messages that were not asked for, or twice (UID %u first); they were left out",
		    stream_peer(d->im->stream), (unsigned long long)d->strays, d->stray);
	return r;
}
