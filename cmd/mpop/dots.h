/* SPDX-License-Identifier: ISC */
/* dots.h - undoes the dot-stuffing of a multi-line response (RFC 1939 section 3) over chunks of any size.
 * A zeroed struct stands at the start of a response, after its +OK line. Only CRLF . CRLF ends it (or . CRLF at the very
 * start): a bare LF or a bare CR begins no line, so nothing inside a message can pass for its end. */
#ifndef DOTS_H
#define DOTS_H

#include <stddef.h>

#include "sink.h"

enum dots_state { DOTS_LINE, DOTS_DOT, DOTS_DOT_CR, DOTS_TEXT, DOTS_CR, DOTS_END };

struct dots {
	enum dots_state state;
};

/* Takes from p what belongs to the response; *used octets of it, all n unless the end is among them. The text goes to sink with
 * the wire's line ends, the ending line left out. 1 when the end was reached, 0 when more is needed, -1 when the sink fails. */
int dots_feed(struct dots *, const char *p, size_t n, size_t *used, sink_fn *, void *ctx, struct err *e);

#endif
