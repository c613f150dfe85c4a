/* SPDX-License-Identifier: ISC */
/* response.h - one response of an IMAP server (RFC 3501 section 7), parsed line by line as it comes. Pure: no I/O.
 * Feed a line (without its CRLF) to response_line. RESPONSE_DONE: it is whole. RESPONSE_LITERAL: `literal` octets come
 * next; hand them to response_string, or say response_streamed when they went elsewhere, then feed the next line.
 * Limits: lists nest 32 deep, VALUE_MAX values, octets as the caller's lines and literals are. Everything lives until the next
 * response_begin. */
#ifndef MIMAP_RESPONSE_H
#define MIMAP_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "value.h"

struct err;

#define RESPONSE_DEPTH 32

enum response_kind { RESPONSE_CONTINUE, RESPONSE_STATUS, RESPONSE_DATA, RESPONSE_TAGGED };
enum response_status { STATUS_OK, STATUS_NO, STATUS_BAD, STATUS_BYE, STATUS_PREAUTH };
enum { RESPONSE_DONE = 0, RESPONSE_LITERAL = 1 };

struct response {
	enum response_kind kind;
	enum response_status status;	/* STATUS and TAGGED */
	const char *tag;		/* TAGGED */
	const char *code, *code_args;	/* of [CODE args]; code is NULL where there is none; args "" where they are missing */
	const char *text;		/* of CONTINUE, STATUS and TAGGED; of THREAD as it came */
	const char *name;		/* DATA: "FETCH", as the server wrote it; compare by response_is */
	int numbered;
	uint32_t number;		/* * number NAME */
	const struct value *args;	/* DATA: the first, linked by next */
	const uint32_t *numbers;	/* * SEARCH, SORT: its numbers, which are not in args; THREAD: 0 before those of each thread */
	size_t number_count;
	uint64_t literal;		/* size of the one awaited */

	struct arena arena;		/* the parser's own from here */
	struct value *open[RESPONSE_DEPTH + 1];		/* lists begun, outermost first; [0] holds args */
	struct value *last[RESPONSE_DEPTH + 1];		/* their last elements */
	size_t depth;
	struct buf number_store;
	struct buf scratch;
};

void response_begin(struct response *);		/* a zeroed one, or for the next response */
int response_line(struct response *, const char *line, size_t len, struct err *e);	/* ERR_PROTOCOL says what and where */
int response_string(struct response *, const char *data, size_t len, struct err *e);
int response_streamed(struct response *, struct err *e);
void response_free(struct response *);

int response_is(const struct response *, const char *name);
/* The FETCH item whose value the awaited literal is ("BODY[]"), when it stands right in * n FETCH (…); else NULL. */
const char *response_item(const struct response *);

#endif
