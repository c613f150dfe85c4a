/* SPDX-License-Identifier: ISC */
/* digest.c - OpenSSL's hashes. An update only fails where memory is out, which xalloc.h's rule covers. */
#include "digest.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "err.h"
#include "xalloc.h"

struct digest {
	EVP_MD_CTX *ctx;
};

int
digest_new(struct digest **dp, enum digest_kind kind, struct err *e)
{
	struct digest *d = xcalloc(1, sizeof *d);

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	d->ctx = EVP_MD_CTX_new();
	if (d->ctx == NULL || EVP_DigestInit_ex(d->ctx, kind == DIGEST_MD5 ? EVP_md5() : EVP_sha256(), NULL) != 1) {
		digest_end(&d, NULL);
		*dp = NULL;
		return err_set(e, ERR_SOFTWARE, "OpenSSL does not have %s", kind == DIGEST_MD5 ? "MD5" : "SHA-256");
	}
	*dp = d;
	return 0;
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	if (n > 0 && EVP_DigestUpdate(d->ctx, p, n) != 1)
		abort();
}

void
digest_end(struct digest **dp, char hex[DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (*dp == NULL)
		return;
	if (hex != NULL) {
		if (EVP_DigestFinal_ex((*dp)->ctx, raw, &n) != 1)
			abort();
		for (unsigned int i = 0; i < n; i++) {
			hex[2 * i] = digits[raw[i] >> 4];
			hex[2 * i + 1] = digits[raw[i] & 15];
		}
		hex[2 * n] = '\0';
	}
	EVP_MD_CTX_free((*dp)->ctx);
	free(*dp);
	*dp = NULL;
}
