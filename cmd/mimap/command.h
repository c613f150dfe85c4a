/* SPDX-License-Identifier: ISC */
/* command.h - one IMAP command being put together: typed data in, the octets for the wire out. Pure.
 * command_add is the only way in; what it can't send safely it refuses, so that no argument ever becomes syntax. */
#ifndef MIMAP_COMMAND_H
#define MIMAP_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "mailbox.h"
#include "sink.h"

struct err;

#define COMMAND_SET_MAX 7900	/* room for a set so that the whole line stays below 8 KiB */

enum literal_form { LITERAL_SYNC, LITERAL_MINUS, LITERAL_PLUS };

typedef int command_produce_fn(void *ctx, sink_fn *, void *sink_ctx, struct err *e);

struct command_literal {
	size_t at, len;		/* in text */
	int wait;		/* for the server's "+" before it is sent */
	command_produce_fn *produce;	/* where it is not in text: too large for memory; else NULL */
	void *ctx;
};

struct command {		/* zeroed is valid, and sends synchronising literals and names in modified UTF-7 */
	enum literal_form form;
	struct mailbox_form mailbox;
	int utf8;		/* UTF8=ACCEPT holds (RFC 6855): text in UTF-8 is quoted */
	char *named;		/* the last mailbox in it, or NULL */
	struct buf text;	/* without tag; literals in it follow their {n}, no CRLF between */
	struct command_literal *literal;
	size_t literals;
};

/* Appends fmt with its directives filled in:
 *   %a  const char *          atom, verbatim; only what an atom may hold, "\" before it allowed (flags)
 *   %s  const char *          astring: quoted, or a literal where it has to be one
 *   %m  const char *          mailbox, UTF-8
 *   %u  unsigned int          number
 *   %U  uint64_t              the same, of a larger kind (mod-sequences)
 *   %S  const char *          sequence set
 *   %r  const char *          raw: search keys the user wrote himself; US-ASCII without controls
 * Anything else in fmt is sent as it stands. ERR_USAGE names what can't be sent. */
int command_add(struct command *, struct err *e, const char *fmt, ...);
/* A literal that is not kept in memory; more may follow it. */
void command_stream(struct command *, uint64_t size, command_produce_fn *, void *ctx);
/* A message of which the header has octets beyond US-ASCII goes as UTF8 (~{n}…). Flags before it then, if only (): Courier
 * understands it only behind them. */
int command_utf8(const struct command *, int eight);
void command_message(struct command *, uint64_t size, int eight, command_produce_fn *, void *ctx);
void command_free(struct command *);

#endif
