/* SPDX-License-Identifier: ISC */
/* reply.h - what one line of a POP3 server says: pure parsers, no I/O.
 * RFC 1939 section 3 (+OK, -ERR), RFC 2449 section 8 and RFC 3206 (codes in brackets), RFC 5034 (+ continuation). */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum reply_kind { REPLY_OK, REPLY_ERR, REPLY_MORE };
/* TEMP: IN-USE, LOGIN-DELAY, SYS/TEMP; PERM: SYS/PERM */
enum reply_code { CODE_NONE, CODE_OTHER, CODE_AUTH, CODE_TEMP, CODE_PERM };

struct reply {
	enum reply_kind kind;
	enum reply_code code;
	const char *text;	/* after the word, within the line parsed; NUL-terminated as that line is */
};

int reply_parse(struct reply *, const char *line, struct err *e);	/* ERR_PROTOCOL for anything else */
enum err_class reply_class(const struct reply *);			/* of a refusal: ERR_TEMP, ERR_PERM or ERR_UNAVAILABLE */

/* "NUMBER SP rest": the number, 1 to 2^32-1, and what follows it, blanks around it gone, perhaps nothing. -1 if it isn't that. */
int reply_number(const char *line, size_t len, uint32_t *number, const char **rest, size_t *rest_len);

struct caps {			/* RFC 2449: exact names, case ignored; what is announced and used */
	int pipelining, stls, user, top, uidl, utf8;
	char sasl[512];		/* the mechanisms, as listed; "" without SASL */
	char expire[16];	/* days that mail is kept, "NEVER", or "" where nothing is said */
	char delay[16];		/* seconds between two logins, or "" */
	char implementation[128];
};
void caps_line(struct caps *, const char *line);

/* The challenge of a greeting (RFC 1939 section 7): 0, or -1 where it has none that is a message-id (RFC 5322). What merely
 * looks like
 * one is refused: octets chosen at will would let a false server find out the password. */
#define REPLY_STAMP_MAX 256
int reply_stamp(const char *greeting, char stamp[REPLY_STAMP_MAX]);

#endif
