/* SPDX-License-Identifier: ISC */
/* pop3.h - a POP3 session (RFC 1939, 2449, 2595, 5034, 6856): connect, secure, log in, list, and commands about messages in
 * one flight.
 * Owns the connection. After a -1 from any call but login's the session is of no use: pop3_close and nothing else.
 * Server text in errors stands in quotes. Limits: lines of 8192 octets, 256 capabilities, listing.h's. */
#ifndef POP3_H
#define POP3_H

#include <stdint.h>

#include "listing.h"
#include "reply.h"
#include "sink.h"

struct account;
struct stream;

struct pop3 {
	struct stream *s;
	struct caps caps;
	int asked;		/* CAPA was answered with a list: what is not in it isn't there */
	int uids_only;		/* the caller's: no sizes are wanted where there are UIDs, so LIST is not sent */
	int owed;		/* replies to come that nobody asks about */
	int astray;		/* the server said more than it was asked */
	char stamp[REPLY_STAMP_MAX];	/* APOP's challenge, or "" */
};

int pop3_open(struct pop3 *, struct account *, struct err *e);		/* connected, under TLS where asked for, logged in */
/* Asks once more, as RFC 2449 has it after a login: EXPIRE and LOGIN-DELAY may be the user's own now. */
int pop3_capa(struct pop3 *, struct err *e);
int pop3_login(struct pop3 *, struct account *, struct err *e);		/* login.c; pop3_open's last step */
/* Both answers in one flight. uids is 0 when the server has no UIDL; the listing is ended. */
int pop3_list(struct pop3 *, struct listing *, int *uids, struct err *e);
/* The sizes of these after all, in one flight; what the server does not tell stays unknown. */
int pop3_sizes(struct pop3 *, struct listing_msg *const *, size_t count, struct err *e);

/* One command for each of n messages, as many under way as the server and 16 KiB (64 KiB for one_line) allow. For each, in order,
 * fn is called with the first line of the reply; after +OK to RETR or TOP it must read the body. tail ("QUIT" or NULL) follows in the same flight, its
 * reply is left to be read. fn's -1 ends the session. */
struct pop3_run {
	const char *verb;	/* "RETR" */
	const char *suffix;	/* " 0" for TOP, else "" */
	const char *tail;
	int one_line;		/* that is all of each reply: more of them may be under way */
	struct listing_msg *const *msg;
	size_t count;
	int (*fn)(void *ctx, struct listing_msg *, const struct reply *, struct err *e);
	void *ctx;
};
int pop3_run(struct pop3 *, const struct pop3_run *, struct err *e);
/* When all that was asked for is answered: ERR_PROTOCOL if the server has said more: then it is astray, and nobody knows which
 * answer was whose. */
int pop3_quiet(struct pop3 *, struct err *e);
/* Up to CRLF . CRLF, dots undone, CRLF as LF. End of file before that is ERR_TEMP. */
int pop3_body(struct pop3 *, sink_fn *, void *ctx, struct err *e);

int pop3_send(struct pop3 *, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int pop3_recv(struct pop3 *, struct reply *, struct err *e);	/* end of file is ERR_TEMP; the text is until the next read */
int pop3_refused(const struct pop3 *, const struct reply *, const char *what, struct err *e);	/* what refused by PEER: "text" */
void pop3_close(struct pop3 *);		/* at once: a session that was not ended by QUIT deletes nothing */

#endif
