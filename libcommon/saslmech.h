/* SPDX-License-Identifier: ISC */
/* saslmech.h - what a mechanism is to sasl.c, which owns the state. Strings are octets here, not base64. */
#ifndef SASLMECH_H
#define SASLMECH_H

#include "buf.h"

struct err;

struct sasl_state {
	struct buf user, secret;
	int step;			/* challenges answered */
	int proven;			/* the server has shown that it knows the password */
	const char *fixed_nonce;	/* for tests, or NULL */
	struct buf nonce;		/* SCRAM: ours */
	struct buf bare;		/* SCRAM: client-first-message-bare */
	unsigned char proof[64];	/* SCRAM: the signature that the server must send */
};

struct sasl_mech {
	const char *name;
	int exposes;			/* the server, and who listens, sees the password */
	void (*initial)(struct sasl_state *, struct buf *out);	/* NULL: the server speaks first. May be called again: starts anew */
	int (*step)(struct sasl_state *, const struct buf *in, struct buf *out, struct err *e);
	int (*done)(struct sasl_state *, const struct buf *in, struct err *e);	/* in: the server's last data, or NULL */
};

extern const struct sasl_mech sasl_scram_sha_256, sasl_plain, sasl_login;

#endif
