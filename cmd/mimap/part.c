/* SPDX-License-Identifier: ISC */
/* part.c - two flights: the structure of all messages, then what was chosen of them. A part goes to a file that did not
 * exist before, or, whole, to stdout. */
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "decode.h"
#include "imap.h"
#include "mimap.h"
#include "partname.h"
#include "sandbox.h"
#include "spill.h"
#include "stream.h"
#include "structure.h"
#include "uids.h"
#include "xalloc.h"

#define CHOSEN_MAX 100000
#define NAMES_MAX 1000		/* tries to find one that is free */

struct chosen {
	uint32_t uid;
	struct part part;	/* owns its strings */
	int here;
};

struct parts {
	const struct part_order *order;
	struct imap *im;
	int by_name;
	struct uidset left;	/* asked for, structure not here yet */
	struct chosen *chosen;
	size_t count, at;	/* at: the one under way, while fd is open */
	size_t first;		/* those before it are here */
	int fd;			/* the one under way is written to it; -1: none */
	char *path;		/* its file, or NULL for stdout */
	struct decode decode;
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

/* The suffix goes before the extension: plan-1.pdf */
static char *
numbered(const char *dir, const char *name, int number)
{
	const char *dot = strrchr(name, '.');

	if (number == 0)
		return xasprintf("%s/%s", dir, name);
	if (dot == NULL || dot == name)
		return xasprintf("%s/%s-%d", dir, name, number);
	return xasprintf("%s/%.*s-%d%s", dir, (int)(dot - name), name, number, dot);
}

static int
open_file(struct parts *p, const struct part *part, struct err *e)
{
	const char *dir = p->order->dir != NULL ? p->order->dir : ".";
	struct buf name = { 0 };
	int i;

	partname_safe(&name, part->name, part->section);
	for (i = 0; i < NAMES_MAX; i++) {
		p->path = numbered(dir, buf_str(&name), i);
		p->fd = open(p->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (p->fd != -1 || errno != EEXIST)
			break;
		free(p->path);
		p->path = NULL;
	}
	buf_free(&name);
	if (p->fd != -1)
		return 0;
	err_sys(e, err_file(errno), "make the file %s", p->path != NULL ? p->path : "for an attachment");
	free(p->path);
	p->path = NULL;
	return -1;
}

static int
begin(struct parts *p, struct err *e)
{
	const struct part *part = &p->chosen[p->at].part;

	if (p->by_name ? open_file(p, part, e) == -1 : (p->fd = spill_open(e)) == -1)
		return -1;
	decode_begin(&p->decode, part->encoding, !p->by_name && strncmp(part->type, "text/", 5) == 0, sink_fd, &p->fd);
	return 0;
}

/* What was begun and did not become whole is taken back. */
static void
take_back(struct parts *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	if (p->path != NULL)
		unlink(p->path);
	free(p->path);
	p->path = NULL;
}

static int
copy_out(int fd, struct err *e)
{
	char chunk[16384];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		if (fwrite(chunk, 1, (size_t)n, stdout) != (size_t)n)
			return err_sys(e, ERR_IO, "write standard output");
		at += n;
	}
	return n == -1 ? err_sys(e, ERR_IO, "read the temporary file") : 0;
}

static int
finish(struct parts *p, struct err *e)
{
	int r = decode_end(&p->decode, e);

	if (r == 0 && p->path == NULL)
		r = copy_out(p->fd, e);
	if (close(p->fd) == -1 && r == 0)
		r = err_sys(e, ERR_IO, "write %s", p->path != NULL ? p->path : "the temporary file");
	p->fd = -1;
	if (r == -1)
		return -1;
	if (p->path != NULL && p->order->paths)
		printf("%s\n", p->path);
	free(p->path);
	p->path = NULL;
	p->chosen[p->at].here = 1;
	return 0;
}

/* Which part the item is, into `at`: servers may answer several commands at once. The UID may be known only later (0). */
static int
awaited(struct parts *p, const char *item, uint32_t uid)
{
	const struct chosen *c;
	size_t i, n;

	while (p->first < p->count && p->chosen[p->first].here)
		p->first++;
	for (i = p->first; i < p->count; i++) {
		c = &p->chosen[i];
		n = strlen(c->part.section);
		if (c->here || (uid != 0 && uid != c->uid) || strncasecmp(item, "BODY[", 5) != 0 || strncmp(item + 5, c->part.section, n) != 0
		    || strcmp(item + 5 + n, "]") != 0)
			continue;
		p->at = i;
		return 1;
	}
	return 0;
}

static int
on_literal(void *ctx, const struct response *r, const char *item, uint64_t size, sink_fn **sink, void **sink_ctx, struct err *e)
{
	struct parts *p = ctx;
	uint32_t uid = 0;

	(void)size;
	value_u32(value_after(r->args, "UID"), &uid);
	if (p->fd != -1)
		return err_set(e, ERR_PROTOCOL, "%s sent a part twice", stream_peer(p->im->stream));
	if (!awaited(p, item, uid))
		return 0;
	*sink = decode_write;
	*sink_ctx = &p->decode;
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
		if (begin(p, e) == -1 || decode_write(&p->decode, text, n, e) == -1 || finish(p, e) == -1)
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
	if (p->fd == -1)
		return uid != 0 ? take_string(p, r, uid, e) : 0;
	if (uid == p->chosen[p->at].uid)
		return finish(p, e) == -1 ? -1 : 1;
	take_back(p);
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

/* C: UID FETCH 9 (UID BODY.PEEK[2])      each, ahead */
static int
ask_parts(struct parts *p, struct err *e)
{
	struct command c;
	size_t i;
	int r = 0;

	p->im->handler = (struct imap_handler){ .data = on_part, .literal = on_literal, .ctx = p };
	for (i = 0; i < p->count && r == 0; i++) {
		imap_command(p->im, &c);
		r = command_add(&c, e, "UID FETCH %u (UID BODY.PEEK[%a])", (unsigned int)p->chosen[i].uid, p->chosen[i].part.section);
		if (r == 0)
			r = imap_send(p->im, &c, "send a part", e);
		command_free(&c);
	}
	return r == 0 && imap_finish(p->im, e) == 0 ? check_all(p, e) : -1;
}

static int
work(struct parts *p, const char *mailbox, const struct uids *uids, struct err *e)
{
	const char *dir = p->order->dir != NULL ? p->order->dir : ".";
	struct buf text = { 0 };
	size_t i, pos = 0;
	int r;

	if (p->by_name)
		sandbox_paths(&dir, 1);
	else
		sandbox_delivery(NULL, NULL);
	uidset_merge(&p->left, &uids->all);
	if (imap_select(p->im, mailbox, 1, e) == -1 || ask_structure(p, &uids->all, e) == -1 || ask_parts(p, e) == -1)
		return -1;
	for (i = 0, r = 0; i < uids->single.count && r == 0; i++) {
		if (uidset_has(&p->left, uids->single.range[i].lo) && uidset_piece(&uids->single, &pos, 200, &text))
			r = err_set(e, ERR_UNAVAILABLE, "%s does not hold all of UID %s", mailbox, buf_str(&text));
	}
	buf_free(&text);
	return r;
}

int
part_fetch(struct mimap *m, const struct part_order *order, const struct uids *uids, struct err *e)
{
	struct parts p = { .order = order, .fd = -1 };
	int r;

	p.by_name = strcmp(order->which, "text") != 0 && order->which[strspn(order->which, "0123456789.")] != '\0';
	if (mimap_open(m, &p.im, e) == -1)
		return -1;
	r = work(&p, m->mailbox, uids, e);
	take_back(&p);
	imap_logout(p.im);
	imap_close(&p.im);
	while (p.count > 0) {
		free(p.chosen[--p.count].part.section);
		free(p.chosen[p.count].part.type);
		free(p.chosen[p.count].part.name);
	}
	free(p.chosen);
	uidset_free(&p.left);
	return r;
}
