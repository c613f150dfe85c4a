/* SPDX-License-Identifier: ISC */
/* mx.c - see mx.h. RFC 5321 5.1: MX records, else the addresses of the domain itself; MX records that lead nowhere are not a
 * reason to try those. */
#include "mx.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "idn.h"
#include "xalloc.h"

const char *
mx_domain(const char *addr)
{
	const char *at = strrchr(addr, '@');

	return at != NULL ? at + 1 : "";
}

void
mx_add(struct mx *m, const char *name, unsigned int preference, unsigned int lot)
{
	m->v = xreallocarray(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct mx_host){ xstrdup(name), preference, lot };
}

static int
by_preference(const void *a, const void *b)
{
	const struct mx_host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return (x->lot > y->lot) - (x->lot < y->lot);
}

void
mx_order(struct mx *m)
{
	if (m->n > 0)
		qsort(m->v, m->n, sizeof(*m->v), by_preference);
}

static int
is_own(const char *name, const char *const *own)
{
	for (; *own != NULL; own++)
		if (strcasecmp(name, *own) == 0)
			return 1;
	return 0;
}

/* The first `keep` stay. */
static void
keep_first(struct mx *m, size_t keep)
{
	while (m->n > keep)
		free(m->v[--m->n].name);
}

void
mx_cut(struct mx *m, const char *const *own)
{
	size_t i, first;

	for (i = 0; i < m->n && !is_own(m->v[i].name, own); i++)
		continue;
	for (first = i; first > 0 && i < m->n && m->v[first - 1].preference == m->v[i].preference; first--)
		continue;
	keep_first(m, first);
}

int
mx_literal(const char *domain, char *out, size_t size)
{
	unsigned char binary[sizeof(struct in6_addr)];
	size_t n = strlen(domain);
	int family = AF_INET;

	if (n < 3 || domain[0] != '[' || domain[n - 1] != ']')
		return -1;
	domain++;
	n -= 2;
	if (strncasecmp(domain, "IPv6:", 5) == 0) {
		family = AF_INET6;
		domain += 5;
		n -= 5;
	}
	if (n >= size)
		return -1;
	memcpy(out, domain, n);
	out[n] = '\0';
	return inet_pton(family, out, binary) == 1 ? 0 : -1;
}

static enum mx_result
refused(struct mx *m, int code, const char *enhanced)
{
	m->code = code;
	m->enhanced = enhanced;
	return MX_REFUSED;
}

/* "MX 0 ." alone: the domain takes no mail (RFC 7505 3). */
static int
is_null(const struct dns_answer *a)
{
	return a->n == 1 && a->bad == 0 && a->v[0].len == 0;
}

static enum mx_result
take_records(struct mx *m, const char *domain, const struct dns_answer *a, struct err *e)
{
	size_t i;

	if (is_null(a)) {
		err_set(e, ERR_NOUSER, "%s takes no mail (its MX record says so)", domain);
		return refused(m, 556, "5.1.10");
	}
	m->secure = a->secure;
	for (i = 0; i < a->n; i++)
		if (a->v[i].len > 0)
			mx_add(m, a->v[i].data, a->v[i].n[0], arc4random());
	if (m->n > 0)
		return MX_FOUND;
	err_set(e, ERR_TEMP, "the MX records of %s name no host", domain);
	return MX_LATER;
}

static enum mx_result
look_up(struct mx *m, struct dns *dns, const char *domain, struct err *e)
{
	struct dns_answer a;
	enum mx_result result = MX_FOUND;

	switch (dns_query(dns, domain, DNS_MX, &a, e)) {
	case DNS_FOUND:
		result = take_records(m, domain, &a, e);
		break;
	case DNS_NODATA:
		mx_add(m, domain, 0, 0);
		m->secure = a.secure;
		break;
	case DNS_NONAME:
		err_set(e, ERR_NOHOST, "there is no domain %s; is it spelled right?", domain);
		result = refused(m, 550, "5.1.2");
		break;
	case DNS_TEMP:
		result = MX_LATER;
		break;
	}
	dns_answer_free(&a);
	return result;
}

static enum mx_result
find(struct mx *m, struct dns *dns, const char *domain, const char *const *own, struct err *e)
{
	char address[INET6_ADDRSTRLEN];
	enum mx_result result;

	*m = (struct mx){ 0 };
	if (mx_literal(domain, address, sizeof(address)) == 0) {
		mx_add(m, address, 0, 0);
		m->literal = 1;
		return MX_FOUND;
	}
	if (!dns_host_ok(domain)) {
		err_set(e, ERR_NOHOST, "no domain for mail: \"%.255s\"", domain);
		return refused(m, 550, "5.1.2");
	}
	result = look_up(m, dns, domain, e);
	if (result != MX_FOUND)
		return result;
	mx_order(m);
	mx_cut(m, own);
	if (m->n > 0)
		return MX_FOUND;
	err_set(e, ERR_UNAVAILABLE, "mail for %s would come back to this machine, which its MX records name first", domain);
	return refused(m, 550, "5.4.6");
}

enum mx_result
mx_find(struct mx *m, struct dns *dns, const char *domain, const char *const *own, struct err *e)
{
	struct buf ascii = { 0 };
	enum mx_result result;
	int converted = !dns_host_ok(domain) && *domain != '[' && idn_domain(&ascii, domain) == 0;

	result = find(m, dns, converted ? buf_str(&ascii) : domain, own, e);
	buf_free(&ascii);
	return result;
}

static void
take_addresses(struct mx_addresses *out, struct dns_answer *six, struct dns_answer *four)
{
	struct dns_answer *from[2] = { six, four };
	size_t i, side;

	for (i = 0; i < six->n || i < four->n; i++)
		for (side = 0; side < 2; side++)
			if (i < from[side]->n && out->n < MX_ADDRESSES_MAX)
				out->v[out->n++] = xstrdup(from[side]->v[i].data);
	out->secure = (six->n == 0 || six->secure) && (four->n == 0 || four->secure);
}

/* One kind of address is enough; none at all is a fact only if the answers to both questions were. */
enum mx_result
mx_resolve(struct mx_addresses *out, struct dns *dns, const char *host, struct err *e)
{
	struct dns_answer six = { 0 }, four = { 0 };
	enum dns_result r6, r4;

	*out = (struct mx_addresses){ 0 };
	r4 = dns_query(dns, host, DNS_A, &four, e);
	r6 = r4 != DNS_NONAME ? dns_query(dns, host, DNS_AAAA, &six, e) : DNS_NONAME;
	take_addresses(out, &six, &four);
	dns_answer_free(&six);
	dns_answer_free(&four);
	if (out->n > 0)
		return MX_FOUND;
	if (r4 == DNS_TEMP || r6 == DNS_TEMP)
		return MX_LATER;
	err_set(e, ERR_NOHOST, "host %s has no address", host);
	return MX_REFUSED;
}

void
mx_free(struct mx *m)
{
	keep_first(m, 0);
	free(m->v);
	*m = (struct mx){ 0 };
}

void
mx_addresses_free(struct mx_addresses *a)
{
	while (a->n > 0)
		free(a->v[--a->n]);
}
