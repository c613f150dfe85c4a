/* SPDX-License-Identifier: ISC */
/* download.c - UID FETCH (RFC 3501 section 6.4.8) from the wire to the target.
 * A literal is staged as it comes, before we may know whose it is (the UID may stand behind it); what it is worth is
 * decided when the response is whole. Group commit: stage → sync → ledger → place, per 256 messages or 64 MiB.
 * A message cut by a lost connection goes on where it was, by BODY.PEEK[]<n.m>: what a UID stands for never changes. */
#include "download.h"

#include <stdio.h>
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

	if (d->validity != 0 && d->validity != now)
		return err_set(e, ERR_TEMP, "%s has made %s anew while messages were fetched from it", stream_peer(d->im->stream),
		    d->im->mailbox.name);
	d->validity = now;
	if (d->next == 0)
		d->next = d->im->mailbox.uidnext;
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
begin(struct download *d, uint32_t uid, uint64_t size, struct err *e)
{
	struct err why = { 0 };

	d->lost = 0;
	d->uid = uid;
	d->size = size;
	d->got = 0;
	return target_begin(d->target, &why) == -1 ? lose(d, &why, e) : 0;
}

static int
take(void *ctx, const char *p, size_t n, struct err *e)
{
	struct download *d = ctx;
	struct err why = { 0 };

	d->got += n;
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

/* BODY[]<4711> with the rest of the message under way */
static int
is_rest(const struct download *d, const char *item)
{
	char name[40];

	snprintf(name, sizeof(name), "BODY[]<%llu>", (unsigned long long)d->got);
	return d->got > 0 && d->uid != 0 && strcasecmp(item, name) == 0;
}

static int
go_on(const struct download *d, uint64_t size, struct err *e)
{
	if (size == d->size - d->got)
		return 0;
	return err_set(e, ERR_PROTOCOL, "%s now tells another size of the message with UID %u", stream_peer(d->im->stream), d->uid);
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct download *d = ctx;
	uint32_t uid = 0;
	int rest = is_rest(d, item);

	if (!rest && strcasecmp(item, item_name(d)) != 0)
		return 0;
	if (d->streamed)
		return err_set(e, ERR_PROTOCOL, "%s sent two messages in one answer", stream_peer(d->im->stream));
	*sink = discard;
	if (known_unwanted(d, r))
		return 1;
	value_u32(value_after(r->args, "UID"), &uid);
	if (check_validity(d, e) == -1 || (rest ? go_on(d, size, e) == -1 : begin(d, uid, size, e) == -1))
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
	uidset_add(&d->done, uid, uid);
	if (d->fetched != NULL)
		fetched_put(d->fetched, d->im->mailbox.uidvalidity, uid, maildir_name(target_maildir(d->target)), letters);
	if (target_staged(d->target) < BATCH_MESSAGES && target_octets(d->target) < BATCH_OCTETS)
		return 0;
	return commit(d, e);
}

/* A message that came as a string, or NIL where it is no more. A piece of one, BODY[]<10>, is none. */
static int
take_string(struct download *d, const struct response *r, struct err *e)
{
	const struct value *body = value_after(r->args, item_name(d));
	const char *text;
	size_t n;

	if (body == NULL || body->kind != VALUE_STRING || !value_text(body, &text, &n) || d->got > 0)
		return 0;
	if (check_validity(d, e) == -1 || begin(d, 0, n, e) == -1 || take(d, text, n, e) == -1)
		return -1;
	return 1;
}

static int
on_fetch(struct download *d, const struct response *r, int have, struct err *e)
{
	const struct value *body = value_behind(r->args, item_name(d));
	uint32_t uid = 0;

	if (body == NULL)		/* another client changed flags */
		return 0;
	value_u32(value_after(r->args, "UID"), &uid);
	if (!have && uid != 0 && (have = take_string(d, r, e)) == -1)
		return -1;
	if (have && uid != 0 && (d->uid == 0 || d->uid == uid) && wanted(d, uid)) {
		d->got = 0;
		progress_add(&d->progress, 1, body->kind == VALUE_STREAMED ? body->size : body->len);
		return keep(d, r, uid, e) == -1 ? -1 : 1;
	}
	target_abort(d->target);
	d->got = 0;
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
static int
send_fetch(struct download *d, const struct uidset *set, struct err *e)
{
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	d->im->handler = (struct imap_handler){ .data = on_data, .literal = on_literal, .ctx = d };
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
download_ask(struct download *d, const struct uidset *set, struct err *e)
{
	uidset_merge(&d->left, set);
	d->star |= set->count > 0 && set->range[set->count - 1].hi == UID_STAR;
	return send_fetch(d, set, e);
}

/* The message under way can go on in another session. */
static int
is_cut(const struct download *d)
{
	return d->im->broken && d->got > 0 && d->got < d->size && d->uid != 0 && !d->lost && !d->headers && uidset_has(&d->left, d->uid);
}

/* C: UID FETCH 9 (UID FLAGS INTERNALDATE BODY.PEEK[]<4711.100000>) */
static int
send_rest(struct download *d, struct err *e)
{
	struct command c;
	int r;

	d->im->handler = (struct imap_handler){ .data = on_data, .literal = on_literal, .ctx = d };
	imap_command(d->im, &c);
	r = command_add(&c, e, "UID FETCH %u (UID FLAGS INTERNALDATE BODY.PEEK[]<%U.%U>)", (unsigned int)d->uid, d->got, d->size - d->got);
	if (r == 0)
		r = imap_send(d->im, &c, "fetch the rest of a message", e);
	command_free(&c);
	return r;
}

void
download_bound(struct uidset *set, uint32_t uidnext)
{
	const struct uidrange *last = set->count > 0 ? &set->range[set->count - 1] : NULL;

	if (uidnext > 0 && last != NULL && last->hi == UID_STAR && last->lo != UID_STAR)
		uidset_remove(set, uidnext, UID_STAR);
}

int
download_resume(struct download *d, struct imap *im, struct err *e)
{
	struct uidset others = { NULL, 0, 0 };
	int r = 0;

	d->im = im;
	d->streamed = 0;
	uidset_merge(&others, &d->left);
	download_bound(&others, d->next);
	if (d->got > 0) {
		uidset_remove(&others, d->uid, d->uid);
		r = send_rest(d, e);
	}
	if (r == 0)
		r = send_fetch(d, &others, e);
	uidset_free(&others);
	return r;
}

int
download_finish(struct download *d, struct err *e)
{
	struct err later = { 0 };
	int r = imap_finish(d->im, e);

	if (r == 0 || !is_cut(d)) {
		target_abort(d->target);
		d->got = 0;
	}
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
