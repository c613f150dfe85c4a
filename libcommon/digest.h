/* SPDX-License-Identifier: ISC */
/* digest.h - a hash over octets in any chunks, as lower-case hexadecimal. MD5 is for protocols that have nothing else. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

struct digest;
struct err;

enum digest_kind { DIGEST_SHA256, DIGEST_MD5 };
#define DIGEST_HEX 65		/* enough for each kind, with its NUL */

int digest_new(struct digest **, enum digest_kind, struct err *e);	/* ERR_SOFTWARE: OpenSSL does not have it (MD5 under FIPS) */
void digest_add(struct digest *, const void *, size_t);
void digest_end(struct digest **, char hex[DIGEST_HEX]);		/* frees; hex may be NULL */

#endif
