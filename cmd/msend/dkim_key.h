/* SPDX-License-Identifier: ISC */
/* dkim_key.h - a private key to sign with, and the digest of a stream: RFC 6376 3.3 (RSA), RFC 8463 (Ed25519), both with SHA-256.
 * All that is OpenSSL's in msend's signing. Errors are ERR_CONFIG and name the file, or ERR_SOFTWARE. */
#ifndef MSEND_DKIM_KEY_H
#define MSEND_DKIM_KEY_H

#include <stddef.h>

#include "sink.h"

#define SHA256_OCTETS 32

struct buf;
struct dkim_key;
struct sha256;

int dkim_key_read(struct dkim_key **, const char *path, struct err *e);	/* PEM, without a passphrase, for its owner's eyes only */
const char *dkim_key_algorithm(const struct dkim_key *);		/* "rsa-sha256" or "ed25519-sha256" */
int dkim_key_sign(const struct dkim_key *, const struct buf *text, struct buf *signature, struct err *e);	/* octets, not base64 */
void dkim_key_free(struct dkim_key **);

struct sha256 *sha256_new(void);
sink_fn sha256_write;		/* ctx is the struct */
int sha256_end(struct sha256 *, unsigned char digest[SHA256_OCTETS], struct err *e);
void sha256_free(struct sha256 **);

#endif
