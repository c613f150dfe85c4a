/* SPDX-License-Identifier: ISC */
/* syncident.h - what a message is told by when no UID tells it: a number made of its Message-ID, and its size on the wire.
 * The number is the first 64 bits of SHA-256 over the Message-ID's value without blanks around it (16 hexadecimal digits where it
 * is written), else over the whole header without any CR, to the empty line. Pure but for syncident_file.
 * A message that came from a server and one that is to go there need not have one size: a bare CR, and a last line without end,
 * stay as they are on the way down, and become CRLF on the way up (eol.h). Both sizes are kept; either may match.
 * Limits: 1 MiB of header is looked at. Two messages of one number and size may still differ: pairs of them are only exchanged. */
#ifndef MIMAP_SYNCIDENT_H
#define MIMAP_SYNCIDENT_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "sink.h"

struct err;

struct syncident {
	uint64_t number;	/* 0: not known */
	uint64_t size;		/* octets on the wire of what came from a server: RFC822.SIZE */
	uint64_t size_up;	/* of the same after it was sent up from here */
};

#define SYNCIDENT_HEX 17	/* 16 digits and the NUL */
void syncident_print(uint64_t number, char out[SYNCIDENT_HEX]);
int syncident_parse(const char *hex, uint64_t *number);	/* 1 if it is 16 digits */

/* Of a header, or of the field alone that HEADER.FIELDS (MESSAGE-ID) brings. 0: it has no Message-ID; then `whole` says that it is all
 * of the header, and its own octets are taken. 1 with *number (never 0) set. CRLF or LF. */
int syncident_header(const char *block, size_t n, int whole, uint64_t *number);

struct syncident_run {		/* one message in one pass; zeroed is the start */
	struct buf header;
	uint64_t octets, cr, crlf, lf;
	int last, done;		/* done: the header is complete */
};

sink_fn syncident_add;					/* ctx is a struct syncident_run; LF or CRLF text, any chunks */
void syncident_end(struct syncident_run *, struct syncident *);	/* frees */

/* A file that is open for reading, from its start. ERR_DATA: it is no regular file, or empty. It stays open, at its start. */
int syncident_file(int fd, const char *path, struct syncident *, struct err *e);

#endif
