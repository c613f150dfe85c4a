/* SPDX-License-Identifier: ISC */
/* imapsend.c - the session's sending side: commands ahead of their answers, with a wait only where a literal needs one. */
#include "imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"
#include "xalloc.h"

/* 1: go ahead with the literal; 0: the command is refused. Answers to commands before it may come in first. */
static int
await_go_ahead(struct imap *im, struct err *e)
{
	int r;

	while (im->sending != NULL) {
		if ((r = imap_next(im, e)) != 0)
			return r;
	}
	return 0;
}

static int
send_line(struct imap *im, const char *tag, const char *text, size_t len, struct err *e)
{
	return stream_send(im->stream, e, "%s%s%.*s", tag, *tag != '\0' ? " " : "", (int)len, text);
}

/* Lines and literals in turn; 0 when all of it is sent, 1 when the server refused it half-way. */
static int
send_pieces(struct imap *im, const struct command *c, struct err *e)
{
	const char *text = buf_str(&c->text);
	char tag[16];
	size_t at = 0, i;
	int r;

	snprintf(tag, sizeof(tag), "A%u", im->last_tag);
	for (i = 0; i < c->literals; i++) {
		if (send_line(im, i == 0 ? tag : "", text + at, c->literal[i].at - at, e) == -1)
			return -1;
		if (c->literal[i].wait && (r = await_go_ahead(im, e)) != 1)
			return r == 0 ? 1 : -1;
		if (c->literal[i].produce != NULL ? c->literal[i].produce(c->literal[i].ctx, stream_sink, im->stream, e) == -1
		    : stream_write(im->stream, text + c->literal[i].at, c->literal[i].len, e) == -1)
			return -1;
		at = c->literal[i].at + c->literal[i].len;
	}
	return send_line(im, i == 0 ? tag : "", text + at, c->text.len - at, e);
}

void
imap_command(const struct imap *im, struct command *c)
{
	memset(c, 0, sizeof(*c));
	if (caps_has(&im->caps, CAP_LITERAL_PLUS))
		c->form = LITERAL_PLUS;
	else if (caps_has(&im->caps, CAP_LITERAL_MINUS))
		c->form = LITERAL_MINUS;
	c->mailbox = im->form;
	c->utf8 = im->utf8;
}

int
imap_send(struct imap *im, const struct command *c, const char *what, struct err *e)
{
	struct imap_pending *p;
	int r;

	if (im->compressing != 0 && imap_await(im, im->compressing, e) == -1)
		return -1;
	p = xcalloc(1, sizeof(*p));
	p->tag = ++im->last_tag;
	snprintf(p->what, sizeof(p->what), "%s", what);
	p->named = c->named != NULL ? xstrdup(c->named) : NULL;
	im->sending = p;
	stream_arm(im->stream, 0);
	r = send_pieces(im, c, e);
	if (im->sending != NULL && r == 0) {
		*im->pending_end = im->sending;
		im->pending_end = &im->sending->next;
	} else if (im->sending != NULL) {
		free(im->sending->named);
		free(im->sending);
	}
	im->sending = NULL;
	im->broken |= r == -1;
	return r == -1 ? -1 : 0;
}
