/* SPDX-License-Identifier: ISC */
/* textsearch.c - a flight for header fields and the structure, one for the text parts, which go past in chunks. A header of more
 * than 1 MiB is more than the session takes. */
#include "textsearch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "decode.h"
#include "imap.h"
#include "match.h"
#include "message.h"
#include "query.h"
#include "stream.h"
#include "structure.h"
#include "words.h"
#include "xalloc.h"

#define PARTS_AT_ONCE 100000

struct text_part {
	uint32_t uid;
	int here;
	struct part part;	/* owns its strings */
};

struct textsearch {
	struct imap *im;
	const char *field;	/* only this; NULL: the whole header */
	int body;
	struct buf needle;
	const struct uidset *within;
	struct uidset *out;
	struct text_part *part;
	size_t count, at, first;	/* those before first are here */
	int streaming;		/* part `at` goes past */
	struct match match;
	struct decode decode;
};

static int
header_holds(const struct textsearch *t, const char *header, size_t n)
{
	struct buf decoded = { 0 }, folded = { 0 };
	struct field f;
	size_t pos = 0;

	while (message_field(header, n, &pos, &f)) {
		if (t->field != NULL && !message_is(&f, t->field))
			continue;
		if (t->field == NULL) {
			buf_add(&decoded, f.name, f.name_len);
			buf_adds(&decoded, ": ");
		}
		words_decode(&decoded, f.value, f.value_len);
		buf_addc(&decoded, '\n');
	}
	match_fold(&folded, buf_str(&decoded), decoded.len);
	n = (size_t)(memmem(buf_str(&folded), folded.len, buf_str(&t->needle), t->needle.len) != NULL);
	buf_free(&decoded);
	buf_free(&folded);
	return n != 0;
}

static void
remember_parts(struct textsearch *t, uint32_t uid, const struct structure *s)
{
	struct text_part *p;
	size_t i;

	for (i = 0; i < s->count && t->count < PARTS_AT_ONCE; i++) {
		if (strncmp(s->part[i].type, "text/", 5) != 0)
			continue;
		if (t->count % 64 == 0)
			t->part = xreallocarray(t->part, t->count + 64, sizeof(*t->part));
		p = &t->part[t->count++];
		*p = (struct text_part){ .uid = uid, .part = { .section = xstrdup(s->part[i].section), .encoding = s->part[i].encoding } };
		p->part.charset = s->part[i].charset != NULL ? xstrdup(s->part[i].charset) : NULL;
	}
}

/* * 5 FETCH (UID 9 BODY[HEADER] {…} BODYSTRUCTURE (…)) */
static int
on_header(void *ctx, const struct response *r, struct err *e)
{
	struct textsearch *t = ctx;
	const struct value *header = value_behind(r->args, "BODY[HEADER"), *body = value_after(r->args, "BODYSTRUCTURE");
	struct structure s = { NULL, 0 };
	const char *text;
	size_t n;
	uint32_t uid;

	if (!response_is(r, "FETCH") || (header == NULL && body == NULL) || !value_u32(value_after(r->args, "UID"), &uid)
	    || !uidset_has(t->within, uid))
		return 0;
	if (value_text(header, &text, &n) && header_holds(t, text, n))
		uidset_add(t->out, uid, uid);
	else if (body != NULL && structure_read(&s, body, e) == 0)
		remember_parts(t, uid, &s);
	structure_free(&s);
	return 1;
}

/* Which part BODY[section] is, into `at`: servers may answer several commands at once. The UID may be known only later (0). */
static int
awaited(struct textsearch *t, const char *item, uint32_t uid)
{
	const struct text_part *p;
	size_t i, n;

	while (t->first < t->count && t->part[t->first].here)
		t->first++;
	for (i = t->first; i < t->count; i++) {
		p = &t->part[i];
		n = strlen(p->part.section);
		if (p->here || (uid != 0 && uid != p->uid) || strncasecmp(item, "BODY[", 5) != 0 || strncmp(item + 5, p->part.section, n) != 0
		    || strcmp(item + 5 + n, "]") != 0)
			continue;
		t->at = i;
		return 1;
	}
	return 0;
}

static void
begin_part(struct textsearch *t)
{
	const struct part *p = &t->part[t->at].part;

	match_begin(&t->match, &t->needle, p->charset);
	decode_begin(&t->decode, p->encoding, 0, match_write, &t->match);
	t->streaming = 1;
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct textsearch *t = ctx;
	uint32_t uid = 0;

	(void)size, (void)e;
	value_u32(value_after(r->args, "UID"), &uid);
	if (t->streaming || !awaited(t, item, uid))
		return 0;
	begin_part(t);
	*sink = decode_write;
	*sink_ctx = &t->decode;
	return 1;
}

/* A part that came as a string. */
static int
take_string(struct textsearch *t, const struct response *r, uint32_t uid, struct err *e)
{
	const struct value *v;
	const char *text;
	size_t n;

	for (v = value_at(r->args, 0); v != NULL && v->next != NULL; v = v->next->next) {
		if (v->kind != VALUE_ATOM || v->next->kind != VALUE_STRING || !value_text(v->next, &text, &n) || !awaited(t, v->text, uid))
			continue;
		begin_part(t);
		return decode_write(&t->decode, text, n, e);
	}
	return 0;
}

/* * 5 FETCH (UID 9 BODY[1] {…}) */
static int
on_part(void *ctx, const struct response *r, struct err *e)
{
	struct textsearch *t = ctx;
	struct text_part *p;
	uint32_t uid = 0;

	if (!response_is(r, "FETCH"))
		return 0;
	value_u32(value_after(r->args, "UID"), &uid);
	if (!t->streaming && uid != 0 && take_string(t, r, uid, e) == -1)
		return -1;
	if (!t->streaming)
		return 0;
	t->streaming = 0;
	p = &t->part[t->at];
	if (decode_end(&t->decode, e) == -1)
		return -1;
	if (match_end(&t->match) && uid == p->uid)
		uidset_add(t->out, uid, uid);
	p->here = uid == p->uid;
	return 1;
}

/* C: UID FETCH set (UID BODY.PEEK[HEADER.FIELDS ("Subject")] | BODY.PEEK[HEADER] | BODYSTRUCTURE) */
static int
ask_headers(struct textsearch *t, int header, struct err *e)
{
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	t->im->handler = (struct imap_handler){ .data = on_header, .ctx = t };
	while (r == 0 && uidset_piece(t->within, &pos, COMMAND_SET_MAX - 200, &piece)) {
		imap_command(t->im, &c);
		r = command_add(&c, e, "UID FETCH %S (UID", buf_str(&piece));
		if (r == 0 && header)
			r = t->field != NULL ? command_add(&c, e, " BODY.PEEK[HEADER.FIELDS (%s)]", t->field) : command_add(&c, e, " BODY.PEEK[HEADER]");
		if (r == 0)
			r = command_add(&c, e, t->body ? " BODYSTRUCTURE)" : ")");
		if (r == 0)
			r = imap_send(t->im, &c, "send what is to be searched", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r == 0 ? imap_finish(t->im, e) : r;
}

/* C: UID FETCH 9 (UID BODY.PEEK[1])      each, ahead; what has matched by its header or a part before is asked for no more */
static int
ask_parts(struct textsearch *t, struct err *e)
{
	struct command c;
	size_t i;
	int r = 0;

	t->im->handler = (struct imap_handler){ .data = on_part, .literal = on_literal, .ctx = t };
	for (i = 0; i < t->count && r == 0; i++) {
		imap_command(t->im, &c);
		r = command_add(&c, e, "UID FETCH %u (UID BODY.PEEK[%a])", (unsigned int)t->part[i].uid, t->part[i].part.section);
		if (r == 0)
			r = imap_send(t->im, &c, "send what is to be searched", e);
		command_free(&c);
		if (r == 0)
			r = imap_poll(t->im, e);
	}
	r = r == 0 ? imap_finish(t->im, e) : r;
	if (t->streaming)
		match_end(&t->match);
	return r;
}

static void
free_parts(struct textsearch *t)
{
	for (; t->count > 0; t->count--) {
		free(t->part[t->count - 1].part.section);
		free(t->part[t->count - 1].part.charset);
	}
	free(t->part);
	buf_free(&t->needle);
}

int
textsearch(struct imap *im, const struct query *q, const struct uidset *within, struct uidset *out, struct err *e)
{
	struct imap_handler before = im->handler;
	struct textsearch t = { .im = im, .within = within, .out = out };
	int all = strcmp(q->key, "TEXT") == 0, r;

	if (within->count == 0)
		return 0;
	if (strncmp(q->key, "X-", 2) == 0)
		return err_set(e, ERR_UNAVAILABLE, "%s takes only US-ASCII in %s:", stream_peer(im->stream), q->word);
	match_fold(&t.needle, q->text, strlen(q->text));
	t.body = all || strcmp(q->key, "BODY") == 0;
	t.field = q->kind == QUERY_HEADER ? q->name : t.body ? NULL : q->key;
	r = ask_headers(&t, all || !t.body, e);
	if (r == 0 && t.count > 0)
		r = ask_parts(&t, e);
	im->handler = before;
	free_parts(&t);
	return r;
}
