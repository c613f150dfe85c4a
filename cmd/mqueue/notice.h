/* SPDX-License-Identifier: ISC */
/* notice.h - what a sender is told about a message of his: a delivery status notification (RFC 3464) in a multipart/report
 * (RFC 6522), built as text around the message or its header, which the caller copies between head and tail. Pure; borrows
 * all it is given. Addresses beyond ASCII make it RFC 6533's message/global-delivery-status. */
#ifndef NOTICE_H
#define NOTICE_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct envelope;
struct envelope_rcpt;

enum notice_kind { NOTICE_FAILED = 'f', NOTICE_DELAYED = 'd', NOTICE_RELAYED = 's' };

struct notice_said {		/* of a recipient, by the last try; NULL: the envelope has all that is known */
	char *reply;		/* in full */
	char *remote;		/* host name of who said it; "" for this machine */
};

struct notice {
	enum notice_kind kind;
	const struct envelope *env;
	const struct notice_said *said;	/* one a recipient, or NULL */
	const char *host;	/* this machine */
	const char *reference;	/* the message's Message-ID, or NULL */
	const char *boundary;	/* not in the message */
	int64_t now;
	int64_t until;		/* of NOTICE_DELAYED: given up then */
	int whole;		/* the message is returned, not only its header */
	int eight;		/* what is returned has octets beyond ASCII */
};

int notice_concerns(enum notice_kind, const struct envelope_rcpt *);	/* he is told of this recipient */
void notice_head(struct buf *, const struct notice *);	/* up to the returned part */
void notice_tail(struct buf *, const struct notice *);

#define NOTICE_GIVEN_UP "given up, last: "	/* before the reply of a recipient whose time is over */

#endif
