/* SPDX-License-Identifier: ISC */
/* tlsdane.h - certificates by TLSA records (RFC 6698, 7671, 7672) instead of authorities. For tls.c only: it speaks OpenSSL's
 * types. */
#ifndef TLSDANE_H
#define TLSDANE_H

#include <openssl/types.h>

struct err;
struct tls_opts;

/* The session demands what the records say, of host (and also); without a single usable one it takes any certificate
 * (RFC 7672 2.2). */
int tlsdane_expect(SSL_CTX *, SSL *, const struct tls_opts *, struct err *e);

#endif
