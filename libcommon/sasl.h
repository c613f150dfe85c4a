/* SPDX-License-Identifier: ISC */
/* sasl.h - client authentication exchanges (RFC 4422): EXTERNAL, OAUTHBEARER (7628), XOAUTH2, SCRAM-SHA-256 and -SHA-1 (5802,
 * 7677), both also with channel binding (-PLUS; 5929, 9266), CRAM-MD5 (2195), PLAIN (4616), LOGIN (draft). Strongest first, in
 * that order. The caller's protocol carries the strings; this chooses and computes. Mechanisms that show the password or token
 * are only chosen where `safe` says that the line is private, CRAM-MD5 there or where asked for. A password is never sent as a
 * token, nor the reverse. Success without the server's SCRAM signature is refused; iteration counts outside 4096 … 1,000,000
 * are refused. Secrets are wiped on free. */
#ifndef SASL_H
#define SASL_H

#include <stddef.h>

struct buf;
struct sasl;
struct err;

/* The octets by which both ends know the TLS session, of one kind ("tls-exporter"); -1: this session has none of that kind. */
typedef int sasl_binding_fn(void *ctx, const char *kind, struct buf *out);

struct sasl_opts {
	const char *offered;	/* mechanism names, separated by spaces, as the server lists them */
	const char *only;	/* the account's `auth` key, any case; NULL: whatever is offered */
	const char *user;
	const char *secret;	/* the password, or NULL; borrowed during sasl_new, as all but nonce and binding_ctx */
	const char *token;	/* an OAuth 2 access token, or NULL */
	const char *host, *port;	/* the server's, told with the token; or NULL */
	const char *external;	/* EXTERNAL will do, as this user, "": as whom the server takes us for; NULL: only if `only` says so */
	int safe;		/* TLS or a local connection */
	sasl_binding_fn *binding;	/* NULL: no TLS */
	void *binding_ctx;
	const char *nonce;	/* SCRAM's, for tests; NULL: a random one */
};

/* ERR_PERM when nothing offered is usable; the text says what is offered and what to do. */
int sasl_new(struct sasl **, const struct sasl_opts *, struct err *e);
/* After a refusal, the next weaker one offered (only where safe); 0, or -1 when none is left (*e is left as it was). */
int sasl_next(struct sasl *, struct err *e);
void sasl_free(struct sasl **);
const char *sasl_name(const struct sasl *);		/* "SCRAM-SHA-256" */
const char *sasl_initial(struct sasl *);		/* base64 of the first response; NULL where the server speaks first (LOGIN). "=" if it is empty */
int sasl_step(struct sasl *, const char *challenge, const char **response, struct err *e);	/* both base64; the response is until the next call;
											 * ERR_PERM or ERR_PROTOCOL for a wrong or out-of-place challenge */
int sasl_done(struct sasl *, const char *data, struct err *e);	/* the server says yes, with its last data in base64 or NULL: -1 unless proven */
/* What to check after a refusal: "check the user and password". Until the next call with this sasl. */
const char *sasl_advice(struct sasl *);

#endif
