/* SPDX-License-Identifier: ISC */
/* serve_parse.h - one SMTP command line as a value (RFC 5321 4.1; parameters of RFC 1870, 6152, 6531, 3461, 3030). Pure: no
 * session, no input or output. What is wrong with a line is the reply that says so.
 * Limits: a path of 320 octets, a line of SERVE_LINE_MAX. */
#ifndef SERVE_PARSE_H
#define SERVE_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "envelope.h"

#define SERVE_LINE_MAX 2048
#define SERVE_PATH_MAX 320
#define SERVE_NUMBER_MAX INT64_MAX

enum serve_verb {
	SERVE_HELO, SERVE_EHLO, SERVE_MAIL, SERVE_RCPT, SERVE_DATA, SERVE_BDAT, SERVE_RSET, SERVE_NOOP, SERVE_VRFY, SERVE_HELP,
	SERVE_QUIT
};

struct serve_command {		/* strings are in the line given */
	enum serve_verb verb;
	char *text;		/* HELO, EHLO: the name; MAIL, RCPT: the address, "" for <>; others: what follows */
	int wide;		/* an octet of the address, or of ORCPT, is none of ASCII */
	int64_t size;		/* SIZE=, BDAT's count; -1: not said */
	int last;		/* BDAT … LAST */
	int eightbit, utf8;	/* BODY=8BITMIME, SMTPUTF8 */
	enum envelope_ret ret;
	char *envid, *orcpt;	/* NULL: not said */
	unsigned int notify;
};

/* Takes a line without its CRLF, of len octets and a NUL, to pieces; it is changed. NULL, or the reply: "501 5.5.4 …". */
const char *serve_parse(char *line, size_t len, struct serve_command *);

#endif
