/* SPDX-License-Identifier: ISC */
/* check.c - msend -C. Shown between the greetings and the login, so that a login that fails hides nothing. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "buf.h"
#include "discovery.h"
#include "err.h"
#include "log.h"
#include "smtp.h"
#include "stream.h"
#include "tls.h"

#define DAYS_LEFT 21	/* of the certificate: fewer are worth a word */

static void
show(const char *what, const char *text, size_t len)
{
	struct buf safe = { 0 };

	log_safe(&safe, text, len);
	printf("%s\t%s\n", what, buf_str(&safe));
	buf_free(&safe);
}

static void
shows(const char *what, const char *text)
{
	show(what, text, strlen(text));
}

static void
show_certificate(const struct tls_peer *p)
{
	shows("cert-subject", p->subject);
	shows("cert-names", p->names);
	shows("cert-issuer", p->issuer);
	shows("cert-from", p->from);
	shows("cert-until", p->until);
	shows("cert-sha256", p->sha256);
	shows("cert-trust", p->trust);
}

/* Each word behind the keyword on a line of its own. */
static void
show_words(const char *what, const char *p, const char *end)
{
	while (p < end) {
		size_t n = strcspn(p, " ");

		n = n < (size_t)(end - p) ? n : (size_t)(end - p);
		if (n > 0)
			show(what, p, n);
		p += n + 1;
	}
}

/* The lines of EHLO's reply behind the first, as they are. */
static void
show_offers(const struct smtp *s)
{
	const char *p = strchr(buf_str(&s->answer.text), '\n'), *limits = NULL;

	while (p != NULL) {
		size_t n = strcspn(++p, "\n");

		show("offers", p, n);
		if (strncasecmp(p, "LIMITS ", 7) == 0)
			limits = p + 7;		/* RFC 9422 */
		p = p[n] == '\n' ? p + n : NULL;
	}
	if (limits != NULL)
		show_words("limit", limits, limits + strcspn(limits, "\n"));
	if (s->offer.size > 0)
		printf("size\t%llu\n", (unsigned long long)s->offer.size);
	show_words("auth", s->offer.auth, s->offer.auth + strlen(s->offer.auth));
}

static void
advise(const struct smtp *s, const struct tls_peer *p)
{
	const struct account *a = s->account;

	if (!stream_safe(s->stream))
		shows("advice", "whoever is between reads the mail: leave out tls=off, or use smtps://");
	if (p != NULL && p->trust[0] != '\0' && p->days < DAYS_LEFT)
		printf("advice\tthe certificate expires in %d days\n", p->days);
	if (s->offer.auth[0] != '\0' && !smtp_wants_auth(a))
		shows("advice", "it lets people log in; if it refuses recipients, give the account a user");
	if (s->offer.auth[0] == '\0' && smtp_wants_auth(a))
		shows("advice", "nobody can log in here; is 587 or 465 the right port, or take the user out of the account");
	if (!s->offer.pipelining)
		shows("advice", "without PIPELINING each recipient costs a round trip");
}

static void
show_found(const struct account *a)
{
	struct buf url = { 0 };

	buf_printf(&url, "%s://%s:%s, by the SRV records of %s", a->url.scheme, a->url.host, a->url.port,
	    strrchr(a->which, '@') + 1);
	shows("found", buf_str(&url));
	buf_free(&url);
}

static void
met(const struct smtp *s)
{
	struct tls *tls = stream_tls(s->stream);
	struct tls_peer peer;
	int known = tls != NULL && tls_peer(tls, &peer) == 0;

	if (discovery_found(s->account))
		show_found(s->account);
	shows("server", stream_peer(s->stream));
	shows("tls", tls != NULL ? tls_version(tls) : "off");
	if (known)
		show_certificate(&peer);
	show_offers(s);
	advise(s, known ? &peer : NULL);
}

/* An address alone is enough to see what its server is: nobody is asked for a password then. */
static void
forget_user(struct account *a)
{
	free(a->url.user);
	a->url.user = NULL;
}

int
check_server(struct account *a, struct err *e)
{
	struct smtp *s = NULL;
	int rc;

	if (discovery_found(a) && account_get(a, KEY_PASSWORD) == NULL && account_get(a, KEY_TOKEN) == NULL)
		forget_user(a);
	rc = smtp_open_met(&s, a, met, e);
	if (rc == 0 && smtp_wants_auth(a))
		shows("authenticated", account_user(a));
	smtp_close(&s);
	return fflush(stdout) == 0 || rc == -1 ? rc : err_sys(e, ERR_IO, "write standard output");
}
