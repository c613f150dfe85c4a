/* SPDX-License-Identifier: ISC */
/* dns: whatever a name server sends, each record is bounded, is what its type says, and hosts are hosts. The first octet chooses the
 * type. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct dns_record *r, enum dns_type type)
{
	unsigned char address[sizeof(struct in6_addr)];
	int host = type == DNS_MX || type == DNS_SRV, i;

	if (r->data[r->len] != '\0')
		abort();
	if (host && (strlen(r->data) != r->len || (r->len > 0 && !dns_host_ok(r->data))))
		abort();
	if (type == DNS_A && inet_pton(AF_INET, r->data, address) != 1)
		abort();
	if (type == DNS_AAAA && inet_pton(AF_INET6, r->data, address) != 1)
		abort();
	for (i = 0; i < 3; i++)
		if (r->n[i] > (type == DNS_TLSA ? 255u : 65535u))
			abort();
	if (type == DNS_TLSA && r->len == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_MX, DNS_TXT, DNS_AAAA, DNS_SRV, DNS_TLSA };
	struct dns_answer a = { 0 };
	enum dns_type type;
	size_t i;

	if (size < 1)
		return 0;
	type = types[data[0] % 6];
	dns_parse(&a, type, data + 1, size - 1);
	if (a.n > DNS_RECORDS_MAX)
		abort();
	for (i = 0; i < a.n; i++)
		check(&a.v[i], type);
	dns_answer_free(&a);
	return 0;
}
