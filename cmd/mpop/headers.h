/* SPDX-License-Identifier: ISC */
/* headers.h - the headers of messages, without their bodies: by TOP, or by RETR from a server that has none (RFC 1939 section
 * 7). */
#ifndef HEADERS_H
#define HEADERS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "sink.h"

struct err;
struct listing_msg;
struct pop3;

/* A header as it comes in. What follows the empty line that ends it is dropped, as is what a header can't be that long for. */
struct header_text {
	struct buf text;	/* the empty line with it */
	int ended;
};
sink_fn header_write;		/* ctx is the struct */

/* Called in the order of the list; header NULL where the server refuses, *why says how. */
typedef int headers_fn(void *ctx, struct listing_msg *, const struct buf *header, const struct err *why, struct err *e);
int headers_each(struct pop3 *, struct listing_msg **, size_t count, headers_fn *, void *ctx, struct err *e);

/* By what a message is known again whose UID has changed: a hash of its header, less the fields in which servers keep their
 * own state.
 * 0, or -1 for one without a Message-ID: it might be another's. */
#define HEADERS_PRINT 33
int headers_print(const char *header, size_t n, char print[HEADERS_PRINT]);

/* So many octets of it are fields that we put there ourselves (trace.h). */
size_t headers_ours(const char *header, size_t n);

/* What stands for a message that is too large: its header, and a body that tells so. */
void headers_note(struct buf *out, const struct buf *header, uint64_t size, uint64_t limit);

#endif
