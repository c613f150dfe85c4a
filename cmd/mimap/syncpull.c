/* SPDX-License-Identifier: ISC */
/* syncpull.c - UID FETCH (RFC 3501 section 6.4.8) from the wire into a maildir.
 * A literal is staged as it comes, before its UID may be known; what it is worth is decided when the response is whole.
 * A placeholder is the header and a note in place of the body; the row's header value "part-UID" tells that it is one. */
#include "syncpull.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "date.h"
#include "imap.h"
#include "progress.h"
#include "stream.h"
#include "syncflag.h"
#include "syncstate.h"
#include "update.h"

#define BATCH_MESSAGES 256
#define BATCH_OCTETS (64u * 1024 * 1024)

static const char note[] =
    "This message is larger than max-size allows, so only its header was fetched.\n"
    "Flag it, and the next mimap sync brings all of it.\n";

/* Rows of files that did not reach the disk must never be committed: that would look like files removed by the user. */
static void
commit(struct syncpull *p)
{
	struct err why = { 0 };

	if (p->dead || p->maildir == NULL || maildir_count(p->maildir) == 0)
		return;
	syncstate_set_number(p->state, SYNCSTATE_UNPLACED, 1);
	if (syncflag_save(p->flags, p->path, &why) == -1 || maildir_sync(p->maildir, &why) == -1
	    || syncstate_commit(p->state, &why) == -1 || maildir_place_soon(p->maildir, p->placed, p->placed_ctx, &why) == -1) {
		p->dead = 1;
		p->trouble = why;
	} else {
		p->unsettled = 1;
	}
	p->octets = 0;
}

/* Until the directories are on disk, the state says that files may wait in tmp/. */
static void
settle(struct syncpull *p)
{
	struct err why = { 0 };

	if (!p->unsettled || p->dead)
		return;
	if (maildir_settle(p->maildir, &why) == -1) {
		p->dead = 1;
		p->trouble = why;
	} else {
		p->unsettled = 0;
		syncstate_set_number(p->state, SYNCSTATE_UNPLACED, 0);
	}
}

static int
discard(void *ctx, const char *data, size_t n, struct err *e)
{
	(void)ctx;
	(void)data;
	(void)n;
	(void)e;
	return 0;
}

/* What is wrong with this message's file is not wrong with the session: the rest of it is read over. */
static void
lose(struct syncpull *p, const struct err *why)
{
	if (p->maildir != NULL)
		maildir_abort(p->maildir);
	p->lost = 1;
	if (p->trouble.class == ERR_NONE)
		p->trouble = *why;
}

static void
begin(struct syncpull *p)
{
	struct err why = { 0 };
	struct syncident unused;

	p->lost = 0;
	p->size = 0;
	p->eol = (struct eol){ 0, 0 };
	syncident_end(&p->run, &unused);
	p->run = (struct syncident_run){ .octets = 0 };
	if (p->dead)
		p->lost = 1;
	else if ((p->maildir == NULL && maildir_open(&p->maildir, p->path, &why) == -1) || maildir_begin(p->maildir, &why) == -1)
		lose(p, &why);
}

static int
take(void *ctx, const char *data, size_t n, struct err *e)
{
	struct syncpull *p = ctx;
	struct err why = { 0 };

	(void)e;
	if (p->lost)
		return 0;
	if ((!p->run.done && syncident_add(&p->run, data, n, &why) == -1)	/* only its header is of interest */
	    || eol_to_lf(&p->eol, data, n, maildir_write, p->maildir, &why) == -1)
		lose(p, &why);
	p->octets += n;
	p->size += n;
	return 0;
}

/* BODY[] is a message; BODY[HEADER] a placeholder's, where placeholders were asked for. */
static int
is_body(const struct syncpull *p, const char *item)
{
	return strcasecmp(item, "BODY[]") == 0 || (p->headers.count > 0 && strcasecmp(item, "BODY[HEADER]") == 0);
}

static int
wanted(const struct syncpull *p, uint32_t uid)
{
	return uidset_has(&p->left, uid) || uidset_has(&p->headers, uid);
}

int
syncpull_literal(struct syncpull *p, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **ctx, struct err *e)
{
	uint32_t uid;

	(void)size;
	if (!is_body(p, item))
		return 0;
	if (p->streamed)
		return err_set(e, ERR_PROTOCOL, "%s sent two messages in one answer", stream_peer(p->im->stream));
	*sink = discard;
	if (value_u32(value_after(r->args, "UID"), &uid) && !wanted(p, uid))
		return 1;
	begin(p);
	p->streamed = 1;
	*sink = take;
	*ctx = p;
	return 1;
}

static void
put_row(struct syncpull *p, uint32_t uid, uint32_t flags, int part)
{
	struct syncident id;
	struct syncstate_row row = { .uid = uid, .flags = flags, .name = maildir_name(p->maildir) };
	char key[24];

	syncident_end(&p->run, &id);
	row.ident = id.number;
	row.size = part ? 0 : p->size;
	syncstate_put(p->state, &row);
	snprintf(key, sizeof(key), "part-%u", (unsigned int)uid);
	syncstate_set_number(p->state, key, (uint64_t)part);
	if (p->kept != NULL)
		p->kept(p->kept_ctx, uid, row.name, flags);
}

/* The message in tmp/ is the one with this UID. */
static void
keep(struct syncpull *p, const struct update_fetch *u)
{
	char letters[SYNCFLAG_TEXT];
	uint32_t flags = syncflag_wire(p->flags, u->flags);
	int part = uidset_has(&p->headers, u->uid);
	struct err why = { 0 };
	time_t when = 0;

	if (u->date != NULL)
		date_internal(u->date, strlen(u->date), &when);
	syncflag_text(flags, letters);
	if (!p->lost && (eol_to_lf_end(&p->eol, maildir_write, p->maildir, &why) == -1
	    || (part && maildir_write(p->maildir, note, sizeof(note) - 1, &why) == -1)
	    || maildir_stage(p->maildir, letters, when, &why) == -1))
		lose(p, &why);
	uidset_remove(&p->left, u->uid, u->uid);
	uidset_remove(&p->headers, u->uid, u->uid);
	if (p->lost) {
		if (p->failed++ == 0)
			err_prefix(&p->trouble, "message with UID %u of %s not fetched", u->uid, p->mailbox);
		if (p->first_failed == 0 || u->uid < p->first_failed)
			p->first_failed = u->uid;
		return;
	}
	p->staged++;
	put_row(p, u->uid, flags, part);
	if (maildir_count(p->maildir) >= BATCH_MESSAGES || p->octets >= BATCH_OCTETS)
		commit(p);
}

/* The body, whichever was asked for. */
static const struct value *
body_of(const struct syncpull *p, const struct response *r)
{
	const struct value *v = value_after(r->args, "BODY[]");

	return v == NULL && p->headers.count > 0 ? value_after(r->args, "BODY[HEADER]") : v;
}

int
syncpull_data(struct syncpull *p, const struct response *r, const struct update_fetch *u, struct err *e)
{
	const struct value *body = body_of(p, r);
	int have = p->streamed;
	const char *text;
	size_t n;

	p->streamed = 0;
	if (body == NULL)
		return 0;
	if (!have && u->uid != 0 && wanted(p, u->uid) && body->kind == VALUE_STRING && value_text(body, &text, &n)) {
		begin(p);	/* it came as a string */
		have = 1;
		take(p, text, n, e);
	}
	if (have && u->uid != 0 && wanted(p, u->uid)) {
		if (p->progress != NULL)
			progress_add(p->progress, 1, body->kind == VALUE_STREAMED ? body->size : body->len);
		keep(p, u);
		return 1;
	}
	if (have && p->maildir != NULL)
		maildir_abort(p->maildir);
	if (body->kind != VALUE_ATOM)
		p->strays++;
	return 1;
}

static int
ask(struct syncpull *p, const struct uidset *set, const char *item, struct err *e)
{
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX, &piece)) {
		imap_command(p->im, &c);
		r = command_add(&c, e, "UID FETCH %S (UID FLAGS INTERNALDATE %r)", buf_str(&piece), item);
		if (r == 0)
			r = imap_send(p->im, &c, "fetch messages", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

/* C: UID FETCH set (UID FLAGS INTERNALDATE BODY.PEEK[]) */
int
syncpull_ask(struct syncpull *p, const struct uidset *set, struct err *e)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		uidset_add(&p->left, set->range[i].lo, set->range[i].hi);
	return ask(p, set, "BODY.PEEK[]", e);
}

/* C: UID FETCH set (UID FLAGS INTERNALDATE BODY.PEEK[HEADER]) */
int
syncpull_ask_headers(struct syncpull *p, const struct uidset *set, struct err *e)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		uidset_add(&p->headers, set->range[i].lo, set->range[i].hi);
	return ask(p, set, "BODY.PEEK[HEADER]", e);
}

void
syncpull_finish(struct syncpull *p)
{
	if (p->maildir != NULL)
		maildir_abort(p->maildir);
	if (p->strays > 0 && p->trouble.class == ERR_NONE)
		err_set(&p->trouble, ERR_PROTOCOL, "%s sent %llu messages of %s that were not asked for, or twice; they were left out",
		    stream_peer(p->im->stream), (unsigned long long)p->strays, p->mailbox);
	commit(p);
	settle(p);
}

void
syncpull_free(struct syncpull *p)
{
	struct syncident unused;

	syncident_end(&p->run, &unused);
	maildir_free(&p->maildir);
	uidset_free(&p->left);
	uidset_free(&p->headers);
}
