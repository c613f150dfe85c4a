/* SPDX-License-Identifier: ISC */
/* credential.c - what an account logs in with: its password, its token, or its certificate alone. A password is not looked for
 * where the account has a token or a certificate instead, so that nobody is asked for one. */
#include "account.h"

#include <strings.h>

#include "buf.h"
#include "err.h"
#include "sasl.h"
#include "stream.h"
#include "tls.h"

static int
auth_is(const struct account *a, const char *name)
{
	return account_get(a, KEY_AUTH) != NULL && strcasecmp(account_get(a, KEY_AUTH), name) == 0;
}

/* The server is to go by the certificate that we show it. */
static int
by_certificate(const struct account *a)
{
	if (account_get(a, KEY_AUTH) != NULL)
		return auth_is(a, "external");
	return account_get(a, KEY_TLS_CERT) != NULL && account_get(a, KEY_PASSWORD) == NULL;
}

int
account_unlock(struct account *a, struct err *e)
{
	struct buf secret = { 0 };
	int rc = 0;

	if (account_get(a, KEY_TOKEN) != NULL)
		rc = account_token(a, e);
	if (rc == 0 && !auth_is(a, "external") &&
	    (account_get(a, KEY_PASSWORD) != NULL || (account_get(a, KEY_TOKEN) == NULL && !by_certificate(a))))
		rc = account_secret(a, &secret, e);
	buf_wipe(&secret);
	return rc;
}

static int
binding(void *ctx, const char *kind, struct buf *out)
{
	return tls_binding(ctx, kind, out);
}

/* As whom, where the account says so; else the server knows. */
static const char *
external_user(const struct account *a)
{
	if (!by_certificate(a))
		return NULL;
	return a->url.user != NULL || account_get(a, KEY_USER) != NULL ? account_user(a) : "";
}

int
account_sasl(struct account *a, struct stream *stream, const char *offered, struct sasl **out, struct err *e)
{
	struct tls *tls = stream_tls(stream);
	struct sasl_opts o = {
		.offered = offered, .only = account_get(a, KEY_AUTH), .user = account_user(a), .secret = a->secret, .token = a->token,
		.host = a->url.host, .port = a->url.port != NULL ? a->url.port : a->port, .external = external_user(a),
		.safe = stream_safe(stream), .binding = tls != NULL ? binding : NULL, .binding_ctx = tls
	};
	struct buf secret = { 0 };
	int rc = sasl_new(out, &o, e);

	if (rc == -1 && o.secret == NULL && o.token == NULL && o.only == NULL) {	/* the certificate is not enough */
		rc = account_secret(a, &secret, e);
		buf_wipe(&secret);
		o.secret = a->secret;
		rc = rc == 0 ? sasl_new(out, &o, e) : -1;
	}
	return rc;
}
