/* SPDX-License-Identifier: ISC */
/* discovery.h - an address instead of an account: its servers are found by SRV records (RFC 6186, 8314; 2782).
 * Implicit TLS is preferred to STARTTLS. The server must be within the address's own domain, unless the answer is secure (dns.h):
 * who can forge an answer could otherwise have the password, certificate and all (RFC 6186 section 6). */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdint.h>

#include "account.h"

struct dns_answer;
struct dns_record;
struct err;

/* account_load; where -a is an address that no account has, url is that of the server found, `from` is the address, and its user
 * is the address too. ERR_CONFIG where the domain names no server, ERR_TEMP where nobody knows. */
int discovery_load(struct account *, enum account_key endpoint, struct err *e);
int discovery_found(const struct account *);	/* its url was found so */

/* Pure. The record to use: the lowest priority, of those one by weight; lot is random. NULL if there is none ("." is none). */
const struct dns_record *discovery_pick(const struct dns_answer *, uint32_t lot);
int discovery_within(const char *host, const char *domain);	/* it is the domain, or below it */

#endif
