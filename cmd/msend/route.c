/* SPDX-License-Identifier: ISC */
/* route.c - connections are made late, used again, and given up for good when they can't be made. */
#include "route.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "convoy.h"
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
	const char *window = account_get(&r->account, KEY_WINDOW);

	r->window = window != NULL ? (unsigned int)strtonum(window, 1, 1000, NULL) : 1;
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
	if (r->kind == ROUTE_MX && account_get(&r->account, KEY_PROXY) != NULL)		/* before names are looked up, which shows them */
		return err_set(e, ERR_CONFIG, "mx: can't go through a proxy; use an account with a server");
	return 0;
}

/* Without a server there is nothing to be gained by many at once. */
static void
carry(struct route *r, struct parcel *p, int last)
{
	switch (r->kind) {
	case ROUTE_SERVER:
		p->state = rcpts_count(p->rcpts, RCPT_WAITING) > 0 ? PARCEL_NEW : PARCEL_DONE;
		return;
	case ROUTE_MX:
		exchange_send(&r->exchange, &r->account, p->from, p->rcpts, p->mail, last);
		break;
	case ROUTE_MAILDIR:
		local_deliver_to(r->account.url.path, p->from, p->rcpts, p->mail);
		break;
	case ROUTE_LOCAL:
		local_deliver(p->from, p->rcpts, p->mail);
		break;
	}
	p->state = PARCEL_DONE;
}

static void
queue_up(struct route *r, struct parcel *p)
{
	if (r->parcels.tqh_last == NULL)
		TAILQ_INIT(&r->parcels);
	TAILQ_INSERT_TAIL(&r->parcels, p, next);
}

void
route_put(struct route *r, struct parcel *p)
{
	carry(r, p, 0);
	queue_up(r, p);
	convoy_advance(r);
}

void
route_wait(struct route *r)
{
	convoy_wait(r);
}

void
route_finish(struct route *r, int last)
{
	convoy_finish(r, last);
}

struct parcel *
route_done(struct route *r)
{
	struct parcel *p;

	TAILQ_FOREACH(p, &r->parcels, next)
		if (p->state == PARCEL_DONE) {
			TAILQ_REMOVE(&r->parcels, p, next);
			return p;
		}
	return NULL;
}

void
route_send(struct route *r, const char *from, struct rcpts *rcpts, const struct mail *mail, int last)
{
	struct parcel p = { .from = from, .rcpts = rcpts, .mail = mail };

	carry(r, &p, last);
	queue_up(r, &p);
	convoy_finish(r, last);
	while (route_done(r) != &p)
		continue;
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
