/* SPDX-License-Identifier: ISC */
/* dsn.h - what a sender wants to be told about a message's fate (RFC 3461), for servers that offer DSN.
 * Strings are borrowed, or point to words of their own. */
#ifndef MSEND_DSN_H
#define MSEND_DSN_H

struct buf;
struct err;

struct dsn {			/* zeroed: nothing asked for */
	char notify[32];	/* "NEVER", or of SUCCESS,FAILURE,DELAY */
	const char *ret;	/* "FULL", "HDRS" or NULL */
	const char *envid;	/* as it was given, or NULL */
	int encoded;		/* envid is xtext already, as in a queue file */
};

struct dsn_rcpt {		/* the same for one recipient, outdoing that */
	char notify[32];
	const char *orcpt;	/* as on the wire, or NULL */
};

int dsn_option(struct dsn *, int ch, const char *arg, struct err *e);	/* sendmail's -N, -R and -V; ERR_USAGE */
void dsn_for_mail(struct buf *out, const struct dsn *);	/* " RET=HDRS ENVID=…" */
void dsn_for_rcpt(struct buf *out, const struct dsn *, const struct dsn_rcpt *);	/* " NOTIFY=… ORCPT=…" */

#endif
