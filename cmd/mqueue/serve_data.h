/* SPDX-License-Identifier: ISC */
/* serve_data.h - the text of a message as it comes in: to LF line ends, dots taken away, until its end (RFC 5321 4.1.1.4,
 * 4.5.2; RFC 3030). Pure.
 * Only CR LF . CR LF ends it. A CR without LF or a LF without CR is what nobody agrees about, and so how one message is made
 * to look like two (smuggling): it is an error that ends the session. How long a line is does not matter here. */
#ifndef SERVE_DATA_H
#define SERVE_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "sink.h"

struct serve_data {		/* zeroed is the start of a message after DATA */
	enum { DATA_LINE_START, DATA_DOT, DATA_DOT_CR, DATA_WITHIN, DATA_CR } at;
	int counted;		/* by BDAT: no dots, no end */
	uint64_t size;		/* octets as on the wire, without stuffed dots */
	unsigned int received;	/* fields of that name in the header */
	int past_header;
	size_t begun;		/* octets of this line in begin, at most its size */
	char begin[9];
};

enum serve_data_result { DATA_MORE, DATA_END, DATA_BARE, DATA_FAILED };

/* Takes octets until the end, sets *used. FAILED: the sink said so. */
enum serve_data_result serve_data(struct serve_data *, const char *, size_t, size_t *used, sink_fn *, void *ctx, struct err *e);
/* After the last BDAT: END, BARE or FAILED. */
enum serve_data_result serve_data_last(struct serve_data *, sink_fn *, void *ctx, struct err *e);

#endif
