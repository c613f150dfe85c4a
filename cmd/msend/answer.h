/* SPDX-License-Identifier: ISC */
/* answer.h - a server's reply (RFC 5321 4.2), put together from its lines, and what EHLO's reply says (4.1.1.1).
 * Pure: no input or output. All lines must have the same code; at most 512 lines and 64 KiB of text. Owns its text. */
#ifndef MSEND_ANSWER_H
#define MSEND_ANSWER_H

#include <stdint.h>

#include "buf.h"
#include "err.h"

#define ANSWER_LINES_MAX 512
#define ANSWER_TEXT_MAX 65536

struct answer {			/* zeroed is empty */
	int code;		/* 200 … 599; 0 before the first line */
	char enhanced[12];	/* "5.1.1" (RFC 3463), or "" */
	unsigned int lines;
	int done;
	struct buf text;	/* the lines' text, LF between them */
};

int answer_feed(struct answer *, const char *line, size_t len, struct err *e);	/* 1: complete, 0: another line follows, -1: ERR_PROTOCOL */
void answer_clear(struct answer *);	/* ready for the next one */
void answer_free(struct answer *);
enum err_class answer_class(const struct answer *);	/* ERR_NONE for 2yz and 3yz, ERR_TEMP for 4yz, ERR_UNAVAILABLE for 5yz */
void answer_show(const struct answer *, struct buf *out);	/* "550 5.1.1 no such user": one line, bounded, not yet safe for a terminal */
int answer_set(struct err *, const struct answer *, const char *what);	/* ERR_TEMP or ERR_UNAVAILABLE, 'what: "550 …"'; returns -1 */

struct offer {			/* what the server offers */
	int pipelining, eightbit, smtputf8, starttls, chunking, sized, dsn, binary, requiretls;
	uint64_t size;		/* 0: no limit told */
	unsigned int mailmax, rcptmax, rcptdomainmax;	/* RFC 9422; 0: no limit told */
	char auth[512];		/* mechanism names */
};

void offer_parse(struct offer *, const struct answer *);	/* of a 250 to EHLO or LHLO */

#endif
