/* SPDX-License-Identifier: ISC */
/* dns.h - questions to the domain name system (RFC 1035) through the C library's resolver, and their answers as plain values.
 * That a name does not exist, that it has no such record, and that nobody knows just now are three different things: who confuses
 * them bounces mail. An answer is `secure` where the resolver is on this machine (a loopback address) and says that it has
 * validated it (AD, RFC 6840 5.8); what comes over a network proves nothing.
 * Where no server answers at all, or there is no route to anywhere, the machine is offline, and the error says so (err.h).
 * Limits: 64 records of an answer; host names as RFC 1123 has them, with _ (records with others are left out). */
#ifndef DNS_H
#define DNS_H

#include <stddef.h>
#include <stdint.h>

struct dns;
struct err;

#define DNS_RECORDS_MAX 64

enum dns_type { DNS_A = 1, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33, DNS_TLSA = 52 };
enum dns_result { DNS_TEMP = -1, DNS_FOUND, DNS_NONAME, DNS_NODATA };

struct dns_record {
	unsigned int n[3];	/* MX: preference; SRV: priority, weight, port; TLSA: usage, selector, matching type */
	char *data;		/* MX, SRV: host, "" for the root; A, AAAA: the address as text; TXT: its strings in one;
				 * TLSA: octets */
	size_t len;		/* a NUL that it does not count follows */
};

struct dns_answer {		/* zeroed is empty */
	struct dns_record *v;
	size_t n;
	size_t bad;		/* records that were left out */
	int secure;
};

/* resolver: "127.0.0.1", "127.0.0.1:5353", "::1" or "[::1]:5353"; NULL: as resolv.conf(5) says. end: of the run (deadline_now's clock), 0: none. */
int dns_new(struct dns **, const char *resolver, int64_t end, struct err *e);	/* ERR_CONFIG */
void dns_free(struct dns **);
int dns_validates(const struct dns *);	/* its answers may be secure */

/* The name is absolute. DNS_FOUND: at least one record, if only a bad one; DNS_NODATA may be secure too; DNS_TEMP: *e says so, and is
 * ERR_TEMP always. */
enum dns_result dns_query(struct dns *, const char *name, enum dns_type, struct dns_answer *, struct err *e);
/* Asks for a name that could not be looked up: 1 when it is this machine that is offline. */
int dns_offline(const char *host);
void dns_answer_free(struct dns_answer *);

int dns_host_ok(const char *name);	/* letters, digits, - and _ in labels of 1 to 63, at most 253 in all, no final dot */
/* Adds the records of that type; -1: that is no message. */
int dns_parse(struct dns_answer *, enum dns_type, const unsigned char *message, size_t);

#endif
