/* SPDX-License-Identifier: ISC */
/* route.c - connections are made late, used again, and given up for good when they can't be made. */
#include "route.h"

#include <string.h>

#include "check.h"
#include "discovery.h"
#include "exchange.h"
#include "local.h"
#include "mail.h"
#include "rcpt.h"
#include "smtp.h"

static enum route_kind
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

	if (rc == -1 && e->class == ERR_TEMP) {		/* the server is not known now: as one that can't be reached */
		r->dead = *e;
		err_clear(e);
		return 0;
	}
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

int
route_show(struct route *r, struct err *e)
{
	if (r->kind != ROUTE_SERVER)
		return err_set(e, ERR_USAGE, "-C wants a server: give an account or a URL with -a");
	if (r->dead.class != ERR_NONE) {
		*e = r->dead;
		return -1;
	}
	return check_server(&r->account, e);
}

void
route_free(struct route *r)
{
	smtp_close(&r->smtp);
	exchange_free(&r->exchange);
	account_free(&r->account);
}
