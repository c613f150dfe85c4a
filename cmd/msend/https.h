/* SPDX-License-Identifier: ISC */
/* https.h - one small text over HTTPS (RFC 9110, 9112; as an HTTP/1.0 client): what RFC 8461 3.3 needs, and no more.
 * The certificate must be good for the host; redirects are not followed; only 200 and text/plain count. A minute in all. */
#ifndef MSEND_HTTPS_H
#define MSEND_HTTPS_H

#include <stddef.h>

struct account;
struct buf;
struct dns;
struct err;

/* The body is appended to out; more than max octets is an error. The account's tls-ca is trusted, else the system's authorities; it leaves
 * from the account's source. (mx: goes through no proxy.) */
int https_get(struct account *, struct dns *, const char *host, const char *port, const char *path, size_t max, struct buf *out,
    struct err *e);

#endif
