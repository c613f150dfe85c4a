/* SPDX-License-Identifier: ISC */
/* sasl.h - client authentication exchanges (RFC 4422): PLAIN (4616), LOGIN (draft), SCRAM-SHA-256 (5802, 7677).
 * The caller's protocol carries the strings; this chooses and computes. Strongest first: SCRAM-SHA-256, PLAIN, LOGIN.
 * Mechanisms that show the password are only chosen where `safe` says that the line is private. Success without the server's
 * SCRAM signature is refused; iteration counts outside 4096 … 1,000,000 are refused. Secrets are wiped on free. */
#ifndef SASL_H
#define SASL_H

#include <stddef.h>

struct sasl;
struct err;

struct sasl_opts {
	const char *offered;	/* mechanism names, separated by spaces, as the server lists them */
	const char *only;	/* the account's `auth` key, any case; NULL: whatever is offered */
	const char *user;
	const char *secret;	/* borrowed during sasl_new */
	int safe;		/* TLS or a local connection */
	const char *nonce;	/* SCRAM's, for tests: borrowed; NULL: a random one */
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

#endif
