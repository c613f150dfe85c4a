/* SPDX-License-Identifier: ISC */
/* serve_session.h - what the parts of serve share: the state of one session. serve.c has the commands, serve_text.c what
 * comes after DATA and BDAT. */
#ifndef SERVE_SESSION_H
#define SERVE_SESSION_H

#include "err.h"
#include "serve_client.h"
#include "serve_data.h"
#include "serve_io.h"
#include "serve_mail.h"

struct job;
struct serve_command;

struct session {
	const struct job *job;
	struct spool spool;
	struct serve_io io;
	struct serve_client client;
	struct serve_mail mail;
	struct serve_data data;
	struct err broken;	/* why the message being received can't be kept */
	char *helo;		/* NULL: not yet said */
	const char *host;
	int extended;		/* by EHLO */
	int relay;
	int bdat;		/* chunks have come */
	int64_t limit;
	int errors, idle;
	int done;
};

void serve_say(struct session *, const char *reply);
void serve_end(struct session *, const char *reply);	/* the last one */
void serve_reset(struct session *);			/* the message being received goes */
void serve_bare(struct session *);
void serve_gone(struct session *, const struct err *);

void serve_data_command(struct session *, struct serve_command *);
void serve_bdat_command(struct session *, struct serve_command *);

#endif
