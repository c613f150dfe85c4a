/* SPDX-License-Identifier: ISC */
/* decode.h - content transfer encodings (RFC 2045 section 6) undone, over chunks of any size. Tolerant: what base64 does not
 * know is passed over, an = that encodes nothing stays. */
#ifndef MIMAP_DECODE_H
#define MIMAP_DECODE_H

#include <stdint.h>

#include "eol.h"
#include "sink.h"
#include "structure.h"

struct decode {
	enum encoding encoding;
	int text;		/* its line ends become LF */
	sink_fn *sink;
	void *ctx;
	uint32_t bits;		/* base64: of the group begun */
	int held;		/* base64: their characters; quoted-printable: see decode.c */
	char first;		/* quoted-printable: the first digit */
	struct eol eol;
	char out[4096];
	size_t len;
};

void decode_begin(struct decode *, enum encoding, int text, sink_fn *, void *ctx);
sink_fn decode_write;			/* ctx is the struct */
int decode_end(struct decode *, struct err *e);

#endif
