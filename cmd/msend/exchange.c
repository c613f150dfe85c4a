/* SPDX-License-Identifier: ISC */
/* exchange.c - recipients grouped by domain, each group to the first of its exchangers that takes it.
 * A host that can't be reached, or ends the session, leaves the recipients that were not sent to the next one, HOSTS_MAX of them
 * at most. Who was refused, or put off by a reply, is not asked for again. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "config.h"
#include "dane.h"
#include "err.h"
#include "mail.h"
#include "message.h"
#include "mx.h"
#include "rcpt.h"
#include "smtp.h"
#include "stsfind.h"
#include "tlsneed.h"
#include "transact.h"
#include "xalloc.h"

#define HOSTS_MAX 5
#define DEAD_MAX 256	/* more are forgotten, and tried again */

struct dead {			/* a domain that can't be reached now */
	char *domain;
	struct err why;
	struct dead *next;
};

struct exchange {
	struct account *account;
	struct dns *dns;
	struct smtp *smtp;
	char *domain;		/* what smtp is for */
	struct smtp_to to;
	struct mx_addresses addresses;	/* of to */
	struct dane dane;
	char *ca;		/* for its certificate, where a policy asks for a good one; or NULL */
	char *host;
	struct dead *dead;
	size_t deads;
};

struct job {			/* one domain's share of a message */
	struct exchange *x;
	const char *domain, *from;
	struct rcpts rcpts;
	const struct mail *mail;
	struct sts sts;		/* the domain's policy */
	int last;
	enum tlsneed tlsneed;
	int reached;		/* a session came about */
	int unfit;		/* hosts that can't do what require-tls demands */
	int refused;		/* hosts that are known to have no address */
};

static void
hang_up(struct exchange *x)
{
	smtp_close(&x->smtp);
	free(x->domain);
	free(x->host);
	mx_addresses_free(&x->addresses);
	dane_free(&x->dane);
	free(x->ca);
	x->domain = x->host = x->ca = NULL;
}

/* One session, for as many transactions as it takes. */
static void
transact(struct job *j, struct err *e)
{
	struct exchange *x = j->x;

	while (rcpts_count(&j->rcpts, RCPT_WAITING) > 0 && smtp_usable(x->smtp) && !limits_reached(x->smtp, &j->rcpts))
		if (smtp_deliver(x->smtp, j->from, &j->rcpts, j->mail, j->last, e) == -1)
			return;
	if (rcpts_count(&j->rcpts, RCPT_WAITING) > 0)
		err_set(e, ERR_TEMP, "%s ended the session", x->host);
}

static enum smtp_need
wants(const struct account *a)
{
	const char *tls = account_get(a, KEY_TLS);

	if (tls == NULL || strcmp(tls, "1.2") == 0)
		return SMTP_TLS_OFFERED;
	return strcmp(tls, "off") == 0 ? SMTP_CLEAR : SMTP_TLS;
}

static void
demand(struct smtp_to *to, const char *because)
{
	to->need = SMTP_TLS;
	to->because = because;
	to->tls.any = 0;
}

/* TLSA records count more than a policy (RFC 8461 section 2), the tls key more than both. */
static void
aim(struct exchange *x, const struct job *j)
{
	const char *tls = account_get(x->account, KEY_TLS), *port = account_get(x->account, KEY_MX_PORT);

	x->to = (struct smtp_to){
		.host = x->host, .address = x->addresses.v, .addresses = x->addresses.n, .port = port != NULL ? port : "25",
		.need = wants(x->account), .because = "the tls key",
		.tls = { .host = x->host, .min13 = tls != NULL && strcmp(tls, "1.3") == 0, .any = 1 },
	};
	if (x->to.need == SMTP_CLEAR || j->tlsneed == TLSNEED_NONE)
		return;
	if (j->tlsneed == TLSNEED_REQUIRED)
		demand(&x->to, "the require-tls key");
	if (x->dane.n > 0) {
		demand(&x->to, "its TLSA record");
		x->to.tls.dane = x->dane.v;
		x->to.tls.danes = x->dane.n;
		x->to.tls.also = j->domain;
	} else if (j->sts.mode == STS_ENFORCE) {
		demand(&x->to, "the domain's MTA-STS policy");
		if (account_get(x->account, KEY_TLS_CA) != NULL)
			x->to.tls.ca = x->ca = config_tilde(account_get(x->account, KEY_TLS_CA));
	}
}

/* TLS that fails is tried once more without, where it was only welcome (RFC 7435 3). */
static int
open_session(struct exchange *x, const struct job *j, struct err *e)
{
	aim(x, j);
	if (smtp_open_to(&x->smtp, x->account, &x->to, e) == 0)
		return 0;
	if (!x->to.tls_failed || x->to.need != SMTP_TLS_OFFERED)
		return -1;
	x->to.need = SMTP_CLEAR;
	return smtp_open_to(&x->smtp, x->account, &x->to, e);
}

static int
call(struct job *j, const struct mx *mx, const struct mx_host *host, struct err *e)
{
	struct exchange *x = j->x;
	enum mx_result found = MX_FOUND;

	hang_up(x);
	x->host = xstrdup(host->name);
	if (mx->literal)
		x->addresses.v[x->addresses.n++] = xstrdup(host->name);
	else
		found = mx_resolve(&x->addresses, x->dns, host->name, e);
	j->refused += found == MX_REFUSED;
	if (found != MX_FOUND || (j->tlsneed != TLSNEED_NONE && mx->secure && x->addresses.secure && dane_find(&x->dane, x->dns, host->name, e) == -1)
	    || open_session(x, j, e) == -1)
		return -1;
	x->domain = xstrdup(j->domain);
	j->reached = 1;
	return 0;
}

static void
refuse_all(struct job *j, int code, const char *enhanced, const struct err *why)
{
	size_t i;

	for (i = 0; i < j->rcpts.n; i++)
		if (j->rcpts.v[i].state == RCPT_WAITING)
			rcpt_refuse(&j->rcpts.v[i], code, enhanced, why);
}

static void
bury(struct exchange *x, const char *domain, const struct err *why)
{
	struct dead *d;

	if (x->deads == DEAD_MAX)
		return;
	d = xmalloc(sizeof(*d));
	*d = (struct dead){ xstrdup(domain), *why, x->dead };
	x->dead = d;
	x->deads++;
}

static void
fail_rest(struct job *j, const struct err *why)
{
	if (rcpts_count(&j->rcpts, RCPT_WAITING) == 0)
		return;
	rcpts_fail(&j->rcpts, RCPT_LATER, why);
	if (!j->reached)
		bury(j->x, j->domain, why);
}

/* RFC 8689 4.2.1: the list of exchangers is validated, or their names are what the domain's policy has; the certificate and the offer are
 * looked at in the session. */
static int
fit(struct job *j, const struct mx *mx, struct err *e)
{
	if (j->tlsneed != TLSNEED_REQUIRED || mx->secure || j->sts.mode == STS_ENFORCE)
		return 1;
	j->unfit++;
	err_set(e, ERR_UNAVAILABLE, "who the exchangers of %s are is neither validated by DNSSEC nor told by an MTA-STS policy, which require-tls "
	    "demands, so nothing was sent", j->domain);
	return 0;
}

/* A session with one that does not do what require-tls demands is of no use. */
static int
met(struct job *j, struct err *e)
{
	if (j->tlsneed != TLSNEED_REQUIRED || tlsneed_met(j->x->smtp, e) == 0)
		return 1;
	j->unfit++;
	hang_up(j->x);
	return 0;
}

/* A host that the domain's policy does not name may be a forger's (RFC 8461 4.1). */
static int
allowed(const struct job *j, const struct mx_host *host, struct err *e)
{
	if (j->sts.mode != STS_ENFORCE || j->tlsneed == TLSNEED_NONE || sts_matches(&j->sts, host->name))
		return 1;
	err_set(e, ERR_PERM, "%s is no exchanger that the MTA-STS policy of %s names, so nothing was sent there", host->name,
	    j->domain);
	return 0;
}

/* That no exchanger has an address is a fact about the domain only if it holds for all of them. */
static void
try_hosts(struct job *j, const struct mx *mx)
{
	size_t i, tried = 0;
	struct err e = { 0 };

	for (i = 0; i < mx->n && tried < HOSTS_MAX && rcpts_count(&j->rcpts, RCPT_WAITING) > 0; i++) {
		if (!allowed(j, &mx->v[i], &e))
			continue;
		tried++;
		while (fit(j, mx, &e) && call(j, mx, &mx->v[i], &e) == 0 && met(j, &e)) {
			transact(j, &e);
			if (rcpts_count(&j->rcpts, RCPT_WAITING) == 0 || !smtp_usable(j->x->smtp))
				break;		/* else the session's limits are reached: another one */
		}
	}
	if ((size_t)j->refused == mx->n)
		refuse_all(j, 550, "5.4.4", &e);
	else if (j->unfit > 0 && (size_t)j->unfit == tried)
		refuse_all(j, 550, "5.7.30", &e);
	else {
		if (j->refused > 0 && e.class == ERR_NOHOST)	/* that one was only the last */
			e.class = ERR_TEMP;
		fail_rest(j, &e);
	}
}

static void
find_and_try(struct job *j)
{
	const char *own[] = { message_hostname(), "localhost", account_get(j->x->account, KEY_HELO), NULL };
	struct mx mx;
	struct err e = { 0 };

	switch (mx_find(&mx, j->x->dns, j->domain, own, &e)) {
	case MX_FOUND:
		if (wants(j->x->account) != SMTP_CLEAR)
			sts_find(&j->sts, j->x->account, j->x->dns, j->domain);
		try_hosts(j, &mx);
		break;
	case MX_LATER:
		fail_rest(j, &e);
		break;
	case MX_REFUSED:
		refuse_all(j, mx.code, mx.enhanced, &e);
		break;
	}
	mx_free(&mx);
	sts_free(&j->sts);
}

static void
deliver(struct job *j)
{
	struct exchange *x = j->x;
	const struct dead *d = x->dead;
	struct err ignored = { 0 };

	while (d != NULL && strcasecmp(d->domain, j->domain) != 0)
		d = d->next;
	if (d != NULL) {
		rcpts_fail(&j->rcpts, RCPT_LATER, &d->why);
		return;
	}
	j->tlsneed = tlsneed_of(x->account, j->mail);
	if (x->domain != NULL && strcasecmp(x->domain, j->domain) == 0)
		transact(j, &ignored);	/* it may have been closed meanwhile: those still waiting go by a new one */
	if (rcpts_count(&j->rcpts, RCPT_WAITING) > 0)
		find_and_try(j);
	if (j->tlsneed == TLSNEED_NONE)
		hang_up(x);	/* the next message may want better */
}

/* The waiting recipients of the first one's domain, moved into the job and afterwards back to where they were. */
static void
one_domain(struct job *j, struct rcpts *all, size_t first)
{
	size_t *place = xcalloc(all->n, sizeof(*place)), i;

	j->domain = mx_domain(all->v[first].addr);
	j->rcpts = (struct rcpts){ .v = xcalloc(all->n, sizeof(struct rcpt)), .dsn = all->dsn };
	for (i = first; i < all->n; i++) {
		if (all->v[i].state != RCPT_WAITING || strcasecmp(mx_domain(all->v[i].addr), j->domain) != 0)
			continue;
		place[j->rcpts.n] = i;
		j->rcpts.v[j->rcpts.n++] = all->v[i];
	}
	deliver(j);
	for (i = 0; i < j->rcpts.n; i++)
		all->v[place[i]] = j->rcpts.v[i];
	free(j->rcpts.v);
	free(place);
}

static struct exchange *
exchange_new(struct account *a, struct err *e)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->account = a;
	if (dns_new(&x->dns, account_get(a, KEY_RESOLVER), a->end, e) == 0)
		return x;
	free(x);
	return NULL;
}

void
exchange_send(struct exchange **x, struct account *a, const char *from, struct rcpts *rcpts, const struct mail *mail, int last)
{
	struct err e = { 0 };
	size_t i;

	if (*x == NULL && (*x = exchange_new(a, &e)) == NULL) {
		rcpts_fail(rcpts, RCPT_LATER, &e);
		return;
	}
	for (i = 0; i < rcpts->n; i++) {
		struct job j = { .x = *x, .from = from, .mail = mail, .last = last };

		if (rcpts->v[i].state == RCPT_WAITING)
			one_domain(&j, rcpts, i);
	}
}

void
exchange_free(struct exchange **xp)
{
	struct exchange *x = *xp;
	struct dead *d;

	if (x == NULL)
		return;
	hang_up(x);
	dns_free(&x->dns);
	while ((d = x->dead) != NULL) {
		x->dead = d->next;
		free(d->domain);
		free(d);
	}
	free(x);
	*xp = NULL;
}
