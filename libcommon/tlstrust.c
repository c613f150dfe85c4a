/* SPDX-License-Identifier: ISC */
/* tlstrust.c - which authorities are believed. */
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "err.h"
#include "tlsbundle.h"
#include "tlscert.h"
#include "tlstrust.h"

static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	return text ? text : "unknown error";
}

/* The account's own CA: a file, or a directory with hashed names. An intermediate one is trusted as it stands. */
int
tlstrust_own(SSL_CTX *ctx, const char *ca, struct err *e)
{
	struct stat st;

	X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
	if (stat(ca, &st) == -1)
		return err_sys(e, ERR_CONFIG, "tls-ca %s", ca);
	if (!S_ISDIR(st.st_mode))
		return tlsbundle_add(SSL_CTX_get_cert_store(ctx), ca, e);
	if (!tlscert_hashed(ca))
		return err_set(e, ERR_CONFIG, "tls-ca %s holds no hashed certificates; run openssl rehash on it", ca);
	return SSL_CTX_load_verify_dir(ctx, ca) ? 0 : err_set(e, ERR_CONFIG, "tls-ca %s: %s", ca, reason());
}

/* $SSL_CERT_DIR and $SSL_CERT_FILE, else the system's directory, else the first bundle there is. */
int
tlstrust_system(SSL_CTX *ctx, struct err *e)
{
	static const char *const dirs[] = { "/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/openssl/certs" };
	static const char *const bundles[] = { "/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt",
	    "/etc/pki/tls/certs/ca-bundle.crt", "/usr/local/share/certs/ca-root-nss.crt" };
	const char *dir = getenv("SSL_CERT_DIR"), *file = getenv("SSL_CERT_FILE");
	struct stat st;

	if (dir && !SSL_CTX_load_verify_dir(ctx, dir))
		return err_set(e, ERR_CONFIG, "SSL_CERT_DIR %s: %s", dir, reason());
	if (file)
		return tlsbundle_add(SSL_CTX_get_cert_store(ctx), file, e);
	if (dir)
		return 0;
	if (tlscert_hashed(X509_get_default_cert_dir()))
		return SSL_CTX_load_verify_dir(ctx, X509_get_default_cert_dir()) ? 0 : err_set(e, ERR_CONFIG, "%s", reason());
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (tlscert_hashed(dirs[i]))
			return SSL_CTX_load_verify_dir(ctx, dirs[i]) ? 0 : err_set(e, ERR_CONFIG, "%s", reason());
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
		if (stat(bundles[i], &st) == 0)
			return tlsbundle_add(SSL_CTX_get_cert_store(ctx), bundles[i], e);
	return err_set(e, ERR_CONFIG, "this system has no CA certificates; install them (ca-certificates), or set tls-ca or tls-pin");
}
