/* SPDX-License-Identifier: ISC */
/* mx.h - who takes mail for a domain: RFC 5321 section 5.1, null MX (RFC 7505), and the addresses of each exchanger.
 * mx_find comes back with the hosts in the order in which to try them: by preference, equals shuffled, none that would lead back
 * to this machine. Only what the domain name system states as a fact is a refusal; where it does not answer, the mail waits.
 * Owns its names. Limits: DNS_RECORDS_MAX hosts, MX_ADDRESSES_MAX addresses of each. */
#ifndef MSEND_MX_H
#define MSEND_MX_H

#include <stddef.h>

#include "dns.h"

struct err;

#define MX_ADDRESSES_MAX 8

enum mx_result { MX_FOUND, MX_LATER, MX_REFUSED };

struct mx_host {
	char *name;		/* of a literal: the address */
	unsigned int preference, lot;	/* lot: random, decides between equals */
};

struct mx {			/* zeroed is empty */
	struct mx_host *v;
	size_t n;
	int secure;		/* the list was (dns.h) */
	int literal;		/* [192.0.2.1]: the address is what there is */
	int code;		/* MX_REFUSED: what to say, "5.1.10" */
	const char *enhanced;
};

struct mx_addresses {		/* zeroed is empty */
	char *v[MX_ADDRESSES_MAX];
	size_t n;
	int secure;
};

/* own: names of this machine, up to NULL. *e is set unless MX_FOUND. */
enum mx_result mx_find(struct mx *, struct dns *, const char *domain, const char *const *own, struct err *e);
enum mx_result mx_resolve(struct mx_addresses *, struct dns *, const char *host, struct err *e);	/* AAAA and A in turn */
void mx_free(struct mx *);
void mx_addresses_free(struct mx_addresses *);

/* Pure. */
const char *mx_domain(const char *addr);	/* "" if it has none */
void mx_add(struct mx *, const char *name, unsigned int preference, unsigned int lot);
void mx_order(struct mx *);
void mx_cut(struct mx *, const char *const *own);	/* in order already: one of own, its equals and those after it go */
int mx_literal(const char *domain, char *out, size_t size);	/* [192.0.2.1], [IPv6:2001:db8::1]: the address; -1 if it is none */

#endif
