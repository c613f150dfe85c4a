/* SPDX-License-Identifier: ISC */
/* serve_text.c - DATA and BDAT: the message's text, and what becomes of it. */
#include <string.h>

#include "log.h"
#include "mqueue.h"
#include "serve_parse.h"
#include "serve_session.h"

#define RECEIVED_MAX 50		/* more are a loop */
#define SWALLOW 4		/* times the size limit is read of a message that is too large */

static const char *
protocol(const struct session *s)
{
	return !s->extended ? "SMTP" : s->mail.utf8 ? "UTF8SMTP" : "ESMTP";
}

/* A failure is remembered: the text has to be read all the same. */
static void
open_mail(struct session *s)
{
	struct serve_origin o = { s->helo, s->client.addr, protocol(s), s->host };

	if (serve_mail_open(&s->mail, &s->spool, &s->job->settings, &o, &s->broken) == -1)
		log_err(&s->broken);
}

static int
keep(void *ctx, const char *p, size_t n, struct err *e)
{
	struct session *s = ctx;

	(void)e;
	if (s->broken.class == ERR_NONE && s->data.size <= (uint64_t)s->limit
	    && serve_mail_write(&s->mail, p, n, &s->broken) == -1)
		log_err(&s->broken);
	return 0;
}

static void
accept_mail(struct session *s)
{
	if (s->job->verbose)
		log_warn("%s from <%s> for %zu, by %s [%s]", serve_mail_id(&s->mail), s->mail.env[SERVE_HERE].from, s->mail.rcpts,
		    s->helo, s->client.addr);
	buf_printf(&s->io.reply, "250 2.0.0 queued as %s\r\n", serve_mail_id(&s->mail));
	s->errors = s->idle = 0;
}

/* All of it is here. */
static void
decide(struct session *s)
{
	if (s->data.size > (uint64_t)s->limit)
		serve_say(s, "552 5.3.4 the message is too large");
	else if (s->data.received > RECEIVED_MAX)
		serve_say(s, "554 5.4.6 the message goes round in circles");
	else if (s->broken.class == ERR_NONE && serve_mail_commit(&s->mail, &s->spool, &s->broken) == 0) {
		accept_mail(s);
	} else {
		if (s->mail.open && s->broken.class != ERR_NONE)
			log_err(&s->broken);
		serve_say(s, "451 4.3.0 the message can't be stored, try again later");
	}
	serve_reset(s);
}

static int
ready_for_text(struct session *s)
{
	if (s->mail.begun && s->mail.rcpts > 0)
		return 1;
	serve_say(s, s->mail.begun ? "554 5.5.1 no valid recipients" : "503 5.5.1 say MAIL first");
	return 0;
}

/* Reads until the text ends, or n octets of it (counted). */
static enum serve_data_result
read_text(struct session *s, uint64_t n, struct err *e)
{
	enum serve_data_result r = DATA_MORE;
	const char *p;
	size_t have, used;

	serve_io_arm(&s->io);
	while (r == DATA_MORE && (!s->data.counted || n > 0)) {
		if (s->data.size / SWALLOW > (uint64_t)s->limit)
			return DATA_FAILED;
		if (serve_io_some(&s->io, &p, &have, e) != SERVE_OK)
			return DATA_FAILED;
		if (s->data.counted && have > n)
			have = (size_t)n;
		r = serve_data(&s->data, p, have, &used, keep, s, e);
		serve_io_take(&s->io, used);
		n -= s->data.counted ? used : 0;
	}
	return r;
}

static void
text_failed(struct session *s, enum serve_data_result r, const struct err *e)
{
	if (r == DATA_BARE)
		serve_bare(s);
	else if (e->class == ERR_NONE)
		serve_end(s, "552 5.3.4 the message is far too large");
	else
		serve_gone(s, e);
}

void
serve_data_command(struct session *s, struct serve_command *c)
{
	enum serve_data_result r;
	struct err e = { 0 };

	(void)c;
	if (s->bdat) {
		serve_say(s, "503 5.5.1 the message comes by BDAT");
		return;
	}
	if (!ready_for_text(s))
		return;
	open_mail(s);
	serve_say(s, "354 go on, end with a dot alone on a line");
	r = read_text(s, 0, &e);
	if (r == DATA_END)
		decide(s);
	else
		text_failed(s, r, &e);
}

/* What can't be used is read, and dropped: the next command stands behind it. */
static int
skip(struct session *s, uint64_t n, struct err *e)
{
	const char *p;
	size_t have;

	serve_io_arm(&s->io);
	for (; n > 0; n -= have) {
		if (serve_io_some(&s->io, &p, &have, e) != SERVE_OK)
			return -1;
		have = have > n ? (size_t)n : have;
		serve_io_take(&s->io, have);
	}
	return 0;
}

void
serve_bdat_command(struct session *s, struct serve_command *c)
{
	enum serve_data_result r;
	struct err e = { 0 };

	if (c->size / SWALLOW > s->limit) {
		serve_end(s, "552 5.3.4 the message is far too large");
		return;
	}
	if (!ready_for_text(s)) {
		if (skip(s, (uint64_t)c->size, &e) == -1)
			serve_gone(s, &e);
		return;
	}
	if (!s->bdat)
		open_mail(s);
	s->bdat = s->data.counted = 1;
	r = read_text(s, (uint64_t)c->size, &e);
	if (r == DATA_MORE && c->last)
		r = serve_data_last(&s->data, keep, s, &e);
	if (r == DATA_END)
		decide(s);
	else if (r != DATA_MORE)
		text_failed(s, r, &e);
	else {
		serve_say(s, "250 2.0.0 octets taken");
		s->idle = 0;
	}
}
