/* SPDX-License-Identifier: ISC */
/* dkim_key.c - keys by OpenSSL's EVP calls. RSA keys below 1024 bits are refused (RFC 8301 3.2). */
#include "dkim_key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "buf.h"
#include "config.h"
#include "err.h"
#include "xalloc.h"

#define RSA_LEAST 1024

struct dkim_key {
	EVP_PKEY *pkey;
};

struct sha256 {
	EVP_MD_CTX *ctx;
};

static int
no_openssl(struct err *e)
{
	ERR_clear_error();
	return err_set(e, ERR_SOFTWARE, "OpenSSL can't make a SHA-256 digest or a signature");
}

/* A passphrase is not asked for; that one was wanted is noted. */
static int
no_passphrase(char *text, int size, int writing, void *wanted)
{
	(void)text, (void)size, (void)writing;
	*(int *)wanted = 1;
	return -1;
}

static int
parse(struct dkim_key *k, const struct buf *pem, const char *path, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(buf_str(pem), (int)pem->len);
	int wanted = 0;

	if (bio != NULL)
		k->pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &wanted);
	BIO_free(bio);
	ERR_clear_error();
	if (wanted)
		return err_set(e, ERR_CONFIG, "%s has a passphrase, which nobody is there to type; take it off: openssl pkey -in %s -out NEW",
		    path, path);
	if (k->pkey == NULL)
		return err_set(e, ERR_CONFIG, "%s holds no private key in PEM; msend(1) says how to make one", path);
	if (EVP_PKEY_is_a(k->pkey, "ED25519"))
		return 0;
	if (!EVP_PKEY_is_a(k->pkey, "RSA"))
		return err_set(e, ERR_CONFIG, "%s is a key for neither RSA nor Ed25519", path);
	if (EVP_PKEY_get_bits(k->pkey) < RSA_LEAST)
		return err_set(e, ERR_CONFIG, "%s is an RSA key of %d bits, which nobody accepts; make one of 2048", path,
		    EVP_PKEY_get_bits(k->pkey));
	return 0;
}

int
dkim_key_read(struct dkim_key **out, const char *path, struct err *e)
{
	struct dkim_key *k = xcalloc(1, sizeof(*k));
	struct buf pem = { 0 };
	struct stat st;
	int rc;

	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
	if (stat(path, &st) == -1)
		rc = err_sys(e, ERR_CONFIG, "%s", path);
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		rc = err_set(e, ERR_CONFIG, "%s is a private key and others can get at it: chmod 600 %s", path, path);
	else
		rc = config_slurp(&pem, path, e);
	if (rc == 0)
		rc = parse(k, &pem, path, e);
	buf_wipe(&pem);
	if (rc == -1)
		dkim_key_free(&k);
	else
		*out = k;
	return rc;
}

static int
is_rsa(const struct dkim_key *k)
{
	return EVP_PKEY_is_a(k->pkey, "RSA");
}

const char *
dkim_key_algorithm(const struct dkim_key *k)
{
	return is_rsa(k) ? "rsa-sha256" : "ed25519-sha256";
}

/* RSA signs the text's digest by itself (PKCS #1 v1.5), Ed25519 is given the digest as its text (RFC 8463 3). */
int
dkim_key_sign(const struct dkim_key *k, const struct buf *text, struct buf *signature, struct err *e)
{
	unsigned char digest[SHA256_OCTETS], *out;
	const EVP_MD *sha256 = EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = (size_t)EVP_PKEY_get_size(k->pkey);
	int ok;

	buf_reserve(signature, n);
	out = (unsigned char *)signature->data + signature->len;
	ok = ctx != NULL && EVP_DigestSignInit(ctx, NULL, is_rsa(k) ? sha256 : NULL, NULL, k->pkey) == 1;
	if (ok && is_rsa(k))
		ok = EVP_DigestSign(ctx, out, &n, (const unsigned char *)buf_str(text), text->len) == 1;
	else if (ok)
		ok = EVP_Digest(buf_str(text), text->len, digest, NULL, sha256, NULL) == 1 &&
		    EVP_DigestSign(ctx, out, &n, digest, sizeof(digest)) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return no_openssl(e);
	signature->len += n;
	signature->data[signature->len] = '\0';
	return 0;
}

void
dkim_key_free(struct dkim_key **kp)
{
	if (*kp != NULL)
		EVP_PKEY_free((*kp)->pkey);
	free(*kp);
	*kp = NULL;
}

/* A failure shows at the end. */
struct sha256 *
sha256_new(void)
{
	struct sha256 *s = xcalloc(1, sizeof(*s));

	s->ctx = EVP_MD_CTX_new();
	if (s->ctx != NULL && EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(s->ctx);
		s->ctx = NULL;
	}
	return s;
}

int
sha256_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct sha256 *s = ctx;

	return s->ctx != NULL && EVP_DigestUpdate(s->ctx, p, n) == 1 ? 0 : no_openssl(e);
}

int
sha256_end(struct sha256 *s, unsigned char digest[SHA256_OCTETS], struct err *e)
{
	return s->ctx != NULL && EVP_DigestFinal_ex(s->ctx, digest, NULL) == 1 ? 0 : no_openssl(e);
}

void
sha256_free(struct sha256 **sp)
{
	if (*sp != NULL)
		EVP_MD_CTX_free((*sp)->ctx);
	free(*sp);
	*sp = NULL;
}
