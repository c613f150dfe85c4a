/* SPDX-License-Identifier: ISC */
/* route.c - connections are made late, used again, and given up for good when they can't be made. */
#include "route.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "discovery.h"
#include "exchange.h"
#include "local.h"
#include "log.h"
#include "mail.h"
#include "rcpt.h"
#include "smtp.h"
#include "stream.h"
#include "tls.h"

static int
kind_of(const struct url *u)
{
	if (strcmp(u->scheme, "maildir") == 0)
		return ROUTE_MAILDIR;
	return strcmp(u->scheme, "mx") == 0 ? ROUTE_MX : ROUTE_SERVER;
}

int
route_load(struct route *r, struct err *e)
{
	int rc = discovery_load(&r->account, KEY_SEND, e);

	if (rc == -1)
		return -1;
	r->kind = rc == 1 ? ROUTE_LOCAL : kind_of(&r->account.url);
	if (r->kind == ROUTE_MAILDIR && (r->account.url.path == NULL || r->account.url.path[0] == '\0'))
		return err_set(e, ERR_CONFIG, "maildir: needs a path, as in maildir:~/Maildir");
	if (r->kind == ROUTE_MX && (r->account.url.host != NULL || r->account.url.path[0] != '\0'))
		return err_set(e, ERR_CONFIG, "mx: stands alone: the recipients' domains say where mail goes");
	return 0;
}

static int
ready(struct route *r)
{
	if (r->dead.class != ERR_NONE)
		return -1;
	if (r->smtp != NULL && !smtp_usable(r->smtp))
		smtp_close(&r->smtp);
	if (r->smtp != NULL)
		return 0;
	r->carried = 0;
	return smtp_open(&r->smtp, &r->account, &r->dead);
}

/* The server may have closed a connection that lay idle between two messages: if it took nothing of this one, a new one is tried. */
static int
was_stale(const struct route *r, const struct rcpts *rcpts, size_t waiting)
{
	return r->carried > 0 && !smtp_usable(r->smtp) && rcpts_count(rcpts, RCPT_WAITING) == waiting;
}

static void
by_server(struct route *r, const char *from, struct rcpts *rcpts, const struct mail *mail, int last)
{
	struct err e = { 0 };
	size_t waiting;

	while ((waiting = rcpts_count(rcpts, RCPT_WAITING)) > 0) {
		if (ready(r) == -1) {
			rcpts_fail(rcpts, RCPT_LATER, &r->dead);
			return;
		}
		if (smtp_deliver(r->smtp, from, rcpts, mail, last, &e) == -1 && !was_stale(r, rcpts, waiting))
			rcpts_fail(rcpts, RCPT_LATER, &e);
		r->carried++;
	}
}

void
route_send(struct route *r, const char *from, struct rcpts *rcpts, const struct mail *mail, int last)
{
	switch (r->kind) {
	case ROUTE_SERVER:
		by_server(r, from, rcpts, mail, last);
		break;
	case ROUTE_MX:
		exchange_send(&r->exchange, &r->account, from, rcpts, mail, last);
		break;
	case ROUTE_MAILDIR:
		local_deliver_to(r->account.url.path, from, rcpts, mail);
		break;
	case ROUTE_LOCAL:
		local_deliver(from, rcpts, mail);
		break;
	}
}

static void
show(const char *what, const char *text)
{
	struct buf safe = { 0 };

	log_safe(&safe, text, strlen(text));
	printf("%s\t%s\n", what, buf_str(&safe));
	buf_free(&safe);
}

static void
show_offer(const struct smtp *s)
{
	const struct offer *o = &s->offer;
	const struct { const char *name; int there; } list[] = {
		{ "PIPELINING", o->pipelining }, { "8BITMIME", o->eightbit }, { "SMTPUTF8", o->smtputf8 },
		{ "CHUNKING", o->chunking }, { "SIZE", o->sized }, { "STARTTLS", o->starttls },
	};
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (list[i].there)
			show("offers", list[i].name);
	if (o->auth[0] != '\0')
		show("auth", o->auth);
	if (o->size > 0)
		printf("size\t%llu\n", (unsigned long long)o->size);
}

int
route_show(struct route *r, struct err *e)
{
	if (r->kind != ROUTE_SERVER)
		return err_set(e, ERR_USAGE, "-C wants a server: give an account or a URL with -a");
	if (smtp_open(&r->smtp, &r->account, e) == -1)
		return -1;
	if (discovery_found(&r->account))
		show("found", "by SRV records of the address's domain");
	show("server", stream_peer(r->smtp->stream));
	show("tls", stream_tls(r->smtp->stream) != NULL ? tls_version(stream_tls(r->smtp->stream)) : "off");
	show_offer(r->smtp);
	if (smtp_wants_auth(&r->account))
		show("authenticated", account_user(&r->account));
	return fflush(stdout) == 0 ? 0 : err_sys(e, ERR_IO, "write standard output");
}

void
route_free(struct route *r)
{
	smtp_close(&r->smtp);
	exchange_free(&r->exchange);
	account_free(&r->account);
}
