/* SPDX-License-Identifier: ISC */
/* compose.h - a message made from options and a body: RFC 5322 header, MIME parts (RFC 2045, 2046), attachments streamed.
 * The body is text: 7bit where that is enough, else quoted-printable or base64, so a composed message needs 8BITMIME only where a
 * message with 8-bit octets is attached, which may not be encoded. */
#ifndef MSEND_COMPOSE_H
#define MSEND_COMPOSE_H

#include <stddef.h>

struct err;
struct mail;

struct compose {		/* borrowed strings; zeroed is nothing asked for */
	const char *from;	/* "Ann <ann@example.org>" */
	const char *subject;
	const char **to, **cc, **attach, **header;	/* lists end by their counts */
	size_t tos, ccs, attaches, headers;
};

/* head gets all but Date and Message-ID (message_complete). */
int compose_mail(struct mail *, const struct compose *, int body_fd, struct err *e);

#endif
