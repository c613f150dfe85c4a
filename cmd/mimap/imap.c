/* SPDX-License-Identifier: ISC */
/* imap.c - the session's reading side. Invariants: a tag is answered once, and only after its
 * command was sent as a whole; no wait is without a deadline, and a server that only says what nobody asked for runs
 * into limits. */
#include "imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "log.h"
#include "stream.h"
#include "xalloc.h"

#define LITERAL_MAX (1u * 1024 * 1024)		/* in memory */
#define IDLE_ARMS 60				/* keepalives that renew the time-out */
#define IDLE_MAX 1000000			/* unsolicited responses on end */

static int
broken(struct imap *im)
{
	im->broken = 1;
	return -1;
}

/* A literal that the response parser waits for: streamed where the handler says so, else kept in memory. */
static int
read_literal(struct imap *im, struct err *e)
{
	const char *item = response_item(&im->response);
	uint64_t size = im->response.literal;
	sink_fn *sink = NULL;
	void *ctx = NULL;
	int stream = 0;

	if (item != NULL && im->handler.literal != NULL)
		stream = im->handler.literal(im->handler.ctx, &im->response, item, size, &sink, &ctx, e);
	if (stream == -1)
		return -1;
	if (size > (stream ? IMAP_MESSAGE_MAX : LITERAL_MAX))
		return err_set(e, ERR_PROTOCOL, "%s announces a literal of %llu octets, which is too large", stream_peer(im->stream),
		    (unsigned long long)size);
	if (stream)
		return stream_copy(im->stream, size, sink, ctx, e) == -1 ? -1 : response_streamed(&im->response, e);
	buf_cut(&im->literal, 0);
	if (stream_copy(im->stream, size, sink_buf, &im->literal, e) == -1)
		return -1;
	return response_string(&im->response, buf_str(&im->literal), im->literal.len, e);
}

/* One whole response. */
static int
read_response(struct imap *im, struct err *e)
{
	char *line;
	size_t len;
	int r;

	response_begin(&im->response);
	for (;;) {
		r = stream_line(im->stream, &line, &len, e);
		if (r == 1)
			err_set(e, ERR_TEMP, "%s closed the connection", stream_peer(im->stream));
		if (r != 0)
			return broken(im);
		r = response_line(&im->response, line, len, e);
		if (r == -1)
			err_prefix(e, "%s sent", stream_peer(im->stream));
		if (r == -1 || (r == RESPONSE_LITERAL && read_literal(im, e) == -1))
			return broken(im);
		if (r == RESPONSE_DONE)
			return 0;
	}
}

static uint64_t
code_number(const struct response *r, uint64_t max)
{
	struct value v = { .kind = VALUE_ATOM, .text = r->code_args, .len = strlen(r->code_args) };
	uint64_t n;

	return value_u64(&v, &n) && n <= max ? n : 0;
}

static void
forget_mailbox(struct imap_mailbox *m)
{
	char *name = m->name;

	free(m->permanent);
	free(m->id);
	*m = (struct imap_mailbox){ .name = name };
}

/* Response codes that are about the mailbox being opened. MAILBOXID's argument is (id). */
static void
note_mailbox_code(struct imap_mailbox *m, const struct response *r)
{
	const char *args = r->code_args;

	if (strcasecmp(r->code, "UIDVALIDITY") == 0) {
		m->uidvalidity = (uint32_t)code_number(r, UINT32_MAX);
	} else if (strcasecmp(r->code, "UIDNEXT") == 0) {
		m->uidnext = (uint32_t)code_number(r, UINT32_MAX);
	} else if (strcasecmp(r->code, "HIGHESTMODSEQ") == 0) {
		m->highestmodseq = code_number(r, INT64_MAX);
	} else if (strcasecmp(r->code, "NOMODSEQ") == 0) {
		m->nomodseq = 1;
	} else if (strcasecmp(r->code, "UIDNOTSTICKY") == 0) {
		m->uidnotsticky = 1;
	} else if (strcasecmp(r->code, "PERMANENTFLAGS") == 0) {
		free(m->permanent);
		m->permanent = xstrdup(args);
	} else if (strcasecmp(r->code, "MAILBOXID") == 0 && *args == '(') {
		free(m->id);
		m->id = xstrndup(args + 1, strcspn(args + 1, " )"));
	} else if (strcasecmp(r->code, "READ-ONLY") == 0) {
		m->read_only = 1;
	} else if (strcasecmp(r->code, "CLOSED") == 0) {
		forget_mailbox(m);
	}
}

/* Response codes of status lines, tagged or not (RFC 3501 section 7.1). */
static void
note_code(struct imap *im)
{
	const struct response *r = &im->response;

	if (r->code == NULL)
		return;
	if (strcasecmp(r->code, "CAPABILITY") == 0)
		caps_read(&im->caps, r->code_args);
	else if (strcasecmp(r->code, "ALERT") == 0)
		log_warn("%s says: %s", stream_peer(im->stream), r->text);
	else
		note_mailbox_code(&im->mailbox, r);
}

int
imap_greeting(struct imap *im, struct err *e)
{
	if (read_response(im, e) == -1)
		return -1;
	note_code(im);
	return 0;
}

static void
note_data(struct imap *im)
{
	const struct response *r = &im->response;
	struct buf tokens = { 0 };

	if (response_is(r, "CAPABILITY")) {
		value_print(&tokens, r->args);
		caps_read(&im->caps, buf_str(&tokens));
		buf_free(&tokens);
	} else if (response_is(r, "ENABLED")) {
		value_print(&tokens, r->args);
		im->enabled |= caps_bits(buf_str(&tokens));
		buf_free(&tokens);
	} else if (response_is(r, "EXISTS") && r->numbered) {
		im->mailbox.exists = r->number;
	} else if (response_is(r, "EXPUNGE") && im->mailbox.exists > 0) {
		im->mailbox.exists--;
	}
}

/* Commands are worked on in order: once a SELECT is the first without its answer, what comes is about the new mailbox. */
static void
enter(struct imap *im)
{
	struct imap_pending *p = im->pending;

	if (p == NULL || p->opens == NULL)
		return;
	forget_mailbox(&im->mailbox);
	free(im->mailbox.name);
	im->mailbox.name = p->opens;
	p->opens = NULL;
}

void
imap_opens(struct imap *im, const char *mailbox)
{
	struct imap_pending *p = im->pending;

	while (p != NULL && p->tag != im->last_tag)
		p = p->next;
	if (p != NULL)
		p->opens = xstrdup(mailbox);
	enter(im);
}

static struct imap_pending *
take_pending(struct imap *im, unsigned int tag)
{
	struct imap_pending **pp, *p;

	for (pp = &im->pending; (p = *pp) != NULL; pp = &p->next) {
		if (p->tag != tag)
			continue;
		*pp = p->next;
		if (p->next == NULL)
			im->pending_end = pp;
		return p;
	}
	return NULL;
}

static int
parse_tag(const char *text, unsigned int *tag)
{
	char again[16];

	*tag = text[0] == 'A' ? (unsigned int)strtoul(text + 1, NULL, 10) : 0;
	snprintf(again, sizeof(again), "A%u", *tag);
	return strcmp(text, again) == 0;
}

static int
on_tagged(struct imap *im, struct err *e)
{
	struct imap_pending *p = NULL;
	unsigned int tag;
	int r = 0;

	if (parse_tag(im->response.tag, &tag))
		p = take_pending(im, tag);
	if (p == NULL && im->sending != NULL && im->sending->tag == tag && im->response.status != STATUS_OK) {
		p = im->sending;	/* refused before its literal */
		im->sending = NULL;
	}
	if (p == NULL) {
		err_set(e, ERR_PROTOCOL, "%s answered a command that was not sent: \"%s\"", stream_peer(im->stream), im->response.tag);
		return broken(im);
	}
	note_code(im);
	if (tag == im->compressing)
		r = imap_compressed(im, e);
	else if (tag != im->enabling && im->handler.answer != NULL)
		r = im->handler.answer(im->handler.ctx, tag, &im->response, e);
	if (r == 0 && im->response.status != STATUS_OK && !p->judged && im->failure.class == ERR_NONE)
		imap_failed(im, p);
	if (tag == im->enabling)
		imap_enable_answered(im);
	free(p->opens);
	free(p->named);
	free(p);
	enter(im);
	return r == -1 ? broken(im) : 1;
}

static int
on_bye(struct imap *im, struct err *e)
{
	err_set(e, ERR_TEMP, "%s closes the connection: \"%.200s\"", stream_peer(im->stream), im->response.text);
	return broken(im);
}

/* 1 where the response is what is waited for, 0 where it came by itself. */
static int
dispatch(struct imap *im, struct err *e)
{
	int r;

	switch (im->response.kind) {
	case RESPONSE_TAGGED:
		return on_tagged(im, e);
	case RESPONSE_STATUS:
		if (im->response.status == STATUS_BYE)
			return on_bye(im, e);
		note_code(im);
		r = im->handler.status != NULL ? im->handler.status(im->handler.ctx, &im->response, e) : 0;
		return r == -1 ? broken(im) : r;
	case RESPONSE_DATA:
		note_data(im);
		r = im->handler.data != NULL ? im->handler.data(im->handler.ctx, &im->response, e) : 0;
		return r == -1 ? broken(im) : r;
	case RESPONSE_CONTINUE:
		break;
	}
	return 1;
}

static int
step(struct imap *im, struct err *e)
{
	int r;

	if (read_response(im, e) == -1 || (r = dispatch(im, e)) == -1)
		return -1;
	im->idle = r == 1 ? 0 : im->idle + 1;
	if (im->idle < IDLE_ARMS)
		stream_arm(im->stream, 0);
	if (im->idle < IDLE_MAX)
		return 0;
	err_set(e, ERR_PROTOCOL, "%s talks on end and does not answer", stream_peer(im->stream));
	return broken(im);
}

void
imap_expect(struct imap *im, const char *what, int judged)
{
	struct imap_pending *p = xcalloc(1, sizeof(*p));

	p->tag = im->last_tag;
	p->judged = judged;
	snprintf(p->what, sizeof(p->what), "%s", what);
	*im->pending_end = p;
	im->pending_end = &p->next;
}

/* 1: the server waits for more of the command being sent; 0: a tagged answer came. */
int
imap_next(struct imap *im, struct err *e)
{
	do {
		if (step(im, e) == -1)
			return -1;
	} while (im->response.kind != RESPONSE_CONTINUE && im->response.kind != RESPONSE_TAGGED);
	return im->response.kind == RESPONSE_CONTINUE;
}

/* Nobody waits for a continuation here. */
static int
step_on(struct imap *im, struct err *e)
{
	if (step(im, e) == -1)
		return -1;
	if (im->response.kind != RESPONSE_CONTINUE)
		return 0;
	err_set(e, ERR_PROTOCOL, "%s waits for data that was not announced", stream_peer(im->stream));
	return broken(im);
}

int
imap_poll(struct imap *im, struct err *e)
{
	int r;

	while ((r = stream_ready(im->stream, e)) == 1) {
		if (step_on(im, e) == -1)
			return -1;
	}
	return r == -1 ? broken(im) : 0;
}

int
imap_await(struct imap *im, unsigned int tag, struct err *e)
{
	stream_arm(im->stream, 0);
	while (im->pending != NULL && im->pending->tag <= tag) {
		if (step_on(im, e) == -1)
			return -1;
	}
	return 0;
}

int
imap_finish(struct imap *im, struct err *e)
{
	stream_arm(im->stream, 0);
	im->idle = 0;
	while (im->pending != NULL) {
		if (step_on(im, e) == -1)
			return -1;
	}
	return im->failure.class == ERR_NONE ? 0 : imap_failure(im, e);
}

int
imap_ask(struct imap *im, const char *line, const char *what, struct err *e)
{
	im->last_tag++;
	stream_arm(im->stream, 0);
	if (stream_send(im->stream, e, "A%u %s", im->last_tag, line) == -1)
		return broken(im);
	imap_expect(im, what, 1);
	if (imap_next(im, e) == 0)
		return 0;
	if (im->broken)
		return -1;
	err_set(e, ERR_PROTOCOL, "%s waits for data that was not announced", stream_peer(im->stream));
	return broken(im);
}
