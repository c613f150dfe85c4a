/* SPDX-License-Identifier: ISC */
/* outgoing.h - a message as it leaves for one server: encoded anew where that server could not take it, then signed where the account
 * asks for it. Borrows the message given; owns what was made of it. */
#ifndef MSEND_OUTGOING_H
#define MSEND_OUTGOING_H

#include "mail.h"

struct dkim;
struct err;
struct offer;

struct outgoing {
	const struct mail *mail;	/* to be sent */
	struct mail recoded, signed_mail;
};

int outgoing_make(struct outgoing *, const struct mail *, const struct offer *, const struct dkim *, struct err *e);	/* dkim may be NULL */
void outgoing_free(struct outgoing *);

#endif
