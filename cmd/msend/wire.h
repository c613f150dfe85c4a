/* SPDX-License-Identifier: ISC */
/* wire.h - a message's bytes as SMTP wants them, and what a look at them tells beforehand.
 * Pure: chunks of any size go in, chunks go to a sink. Zeroed structs are the start of a text. */
#ifndef MSEND_WIRE_H
#define MSEND_WIRE_H

#include <stdint.h>

#include "eol.h"
#include "sink.h"

struct scan {
	uint64_t bytes;		/* as they are */
	uint64_t wire;		/* with every line end CRLF, after scan_end; dots not stuffed */
	uint64_t longest;	/* octets in a line, line end not counted */
	int eight;		/* an octet above 127 */
	int nul;
	int bare;		/* a CR without LF */
	uint64_t line;		/* octets in the line begun */
	int cr;			/* the last octet was a CR */
};

void scan_feed(struct scan *, const char *, size_t);
void scan_end(struct scan *);

/* RFC 5321 2.3.8 and 4.5.2: LF, CR and CRLF all leave as CRLF, then a dot that begins a line is doubled. */
struct wire {
	struct eol eol;
	int text;		/* within a line */
	int dots;		/* 0: no stuffing (BDAT) */
	sink_fn *sink;
	void *ctx;
};

void wire_begin(struct wire *, int dots, sink_fn *, void *ctx);
sink_fn wire_write;		/* ctx is the struct */
int wire_end(struct wire *, struct err *e);	/* an unfinished line gets its CRLF; the final dot is the caller's */

#endif
