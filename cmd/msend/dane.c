/* SPDX-License-Identifier: ISC */
/* dane.c - the question of RFC 7672 2.2.3, for the port that exchangers have. Records that can't be used demand TLS as well, so
 * an answer of nothing but bad ones still counts as one. */
#include "dane.h"

#include <stdlib.h>

#include "err.h"
#include "xalloc.h"

static void
take(struct dane *d)
{
	size_t i;

	d->n = d->answer.n > 0 ? d->answer.n : 1;
	d->v = xcalloc(d->n, sizeof(*d->v));
	d->v[0].usage = 255;	/* unless there is a better one */
	for (i = 0; i < d->answer.n; i++) {
		const struct dns_record *r = &d->answer.v[i];

		d->v[i] = (struct tls_dane){ (unsigned char)r->n[0], (unsigned char)r->n[1], (unsigned char)r->n[2],
		    (const unsigned char *)r->data, r->len };
	}
}

int
dane_find(struct dane *d, struct dns *dns, const char *host, struct err *e)
{
	char *name = xasprintf("_25._tcp.%s", host);
	enum dns_result found;

	*d = (struct dane){ 0 };
	found = dns_query(dns, name, DNS_TLSA, &d->answer, e);
	free(name);
	if (found == DNS_FOUND && d->answer.secure)
		take(d);
	return found == DNS_TEMP ? -1 : 0;
}

void
dane_free(struct dane *d)
{
	free(d->v);
	dns_answer_free(&d->answer);
	*d = (struct dane){ 0 };
}
