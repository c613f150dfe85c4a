/* SPDX-License-Identifier: ISC */
/* tlscert.h - a server's certificate in words, and its pin. For tls.c only: it speaks OpenSSL's types. */
#ifndef TLSCERT_H
#define TLSCERT_H

#include <stddef.h>

#include <openssl/x509.h>

struct err;
struct tls_peer;

/* Why verification of `host` failed, and what to do, in one line. Names from the certificate stay as they are. */
void tlscert_explain(char *out, size_t size, X509_STORE_CTX *, const char *host);
/* ERR_PERM unless the SHA-256 of the DER certificate is pin (hex, colons allowed); ERR_CONFIG if pin is no such thing. */
int tlscert_pinned(const X509 *, const char *pin, struct err *e);
void tlscert_describe(const X509 *, struct tls_peer *out);	/* all but `trust` */
void tlscert_name(char *out, size_t size, const X509_NAME *);	/* "CN=Some Root, O=Some Company" */
/* tls-server-end-point (RFC 5929 4.1): the certificate's digest, by the hash of its own signature but at least SHA-256, of at most
 * EVP_MAX_MD_SIZE octets; -1 if its signature has no one hash. */
int tlscert_end_point(const X509 *, unsigned char *out);
int tlscert_hashed(const char *dir);	/* it holds at least one name of the form 002c0b4f.0 */

#endif
