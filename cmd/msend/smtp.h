/* SPDX-License-Identifier: ISC */
/* smtp.h - an SMTP or LMTP session as a client: RFC 5321, 2033 (LMTP), 3207 (STARTTLS), 4954 (AUTH).
 * smtp_open comes back with a session ready for mail, encrypted and authenticated as the account wants it, or not at all.
 * A session that failed once is of no more use: smtp_usable tells. Borrows the account. */
#ifndef MSEND_SMTP_H
#define MSEND_SMTP_H

#include "answer.h"
#include "tls.h"

struct account;
struct dkim;
struct due;
struct err;
struct mail;
struct rcpts;
struct stream;
struct transaction;

enum smtp_need { SMTP_CLEAR, SMTP_TLS_OFFERED, SMTP_TLS };	/* TLS never, where the server offers it, or no mail without */

struct smtp_to {		/* a server that the account does not name: a domain's exchanger. Borrowed until smtp_close */
	const char *host;
	char *const *address;	/* as numbers */
	size_t addresses;
	const char *port;
	enum smtp_need need;
	const char *because;	/* who wants TLS, for an error: "its TLSA record" */
	struct tls_opts tls;
	int tls_failed;		/* out: the handshake came to nothing */
};

struct smtp {
	struct stream *stream;
	struct account *account;
	struct smtp_to *to;	/* NULL: the account's server */
	struct dkim *dkim;	/* NULL: nothing is signed */
	struct offer offer;	/* by the last EHLO or LHLO */
	struct answer answer;	/* the last reply */
	int lmtp;
	int require_tls;	/* of the next server as well (RFC 8689) */
	int limit;		/* the account's timeout in seconds, 0: none set */
	struct due *due;	/* the replies awaited, in their order (reply.c) */
	size_t due_at, dues, due_cap;
	const struct transaction *newest;
	unsigned int mails;	/* transactions begun */
	char **domains;		/* of the recipients named, where their number is limited */
	size_t domain_count;
	int dirty;		/* a transaction may stand open after what was sent: RSET comes before the next */
	int end_failed;		/* the last message was not taken, and nothing was taken since */
	int closing;		/* QUIT is sent, or 421 came */
	int broken;		/* the stream failed, or a message was cut short */
};

int smtp_open(struct smtp **, struct account *, struct err *e);
/* met: called once the server has said what it offers, under TLS where there will be any, and before any login. */
int smtp_open_met(struct smtp **, struct account *, void (*met)(const struct smtp *), struct err *e);
int smtp_open_to(struct smtp **, struct account *, struct smtp_to *, struct err *e);	/* never with AUTH */
int smtp_usable(const struct smtp *);
int smtp_quit(struct smtp *, struct err *e);	/* with what was put on the wire before, where the server offers PIPELINING */
void smtp_close(struct smtp **);	/* says QUIT, but waits for no reply */

/* A transaction of its own for the recipients that are RCPT_WAITING, from its beginning to its end. Each gets its verdict; those
 * beyond the number that the server takes at once are still RCPT_WAITING. last: nothing more will follow, QUIT may go along.
 * -1 when the session ended: those still RCPT_WAITING were not sent. */
int smtp_deliver(struct smtp *, const char *from, struct rcpts *, const struct mail *, int last, struct err *e);

/* For transact.c, reply.c, limits.c and auth.c: seconds are RFC 5321 4.5.3.2's, bounded by the account's timeout. */
int smtp_silent(struct smtp *, struct err *e);	/* nothing was asked: -1 if the server says something, or has gone */
int smtp_send(struct smtp *, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int smtp_send_secret(struct smtp *, const char *shown, const char *secret, struct err *e);
int smtp_recv(struct smtp *, int seconds, struct err *e);	/* into answer */
void smtp_arm(struct smtp *, int seconds);
int smtp_wants_auth(const struct account *);
int smtp_auth(struct smtp *, struct err *e);	/* auth.c */

#endif
