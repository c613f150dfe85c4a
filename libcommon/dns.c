/* SPDX-License-Identifier: ISC */
/* dns.c - see dns.h. The C library builds the query, chooses its number and port, and asks again; where the answer was cut,
 * dns_tcp.c does. Its patience is resolv.conf's, cut short by the run's end. */
#include "dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "deadline.h"
#include "dns_tcp.h"
#include "err.h"
#include "xalloc.h"

#define REPLY_MAX 65535
#define NAME_LONG 253
#define LABEL_LONG 63
#define HEADER_SIZE 12
#define CLASS_IN 1
#define QR_BIT 0x80	/* in the third octet of a message: it is a reply */
#define TC_BIT 0x02	/* likewise: it was cut */
#define AD_BIT 0x20	/* in the fourth */
#define CODE_BITS 0x0f	/* likewise */

struct message {
	const unsigned char *p;
	size_t len, at;
};

struct dns {
	struct __res_state state;
	int64_t end;
	int local;			/* every server asked is on this machine */
	unsigned char reply[REPLY_MAX];
};

int
dns_host_ok(const char *name)
{
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t n;

	if (strlen(name) > NAME_LONG)
		return 0;
	for (;; name += n + 1) {
		n = strspn(name, allowed);
		if (n == 0 || n > LABEL_LONG || (name[n] != '.' && name[n] != '\0'))
			return 0;
		if (name[n] == '\0')
			return 1;
	}
}

static int
is_loopback(const struct sockaddr_in *in)
{
	return in->sin_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

static int
all_local(const struct __res_state *s)
{
	int i, local = s->nscount > 0;

	for (i = 0; i < s->nscount && i < MAXNS; i++) {
		int here = is_loopback(&s->nsaddr_list[i]);

#ifdef __GLIBC__	/* keeps IPv6 servers apart */
		if (s->nsaddr_list[i].sin_family == 0 && s->_u._ext.nsaddrs[i] != NULL)
			here = IN6_IS_ADDR_LOOPBACK(&s->_u._ext.nsaddrs[i]->sin6_addr);
#endif
		local &= here;
	}
	return local;
}

/* "192.0.2.1", "2001:db8::1", and with a port "192.0.2.1:53", "[2001:db8::1]:53" */
static int
split_resolver(const char *text, char *host, size_t size, in_port_t *port)
{
	const char *first = strchr(text, ':'), *colon = first != NULL && strchr(first + 1, ':') == NULL ? first : NULL, *bad = NULL;
	size_t n;

	if (*text == '[') {
		n = strcspn(++text, "]");
		colon = text[n] == ']' ? text + n + 1 : "";
		if (text[n] != ']' || (*colon != ':' && *colon != '\0'))
			return -1;
	} else {
		n = colon != NULL ? (size_t)(colon - text) : strlen(text);
	}
	if (n >= size)
		return -1;
	memcpy(host, text, n);
	host[n] = '\0';
	*port = htons((uint16_t)(colon != NULL && *colon == ':' ? strtonum(colon + 1, 1, 65535, &bad) : 53));
	return bad != NULL ? -1 : 0;
}

/* The C library keeps servers that are reached by IPv6 elsewhere. */
static int
set_in6(struct __res_state *s, const struct sockaddr_in6 *in6)
{
#ifdef __GLIBC__
	s->nsaddr_list[0] = (struct sockaddr_in){ 0 };
	if (s->_u._ext.nsaddrs[0] == NULL)
		s->_u._ext.nsaddrs[0] = xmalloc(sizeof(*in6));	/* res_nclose frees it */
	*s->_u._ext.nsaddrs[0] = *in6;
	s->_u._ext.nscount = 0;
	return 0;
#else
	(void)s;
	(void)in6;
	return -1;
#endif
}

static int
use_resolver(struct __res_state *s, const char *text, struct err *e)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	char host[INET6_ADDRSTRLEN];
	int rc = split_resolver(text, host, sizeof host, &in.sin_port);

	in6.sin6_port = in.sin_port;
	s->nscount = 1;
	if (rc == 0 && inet_pton(AF_INET, host, &in.sin_addr) == 1)
		s->nsaddr_list[0] = in;
	else if (rc == -1 || inet_pton(AF_INET6, host, &in6.sin6_addr) != 1 || set_in6(s, &in6) == -1)
		return err_set(e, ERR_CONFIG, "resolver is an address, as in 127.0.0.1, 127.0.0.1:53, ::1 or [::1]:53, not \"%s\"", text);
	return 0;
}

int
dns_new(struct dns **out, const char *resolver, int64_t end, struct err *e)
{
	struct dns *d = xcalloc(1, sizeof *d);

	d->end = end;
	if (res_ninit(&d->state) == -1) {
		free(d);
		return err_sys(e, ERR_CONFIG, "the resolver can't be set up");
	}
	if (resolver != NULL && use_resolver(&d->state, resolver, e) == -1) {
		dns_free(&d);
		return -1;
	}
	d->local = all_local(&d->state);
	d->state.options |= RES_IGNTC;
#ifdef RES_USE_EDNS0
	d->state.options |= RES_USE_EDNS0;
#endif
#ifdef RES_TRUSTAD	/* without it the C library neither asks for AD nor lets it through */
	if (d->local)
		d->state.options |= RES_TRUSTAD;
#else
	d->local = 0;
#endif
	*out = d;
	return 0;
}

void
dns_free(struct dns **dp)
{
	if (*dp == NULL)
		return;
	res_nclose(&(*dp)->state);
	free(*dp);
	*dp = NULL;
}

int
dns_validates(const struct dns *d)
{
	return d->local;
}

void
dns_answer_free(struct dns_answer *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		free(a->v[i].data);
	free(a->v);
	*a = (struct dns_answer){ 0 };
}

/* A domain name within the message: 0, or -1 where it is none or no host's. */
static int
read_host(struct buf *out, const struct message *m, const unsigned char *p)
{
	char name[NS_MAXDNAME];

	if (dn_expand(m->p, m->p + m->len, p, name, sizeof name) < 0 || (*name != '\0' && !dns_host_ok(name)))
		return -1;
	buf_adds(out, name);
	return 0;
}

/* Character strings, each after its length (RFC 1035 3.3.14), put together (as RFC 8461 3.1 wants it). */
static int
read_text(struct buf *out, const unsigned char *p, size_t n)
{
	while (n > 0) {
		if (*p >= n)
			return -1;
		buf_add(out, p + 1, *p);
		n -= (size_t)*p + 1;
		p += (size_t)*p + 1;
	}
	return 0;
}

static int
read_address(struct buf *out, int family, const unsigned char *p)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(family, p, text, sizeof text) == NULL)
		return -1;
	buf_adds(out, text);
	return 0;
}

static unsigned int
pair(const unsigned char *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static int
read_record(struct dns_record *r, struct buf *data, enum dns_type type, const struct message *m, size_t n)
{
	const unsigned char *p = m->p + m->at;
	int i;

	switch (type) {
	case DNS_A:
		return n == 4 ? read_address(data, AF_INET, p) : -1;
	case DNS_AAAA:
		return n == 16 ? read_address(data, AF_INET6, p) : -1;
	case DNS_TXT:
		return read_text(data, p, n);
	case DNS_MX:
		r->n[0] = n > 2 ? pair(p) : 0;
		return n > 2 ? read_host(data, m, p + 2) : -1;
	case DNS_SRV:
		for (i = 0; i < 3 && n > 6; i++)
			r->n[i] = pair(p + 2 * i);
		return n > 6 ? read_host(data, m, p + 6) : -1;
	case DNS_TLSA:
		for (i = 0; i < 3 && n > 3; i++)
			r->n[i] = p[i];
		if (n > 3)
			buf_add(data, p + 3, n - 3);
		return n > 3 ? 0 : -1;
	}
	return -1;
}

static void
add_record(struct dns_answer *a, struct dns_record *r, struct buf *data)
{
	a->v = xreallocarray(a->v, a->n + 1, sizeof *a->v);
	r->len = data->len;
	r->data = data->len > 0 ? buf_steal(data) : xstrdup("");
	a->v[a->n++] = *r;
}

/* Past a name and the `more` octets after it. */
static int
skip(struct message *m, size_t more)
{
	int n = dn_skipname(m->p + m->at, m->p + m->len);

	if (n < 0 || (size_t)n > m->len - m->at || more > m->len - m->at - (size_t)n)
		return -1;
	m->at += (size_t)n + more;
	return 0;
}

/* name, type, class, time to live, length, data (RFC 1035 3.2.1) */
static int
parse_record(struct dns_answer *a, enum dns_type type, struct message *m)
{
	const unsigned char *fixed;
	struct dns_record r = { 0 };
	struct buf data = { 0 };
	size_t n;

	if (skip(m, 10) == -1)
		return -1;
	fixed = m->p + m->at - 10;
	n = pair(fixed + 8);
	if (n > m->len - m->at)
		return -1;
	if (pair(fixed) == type && pair(fixed + 2) == CLASS_IN) {
		if (read_record(&r, &data, type, m, n) == 0)
			add_record(a, &r, &data);
		else
			a->bad++;
		buf_free(&data);
	}
	m->at += n;
	return 0;
}

/* The header (RFC 1035 4.1.1), the questions, the answers; what follows is not looked at. */
int
dns_parse(struct dns_answer *a, enum dns_type type, const unsigned char *p, size_t len)
{
	struct message m = { p, len, HEADER_SIZE };
	unsigned int i;

	if (len > REPLY_MAX || len < HEADER_SIZE)
		return -1;
	for (i = 0; i < pair(p + 4); i++)
		if (skip(&m, 4) == -1)
			return -1;
	for (i = 0; i < pair(p + 6) && a->n < DNS_RECORDS_MAX; i++)
		if (parse_record(a, type, &m) == -1)
			return -1;
	a->secure = (p[3] & AD_BIT) != 0;
	return 0;
}

static int
leads_out(const struct sockaddr *to, socklen_t n)
{
	int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), ok;

	if (fd == -1)
		return 0;
	ok = connect(fd, to, n) == 0;
	close(fd);
	return ok;
}

/* Connecting a datagram socket sends nothing, but fails where no route leads to the address; these belong to nobody
 * (RFC 5737, 3849). */
static int
no_route(void)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(53) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(53) };

	inet_pton(AF_INET, "192.0.2.1", &four.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
	return !leads_out((struct sockaddr *)&four, sizeof four) && !leads_out((struct sockaddr *)&six, sizeof six);
}

/* The C library's wait for one answer must not go beyond the run's end. */
static int
bound(struct dns *d, const char *name, struct err *e)
{
	int64_t left = d->end != 0 ? (d->end - deadline_now()) / 1000 : 0;

	if (d->end != 0 && left < 1)
		return err_set(e, ERR_TEMP, "look up %s: timed out", name);
	if (d->end != 0 && left < d->state.retrans)
		d->state.retrans = (int)left;
	return 0;
}

/* An answer that was cut says nothing of what there is. */
static enum dns_result
ask_by_tcp(struct dns *d, const char *name, enum dns_type type, struct dns_answer *a, int *n, struct err *e)
{
	int code;

	*n = dns_tcp(&d->state, name, (int)type, d->end, d->reply, sizeof d->reply, e);
	code = *n < HEADER_SIZE ? -1 : d->reply[3] & CODE_BITS;
	if (*n != -1 && code != ns_r_noerror && code != ns_r_nxdomain)
		err_set(e, ERR_TEMP, "the name server gives no answer");
	if (code != ns_r_noerror && code != ns_r_nxdomain) {
		err_prefix(e, "%s can't be looked up", name);
		return DNS_TEMP;
	}
	a->secure = d->local && (d->reply[3] & AD_BIT) != 0;
	if (code == ns_r_nxdomain)
		return DNS_NONAME;
	return d->reply[6] == 0 && d->reply[7] == 0 ? DNS_NODATA : DNS_FOUND;
}

enum dns_result
dns_query(struct dns *d, const char *name, enum dns_type type, struct dns_answer *a, struct err *e)
{
	enum dns_result r;
	int n;

	*a = (struct dns_answer){ 0 };
	if (!dns_host_ok(name))
		return DNS_NONAME;
	if (bound(d, name, e) == -1)
		return DNS_TEMP;
	memset(d->reply, 0, HEADER_SIZE);
	n = res_nquery(&d->state, name, CLASS_IN, (int)type, d->reply, sizeof d->reply);
	if ((d->reply[2] & (QR_BIT | TC_BIT)) == (QR_BIT | TC_BIT) && (r = ask_by_tcp(d, name, type, a, &n, e)) != DNS_FOUND)
		return r;
	if (n < 0 && d->state.res_h_errno == HOST_NOT_FOUND)
		return DNS_NONAME;
	if (n < 0 && d->state.res_h_errno == NO_DATA) {
		a->secure = d->local && (d->reply[3] & AD_BIT) != 0;
		return DNS_NODATA;
	}
	if (n < 0) {
		err_set(e, ERR_TEMP, "%s can't be looked up: the name server gives no answer; is the network up?", name);
		e->offline = !(d->reply[2] & QR_BIT) || no_route();
		return DNS_TEMP;
	}
	if ((size_t)n > sizeof d->reply || dns_parse(a, type, d->reply, (size_t)n) == -1) {
		dns_answer_free(a);
		err_set(e, ERR_TEMP, "%s can't be looked up: the name server's answer makes no sense", name);
		return DNS_TEMP;
	}
	a->secure &= d->local;
	return a->n + a->bad > 0 ? DNS_FOUND : DNS_NODATA;
}

int
dns_offline(const char *host)
{
	struct dns_answer a;
	struct dns *d;
	struct err e = { 0 };

	if (no_route())
		return 1;
	if (dns_new(&d, NULL, 0, &e) == -1)
		return 0;
	if (dns_query(d, host, DNS_A, &a, &e) == DNS_FOUND)
		dns_answer_free(&a);
	dns_free(&d);
	return e.offline;
}
