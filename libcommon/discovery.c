/* SPDX-License-Identifier: ISC */
/* discovery.c - the account is loaded for a URL made of the address, so that what holds for every account holds here too; host,
 * port and scheme are then those of the SRV record. */
#include "discovery.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "config.h"
#include "dns.h"
#include "err.h"
#include "xalloc.h"

static const struct kind {
	enum account_key endpoint;
	const char *label[2], *scheme[2];	/* the better one first; NULL: there is none */
} kinds[] = {
	{ KEY_SEND, { "_submissions._tcp", "_submission._tcp" }, { "smtps", "smtp" } },
	{ KEY_IMAP, { "_imaps._tcp", "_imap._tcp" }, { "imaps", "imap" } },
	{ KEY_POP, { "_pop3s._tcp", "_pop3._tcp" }, { "pop3s", "pop3" } },
};

int
discovery_within(const char *host, const char *domain)
{
	size_t h = strlen(host), d = strlen(domain);

	return h >= d && d > 0 && strcasecmp(host + h - d, domain) == 0 && (h == d || host[h - d - 1] == '.');
}

static int
usable(const struct dns_record *r)
{
	return r->len > 0 && r->n[2] > 0;
}

const struct dns_record *
discovery_pick(const struct dns_answer *a, uint32_t lot)
{
	const struct dns_record *best = NULL;
	uint32_t total = 0, sum = 0;
	size_t i;

	for (i = 0; i < a->n; i++)
		if (usable(&a->v[i]) && (best == NULL || a->v[i].n[0] < best->n[0]))
			best = &a->v[i];
	for (i = 0; best != NULL && i < a->n; i++)
		if (usable(&a->v[i]) && a->v[i].n[0] == best->n[0])
			total += a->v[i].n[1];
	for (i = 0; total > 0 && i < a->n; i++) {
		if (!usable(&a->v[i]) || a->v[i].n[0] != best->n[0])
			continue;
		sum += a->v[i].n[1];
		if (sum > lot % total)
			return &a->v[i];
	}
	return best;
}

static int
match_section(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	const char **name = ctx;

	(void)value;
	(void)e;
	if (section != NULL && *name != NULL && strcmp(key, "account") == 0 && strcmp(section, *name) == 0)
		*name = NULL;
	return 0;
}

/* 1 if -a is an address that no account has, by name or by `from`. */
static int
is_new(const struct account *a, enum account_key endpoint, struct err *e)
{
	const char *unknown = a->which;
	char *name = NULL, *path;
	int rc = 0;

	if (a->which == NULL || url_is(a->which) || strchr(a->which, '@') == NULL || endpoint == KEY_COUNT)
		return 0;
	if (account_find_from(a->which, &name, e) == -1)
		return -1;
	path = config_path();
	if (name == NULL && path != NULL)
		rc = config_read(path, match_section, &unknown, e);
	if (rc == 0)
		rc = name == NULL && unknown != NULL;
	free(name);
	free(path);
	return rc;
}

/* smtps://ann%40example.org@example.org */
static char *
first_url(const char *address, const char *domain, const char *scheme)
{
	struct buf url = { 0 };
	const char *p;

	buf_printf(&url, "%s://", scheme);
	for (p = address; *p != '\0'; p++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", *p) != NULL)
			buf_addc(&url, *p);
		else
			buf_printf(&url, "%%%02X", (unsigned int)(unsigned char)*p);
	}
	buf_printf(&url, "@%s", domain);
	return buf_steal(&url);
}

static void
replace(char **text, char *with)
{
	free(*text);
	*text = with;
}

static int
take(struct account *a, const char *domain, const char *scheme, const struct dns_record *r, int secure, struct err *e)
{
	char *url = first_url(a->which, r->data, scheme);
	int ok = secure || discovery_within(r->data, domain);

	if (ok) {
		replace(&a->url.scheme, xstrdup(scheme));
		replace(&a->url.host, xstrdup(r->data));
		replace(&a->url.port, xasprintf("%u", r->n[2]));
	} else
		err_set(e, ERR_PERM, "%s says that its server is %.100s, which is not within it, and nothing proves that; if it is "
		    "right, use -a %.200s:%u", domain, r->data, url, r->n[2]);
	free(url);
	return ok ? 0 : -1;
}

static int
nothing_found(const struct account *a, const char *domain, const struct kind *k, struct err *e)
{
	char *url = first_url(a->which, "mail.example.org", k->scheme[0]);

	err_set(e, ERR_CONFIG, "no account %.100s, and %.100s names no server for it (SRV records %s and %s); write the account "
	    "(see pennypost(5)), or give -a a URL such as %.120s", a->which, domain, k->label[0], k->label[1], url);
	free(url);
	return -1;
}

static int
look_up(struct account *a, const char *domain, const struct kind *k, struct dns *dns, struct err *e)
{
	int i, rc = 1;

	for (i = 0; i < 2 && rc == 1; i++) {
		char *name = xasprintf("%s.%s", k->label[i], domain);
		struct dns_answer answer;
		const struct dns_record *r;

		if (dns_query(dns, name, DNS_SRV, &answer, e) == DNS_TEMP)
			rc = -1;
		else if ((r = discovery_pick(&answer, arc4random())) != NULL)
			rc = take(a, domain, k->scheme[i], r, answer.secure, e);
		dns_answer_free(&answer);
		free(name);
	}
	return rc == 1 ? nothing_found(a, domain, k, e) : rc;
}

static int
discover(struct account *a, const char *domain, const struct kind *k, struct err *e)
{
	char *address = a->which;
	struct dns *dns = NULL;
	int rc;

	a->which = first_url(address, domain, k->scheme[0]);
	rc = account_load(a, k->endpoint, e);
	replace(&a->which, address);
	if (rc == 0)
		replace(&a->value[KEY_FROM], xstrdup(address));
	if (rc == 0)
		rc = dns_new(&dns, account_get(a, KEY_RESOLVER), a->end, e);
	if (rc == 0)
		rc = look_up(a, domain, k, dns, e);
	dns_free(&dns);
	return rc;
}

int
discovery_load(struct account *a, enum account_key endpoint, struct err *e)
{
	const struct kind *k = kinds;
	const char *domain;
	int fresh = is_new(a, endpoint, e);

	if (fresh != 1)
		return fresh == 0 ? account_load(a, endpoint, e) : -1;
	domain = strrchr(a->which, '@') + 1;
	if (domain == a->which + 1 || !dns_host_ok(domain))
		return err_set(e, ERR_USAGE, "-a %s: not an address", a->which);
	while (k->endpoint != endpoint)
		k++;
	return discover(a, domain, k, e);
}

int
discovery_found(const struct account *a)
{
	return a->name == NULL && a->which != NULL && !url_is(a->which);
}
