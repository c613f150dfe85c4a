/* SPDX-License-Identifier: ISC */
/* limits.c - what the server's offers rule out is not tried (RFC 1870 6.1, 6531 3.5), and no more is asked of a session than it allows
 * (LIMITS, RFC 9422): transactions, recipients of each, domains of all. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "idn.h"
#include "mail.h"
#include "rcpt.h"
#include "tlsneed.h"
#include "transact.h"
#include "xalloc.h"

static const char *
domain_of(const struct rcpt *r)
{
	const char *at = strrchr(r->addr, '@');

	return at != NULL ? at + 1 : "";
}

static int
domain_named(const struct smtp *s, const char *domain)
{
	size_t i;

	for (i = 0; i < s->domain_count; i++)
		if (strcasecmp(s->domains[i], domain) == 0)
			return 1;
	return 0;
}

static int
domain_allowed(const struct smtp *s, const struct rcpt *r)
{
	return s->offer.rcptdomainmax == 0 || s->domain_count < s->offer.rcptdomainmax || domain_named(s, domain_of(r));
}

int
limits_reached(const struct smtp *s, const struct rcpts *rcpts)
{
	size_t i;

	if (s->offer.mailmax > 0 && s->mails >= s->offer.mailmax)
		return 1;
	for (i = 0; i < rcpts->n; i++)
		if (rcpts->v[i].state == RCPT_WAITING && domain_allowed(s, &rcpts->v[i]))
			return 0;
	return 1;
}

int
limits_admit(struct smtp *s, const struct rcpt *r, size_t named)
{
	if ((s->offer.rcptmax > 0 && named >= s->offer.rcptmax) || !domain_allowed(s, r))
		return 0;
	if (s->offer.rcptdomainmax > 0 && !domain_named(s, domain_of(r))) {
		s->domains = xreallocarray(s->domains, s->domain_count + 1, sizeof(*s->domains));
		s->domains[s->domain_count++] = xstrdup(domain_of(r));
	}
	return 1;
}

void
limits_forget(struct smtp *s)
{
	while (s->domain_count > 0)
		free(s->domains[--s->domain_count]);
	free(s->domains);
	s->domains = NULL;
}

static int
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 127)
			return 0;
	return 1;
}

int
limits_need_utf8(const char *addr)
{
	char *wire;
	int ascii = is_ascii(addr);

	if (ascii)
		return 0;
	wire = idn_address(addr);
	ascii = is_ascii(wire);
	free(wire);
	return !ascii;
}

static void
refuse_one(struct transaction *t, struct rcpt *r)
{
	const struct offer *o = &t->s->offer;
	struct err why = { 0 };

	if (o->size > 0 && t->out.mail->scan.wire > o->size) {
		err_set(&why, ERR_UNAVAILABLE, "the message has %llu octets, the server takes at most %llu",
		    (unsigned long long)t->out.mail->scan.wire, (unsigned long long)o->size);
		rcpt_refuse(r, 552, "5.3.4", &why);
	} else if (!o->smtputf8 && (limits_need_utf8(r->addr) || limits_need_utf8(t->from))) {
		err_set(&why, ERR_UNAVAILABLE, "an address has letters beyond ASCII, and the server offers no SMTPUTF8");
		rcpt_refuse(r, 553, "5.6.7", &why);
	} else if (t->s->require_tls && tlsneed_met(t->s, &why) == -1) {
		rcpt_refuse(r, 550, "5.7.30", &why);
	}
}

void
limits_refuse(struct transaction *t)
{
	size_t i;

	for (i = 0; i < t->rcpts->n; i++)
		if (t->rcpts->v[i].state == RCPT_WAITING)
			refuse_one(t, &t->rcpts->v[i]);
}
