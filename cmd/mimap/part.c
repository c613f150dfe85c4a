/* SPDX-License-Identifier: ISC */
/* part.c - two flights: the structure of all messages, then what was chosen of them; decoded by the server where it can (BINARY, RFC
 * 3516). */
#include "part.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "imap.h"
#include "mimap.h"
#include "partfile.h"
#include "sandbox.h"
#include "stream.h"
#include "structure.h"
#include "uids.h"
#include "xalloc.h"

#define CHOSEN_MAX 100000

struct chosen {
	uint32_t uid;
	struct part part;	/* owns its strings */
	unsigned int tag;	/* of the command that asks for it */
	int here;
	int binary;		/* asked for decoded */
};

struct parts {
	const struct part_order *order;
	struct imap *im;
	int by_name;
	struct uidset left;	/* asked for, structure not here yet */
	struct chosen *chosen;
	size_t count, at;	/* at: the one under way, while the file is open */
	size_t first;		/* those before it are here */
	int again;		/* some could not be decoded there */
	struct partfile file;
};

static int
choose(struct parts *p, uint32_t uid, const struct part *part, struct err *e)
{
	struct chosen *c;

	if (p->count == CHOSEN_MAX)
		return err_set(e, ERR_DATA, "more than %d parts", CHOSEN_MAX);
	if (p->count % 64 == 0)
		p->chosen = xreallocarray(p->chosen, p->count + 64, sizeof(*p->chosen));
	c = &p->chosen[p->count++];
	*c = (struct chosen){ .uid = uid, .part = *part };
	c->part.section = xstrdup(part->section);
	c->part.type = xstrdup(part->type);
	c->part.name = part->name != NULL ? xstrdup(part->name) : NULL;
	c->part.charset = NULL;
	return 0;
}

static int
choose_among(struct parts *p, uint32_t uid, const struct structure *s, struct err *e)
{
	const char *which = p->order->which;
	const struct part *part;
	size_t i;

	if (!p->by_name) {
		part = strcmp(which, "text") == 0 ? structure_text(s) : structure_section(s, which);
		if (part == NULL)
			return err_set(e, ERR_UNAVAILABLE, "the message with UID %u has no part %s", uid, which);
		return choose(p, uid, part, e);
	}
	for (i = 0; i < s->count; i++) {
		if (s->part[i].name != NULL && fnmatch(which, s->part[i].name, FNM_CASEFOLD) == 0 && choose(p, uid, &s->part[i], e) == -1)
			return -1;
	}
	return 0;
}

/* "*" is whichever message is the last. */
static int
wanted(struct parts *p, uint32_t uid)
{
	const struct uidset *s = &p->left;
	int star = s->count > 0 && s->range[s->count - 1].lo == UID_STAR;

	if (!uidset_has(s, uid) && !star)
		return 0;
	if (!uidset_has(s, uid))
		uid = UID_STAR;
	uidset_remove(&p->left, uid, uid);
	return 1;
}

/* * 5 FETCH (UID 9 BODYSTRUCTURE (…)) */
static int
on_structure(void *ctx, const struct response *r, struct err *e)
{
	struct parts *p = ctx;
	const struct value *body = value_after(r->args, "BODYSTRUCTURE");
	struct structure s = { NULL, 0 };
	uint32_t uid;
	int done;

	if (!response_is(r, "FETCH") || body == NULL || !value_u32(value_after(r->args, "UID"), &uid) || !wanted(p, uid))
		return 0;
	done = structure_read(&s, body, e);
	if (done == 0)
		done = choose_among(p, uid, &s, e);
	structure_free(&s);
	return done == -1 ? -1 : 1;
}

/* C: UID FETCH set (UID BODYSTRUCTURE)      for each piece of the set */
static int
ask_structure(struct parts *p, const struct uidset *set, struct err *e)
{
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	p->im->handler = (struct imap_handler){ .data = on_structure, .ctx = p };
	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX, &piece)) {
		imap_command(p->im, &c);
		r = command_add(&c, e, "UID FETCH %S (UID BODYSTRUCTURE)", buf_str(&piece));
		if (r == 0)
			r = imap_send(p->im, &c, "tell the parts of messages", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r == 0 ? imap_finish(p->im, e) : r;
}

/* BODY[2] | BINARY[2] */
static int
item_is(const struct chosen *c, const char *item)
{
	size_t before = c->binary ? 7 : 5, n = strlen(c->part.section);

	return strncasecmp(item, c->binary ? "BINARY[" : "BODY[", before) == 0 && strncmp(item + before, c->part.section, n) == 0
	    && strcmp(item + before + n, "]") == 0;
}

/* Which part the item is, into `at`: servers may answer several commands at once. The UID may be known only later (0). */
static int
awaited(struct parts *p, const char *item, uint32_t uid)
{
	const struct chosen *c;
	size_t i;

	while (p->first < p->count && p->chosen[p->first].here)
		p->first++;
	for (i = p->first; i < p->count; i++) {
		c = &p->chosen[i];
		if (c->here || (uid != 0 && uid != c->uid) || !item_is(c, item))
			continue;
		p->at = i;
		return 1;
	}
	return 0;
}

static int
begin(struct parts *p, struct err *e)
{
	const struct chosen *c = &p->chosen[p->at];

	return partfile_begin(&p->file, &c->part, c->binary ? ENCODING_NONE : c->part.encoding, e);
}

static int
finish(struct parts *p, struct err *e)
{
	if (partfile_end(&p->file, e) == -1)
		return -1;
	p->chosen[p->at].here = 1;
	return 0;
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct parts *p = ctx;
	uint32_t uid = 0;

	(void)size;
	value_u32(value_after(r->args, "UID"), &uid);
	if (p->file.fd != -1)
		return err_set(e, ERR_PROTOCOL, "%s sent a part twice", stream_peer(p->im->stream));
	if (!awaited(p, item, uid))
		return 0;
	*sink = decode_write;
	*sink_ctx = &p->file.decode;
	return begin(p, e) == -1 ? -1 : 1;
}

/* A part that came as a string; nothing where it is NIL, as the message is gone. */
static int
take_string(struct parts *p, const struct response *r, uint32_t uid, struct err *e)
{
	const struct value *v;
	const char *text;
	size_t n;

	for (v = value_at(r->args, 0); v != NULL && v->next != NULL; v = v->next->next) {
		if (v->kind != VALUE_ATOM || !value_text(v->next, &text, &n) || !awaited(p, v->text, uid))
			continue;
		if (begin(p, e) == -1 || decode_write(&p->file.decode, text, n, e) == -1 || finish(p, e) == -1)
			return -1;
		return 1;
	}
	return 0;
}

static int
on_part(void *ctx, const struct response *r, struct err *e)
{
	struct parts *p = ctx;
	uint32_t uid = 0;

	if (!response_is(r, "FETCH"))
		return 0;
	value_u32(value_after(r->args, "UID"), &uid);
	if (p->file.fd == -1)
		return uid != 0 ? take_string(p, r, uid, e) : 0;
	if (uid == p->chosen[p->at].uid)
		return finish(p, e) == -1 ? -1 : 1;
	partfile_abort(&p->file);
	return 0;
}

/* NO [UNKNOWN-CTE] …: an encoding that the server does not know. We take it as it is. */
static int
on_answer(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	struct parts *p = ctx;
	size_t i;

	(void)e;
	for (i = 0; r->status == STATUS_NO && i < p->count; i++) {
		if (p->chosen[i].tag == tag && p->chosen[i].binary) {
			p->chosen[i].binary = 0;
			p->again = 1;
			return 1;
		}
	}
	return 0;
}

static int
check_all(struct parts *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->count; i++) {
		if (!p->chosen[i].here)
			return err_set(e, ERR_UNAVAILABLE, "part %s of the message with UID %u did not come: it may be gone",
			    p->chosen[i].part.section, p->chosen[i].uid);
	}
	return 0;
}

/* C: UID FETCH 9 (UID BODY.PEEK[2]) | (UID BINARY.PEEK[2])      each that is not here, ahead */
static int
send_parts(struct parts *p, struct err *e)
{
	struct chosen *c;
	struct command line;
	size_t i;
	int r = 0;

	for (i = 0; i < p->count && r == 0; i++) {
		c = &p->chosen[i];
		if (c->here)
			continue;
		imap_command(p->im, &line);
		c->tag = p->im->last_tag + 1;
		r = command_add(&line, e, c->binary ? "UID FETCH %u (UID BINARY.PEEK[%a])" : "UID FETCH %u (UID BODY.PEEK[%a])",
		    (unsigned int)c->uid, c->part.section);
		if (r == 0)
			r = imap_send(p->im, &line, "send a part", e);
		command_free(&line);
	}
	return r == 0 ? imap_finish(p->im, e) : r;
}

static int
ask_parts(struct parts *p, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < p->count; i++)
		p->chosen[i].binary = caps_has(&p->im->caps, CAP_BINARY) && p->chosen[i].part.encoding != ENCODING_NONE;
	p->im->handler = (struct imap_handler){ .data = on_part, .literal = on_literal, .answer = on_answer, .ctx = p };
	r = send_parts(p, e);
	if (r == 0 && p->again)
		r = send_parts(p, e);
	return r == 0 ? check_all(p, e) : -1;
}

static void
forget(struct parts *p)
{
	partfile_abort(&p->file);
	while (p->count > 0) {
		free(p->chosen[--p->count].part.section);
		free(p->chosen[p->count].part.type);
		free(p->chosen[p->count].part.name);
	}
	free(p->chosen);
	p->chosen = NULL;
	p->at = p->first = 0;
	p->again = 0;
	uidset_free(&p->left);
}

static int
in_mailbox(struct parts *p, const char *mailbox, const struct uidset *all, const struct uidset *single, struct err *e)
{
	struct buf text = { 0 };
	size_t i, pos = 0;
	int r;

	uidset_merge(&p->left, all);
	r = imap_select(p->im, mailbox, 1, e) == -1 || ask_structure(p, all, e) == -1 || ask_parts(p, e) == -1 ? -1 : 0;
	for (i = 0; i < single->count && r == 0; i++) {
		if (uidset_has(&p->left, single->range[i].lo) && uidset_piece(single, &pos, 200, &text))
			r = err_set(e, ERR_UNAVAILABLE, "%s does not hold all of UID %s", mailbox, buf_str(&text));
	}
	buf_free(&text);
	forget(p);
	return r;
}

int
part_fetch(struct mimap *m, const struct part_order *order, const struct uids *uids, struct err *e)
{
	struct parts p = { .order = order, .file = { .fd = -1, .paths = order->paths } };
	size_t i;
	int r = 0;

	p.by_name = strcmp(order->which, "text") != 0 && order->which[strspn(order->which, "0123456789.")] != '\0';
	if (p.by_name)
		p.file.dir = order->dir != NULL ? order->dir : ".";
	if (mimap_open(m, &p.im, e) == -1)
		return -1;
	if (p.by_name)
		sandbox_paths(&p.file.dir, 1);
	else
		sandbox_delivery(NULL, NULL);
	if (uids->all.count > 0)
		r = in_mailbox(&p, m->mailbox, &uids->all, &uids->single, e);
	for (i = 0; i < uids->boxes && r == 0; i++)
		r = in_mailbox(&p, uids->box[i].mailbox, &uids->box[i].all, &uids->box[i].single, e);
	imap_logout(p.im);
	imap_close(&p.im);
	return r;
}
