/* SPDX-License-Identifier: ISC */
/* tlsneed.h - how much a message needs TLS on all of its way: RFC 8689. */
#ifndef MSEND_TLSNEED_H
#define MSEND_TLSNEED_H

struct account;
struct err;
struct mail;
struct smtp;

enum tlsneed {
	TLSNEED_USUAL,		/* as the servers' domains say */
	TLSNEED_REQUIRED,	/* the require-tls key: nowhere without, and the next server is to see to the same */
	TLSNEED_NONE		/* TLS-Required: No: rather in clear than not at all */
};

enum tlsneed tlsneed_of(const struct account *, const struct mail *);
int tlsneed_met(const struct smtp *, struct err *e);	/* -1: the session is not what require-tls asks for (ERR_UNAVAILABLE) */

#endif
