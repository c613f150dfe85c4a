/* SPDX-License-Identifier: ISC */
/* boxes.c - -m to names. Names of one pattern are in order, INBOX first. Limit: 100,000 mailboxes. */
#include "boxes.h"

#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "mimap.h"
#include "role.h"
#include "stream.h"
#include "xalloc.h"

#define BOXES_MAX 100000

static int
is_pattern(const char *name)
{
	return strpbrk(name, "*?") != NULL;
}

int
boxes_several(const struct mimap *m)
{
	return m->mailboxes > 1 || is_pattern(m->mailbox);
}

int
boxes_one(const struct mimap *m, const char *verb, struct err *e)
{
	return m->mailboxes <= 1 ? 0 : err_set(e, ERR_USAGE, "%s works on one mailbox; -m is given more than once", verb);
}

static void
add(struct boxes *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->count && b->count < 1000; i++) {	/* a pattern's own names are different ones */
		if (mailbox_same(b->name[i], name))
			return;
	}
	if ((b->count & (b->count - 1)) == 0)
		b->name = xreallocarray(b->name, b->count > 0 ? b->count * 2 : 1, sizeof(*b->name));
	b->name[b->count++] = xstrdup(name);
}

struct listing {
	struct imap *im;
	struct boxes all;	/* of the account */
};

/* * LIST (attributes) "/" name */
static int
on_list(void *ctx, const struct response *r, struct err *e)
{
	struct listing *l = ctx;
	const struct value *delimiter = r->args != NULL ? r->args->next : NULL, *name = delimiter != NULL ? delimiter->next : NULL;
	struct buf shown = { 0 };
	const char *text;
	size_t n;

	if (!response_is(r, "LIST"))
		return 0;
	if (l->all.count == BOXES_MAX)
		return err_set(e, ERR_PROTOCOL, "%s lists more than %d mailboxes", stream_peer(l->im->stream), BOXES_MAX);
	if (role_attribute(r->args, "\\Noselect") || role_attribute(r->args, "\\NonExistent") || !value_text(name, &text, &n))
		return 1;
	if (value_text(delimiter, &text, &n) && n == 1 && !l->im->form_known) {
		l->im->form.delimiter = *text;
		l->im->form_known = 1;
	}
	value_text(name, &text, &n);
	if (mailbox_from_wire(&shown, text, n, &l->im->form) == 0)
		add(&l->all, buf_str(&shown));
	buf_free(&shown);
	return 1;
}

/* C: LIST "" "*" */
static int
list(struct listing *l, struct err *e)
{
	struct imap_handler before = l->im->handler;
	struct command c;
	int r;

	l->im->handler = (struct imap_handler){ .data = on_list, .ctx = l };
	imap_command(l->im, &c);
	r = command_add(&c, e, "LIST \"\" \"*\"");
	if (r == 0)
		r = imap_send(l->im, &c, "list its mailboxes", e);
	if (r == 0)
		r = imap_finish(l->im, e);
	command_free(&c);
	l->im->handler = before;
	return r;
}

static int
by_name(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int inbox = mailbox_same(*y, "INBOX") - mailbox_same(*x, "INBOX");

	return inbox != 0 ? inbox : strcmp(*x, *y);
}

static int
add_matching(struct boxes *b, const struct listing *l, const char *pattern, struct err *e)
{
	size_t i;
	int some = 0;

	for (i = 0; i < l->all.count; i++) {
		if (!mailbox_match(pattern, l->all.name[i]))
			continue;
		add(b, l->all.name[i]);
		some = 1;
	}
	return some ? 0 : err_set(e, ERR_UNAVAILABLE, "%s has no mailbox that matches %s", stream_peer(l->im->stream), pattern);
}

int
boxes_expand(struct boxes *b, const struct mimap *m, struct imap *im, struct err *e)
{
	struct listing l = { .im = im };
	const char *one;
	size_t i, count = m->mailboxes > 0 ? m->mailboxes : 1;
	int r = 0, listed = 0;

	for (i = 0; i < count && r == 0; i++) {
		one = m->mailboxes > 0 ? m->mailbox_list[i] : m->mailbox;
		if (!is_pattern(one)) {
			r = imap_name(im, one, e);
			add(b, one);
			continue;
		}
		if (!listed && (r = list(&l, e)) == 0 && l.all.count > 0)
			qsort(l.all.name, l.all.count, sizeof(*l.all.name), by_name);
		listed = 1;
		if (r == 0)
			r = add_matching(b, &l, one, e);
	}
	boxes_free(&l.all);
	return r;
}

void
boxes_free(struct boxes *b)
{
	while (b->count > 0)
		free(b->name[--b->count]);
	free(b->name);
	b->name = NULL;
}
