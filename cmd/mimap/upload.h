/* SPDX-License-Identifier: ISC */
/* upload.h - a message that is to be stored: read twice, first for its size on the wire (lines end in CRLF there), then to
 * be sent. Memory is a buffer of fixed size. Standard input that can't be read twice is kept in a temporary file. */
#ifndef MIMAP_UPLOAD_H
#define MIMAP_UPLOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "sink.h"

struct upload {
	const char *path;	/* NULL: standard input */
	int fd;
	off_t start;
	time_t modified;
	uint64_t size;		/* on the wire */
	int eight;		/* its header has octets beyond US-ASCII */
	int in_line, in_body;	/* where the first reading is */
	struct buf id;		/* its Message-ID, or empty */
};

/* ERR_DATA: empty, or with a NUL in it, which IMAP can't carry. The caller closes in any case. */
int upload_open(struct upload *, const char *path, struct err *e);
int upload_send(void *upload, sink_fn *, void *sink_ctx, struct err *e);	/* -1 also where it has another size by now */
void upload_close(struct upload *);

#endif
