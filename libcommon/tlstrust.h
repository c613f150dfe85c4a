/* SPDX-License-Identifier: ISC */
/* tlstrust.h - the certificate authorities that a session believes. For tls.c only: it speaks OpenSSL's types. ERR_CONFIG
 * where a file or directory can't be used. */
#ifndef TLSTRUST_H
#define TLSTRUST_H

#include <openssl/types.h>

struct err;

int tlstrust_own(SSL_CTX *, const char *ca, struct err *e);	/* the account's: a file, or a directory with hashed names */
int tlstrust_system(SSL_CTX *, struct err *e);			/* this machine's, or what the environment says */

#endif
