/* SPDX-License-Identifier: ISC */
/* tlsdane.c - see tlsdane.h. Usages 0 and 1 say nothing between mail servers (RFC 7672 3.1.3); names count for usage 2 only
 * (3.1.1). */
#include "tlsdane.h"

#include <openssl/ssl.h>

#include "err.h"
#include "tls.h"

static int
add_records(SSL *ssl, const struct tls_opts *o)
{
	int usable = 0;

	for (size_t i = 0; i < o->danes; i++) {
		const struct tls_dane *d = &o->dane[i];

		if (d->usage == 2 || d->usage == 3)
			usable += SSL_dane_tlsa_add(ssl, d->usage, d->selector, d->matching, d->data, d->len) > 0;
	}
	return usable;
}

int
tlsdane_expect(SSL_CTX *ctx, SSL *ssl, const struct tls_opts *o, struct err *e)
{
	if (SSL_CTX_dane_enable(ctx) <= 0 || SSL_dane_enable(ssl, o->host) <= 0)
		return err_set(e, ERR_SOFTWARE, "OpenSSL: DANE can't be used for %s", o->host);
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	if (o->also && !SSL_add1_host(ssl, o->also))
		return err_set(e, ERR_SOFTWARE, "OpenSSL: out of memory");
	if (add_records(ssl, o) == 0)
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	return 0;
}
