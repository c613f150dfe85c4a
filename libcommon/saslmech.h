/* SPDX-License-Identifier: ISC */
/* saslmech.h - what a mechanism is to sasl.c, which owns the state. Strings are octets here, not base64. */
#ifndef SASLMECH_H
#define SASLMECH_H

#include "buf.h"

struct err;
struct evp_md_st;

enum sasl_need { SASL_PASSWORD, SASL_TOKEN, SASL_CERTIFICATE, SASL_NEEDS };

/* What somebody learns who listens, or who plays the server. */
enum sasl_reveals { SASL_NOTHING, SASL_GUESSABLE /* enough to try passwords quickly */, SASL_ALL };

struct sasl_state {
	const struct sasl_mech *mech;	/* the one in use */
	struct buf user, secret, token;
	struct buf as;			/* EXTERNAL: whom */
	struct buf host, port;		/* OAUTHBEARER: the server's */
	int step;			/* challenges answered */
	int proven;			/* the server has shown that it knows the password */
	char refusal[60];		/* OAUTHBEARER, XOAUTH2: why the server refuses the token, or "" */
	const char *fixed_nonce;	/* for tests, or NULL */
	struct buf nonce;		/* SCRAM: ours */
	struct buf bare;		/* SCRAM: client-first-message-bare */
	struct buf binding;		/* SCRAM: what the server must see of the TLS session; of the mechanism's kind */
	char gs2;			/* SCRAM: 'p' with that, 'y': the server offers no binding, 'n': we have none */
	unsigned char proof[64];	/* SCRAM: the signature that the server must send */
};

struct sasl_mech {
	const char *name;
	enum sasl_need needs;
	enum sasl_reveals reveals;
	const struct evp_md_st *(*digest)(void);	/* SCRAM: its hash; NULL for the others */
	const char *binding;		/* SCRAM: the kind of channel binding (RFC 5929, 9266), or NULL */
	void (*initial)(struct sasl_state *, struct buf *out);	/* NULL: the server speaks first. May be called again: starts anew */
	int (*step)(struct sasl_state *, const struct buf *in, struct buf *out, struct err *e);
	int (*done)(struct sasl_state *, const struct buf *in, struct err *e);	/* in: the server's last data, or NULL */
};

extern const struct sasl_mech sasl_external, sasl_oauthbearer, sasl_xoauth2, sasl_cram_md5, sasl_plain, sasl_login;
extern const struct sasl_mech sasl_scram_sha_256, sasl_scram_sha_256_exporter, sasl_scram_sha_256_end_point;
extern const struct sasl_mech sasl_scram_sha_1, sasl_scram_sha_1_exporter, sasl_scram_sha_1_end_point;

#endif
