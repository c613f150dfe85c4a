/* SPDX-License-Identifier: ISC */
/* serve_mail.h - one message that is being received: its envelope, then its text, then it is in the queue.
 * Recipients in our own domains and others are two entries, for they go different ways; both are safe before the client
 * hears so. */
#ifndef SERVE_MAIL_H
#define SERVE_MAIL_H

#include "buf.h"
#include "envelope.h"
#include "sink.h"
#include "spool.h"

struct settings;
struct serve_command;

#define SERVE_RCPTS 1000

enum serve_way { SERVE_HERE, SERVE_AWAY, SERVE_WAYS };

struct serve_origin {		/* for Received; borrowed */
	const char *helo, *addr, *with;
	const char *host;	/* ours */
};

struct serve_mail {		/* zeroed: none */
	int begun;		/* MAIL was accepted */
	int utf8;
	struct envelope env[SERVE_WAYS];
	size_t rcpts;
	int open;		/* drafts are there */
	struct draft draft[SERVE_WAYS];
	struct buf hold[SERVE_WAYS];	/* not yet written */
};

void serve_mail_begin(struct serve_mail *, const struct serve_command *);
void serve_mail_rcpt(struct serve_mail *, enum serve_way, const char *addr, const struct serve_command *);
int serve_mail_open(struct serve_mail *, const struct spool *, const struct settings *, const struct serve_origin *,
    struct err *e);
sink_fn serve_mail_write;	/* ctx is the mail */
int serve_mail_commit(struct serve_mail *, const struct spool *, struct err *e);	/* 0: safe, whatever happens now */
const char *serve_mail_id(const struct serve_mail *);	/* of an entry, until the reset */
void serve_mail_reset(struct serve_mail *);	/* what was not committed goes */

#endif
