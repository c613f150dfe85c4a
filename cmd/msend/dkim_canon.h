/* SPDX-License-Identifier: ISC */
/* dkim_canon.h - header and body in DKIM's relaxed form: RFC 6376 3.4.2 and 3.4.4.
 * Pure. Takes text as it is on the wire: lines end in CRLF, and CR and LF stand nowhere else (eol.h). */
#ifndef MSEND_DKIM_CANON_H
#define MSEND_DKIM_CANON_H

#include <stddef.h>
#include <stdint.h>

#include "sink.h"

struct buf;

/* name:value, the name in lower case, unfolded, runs of white space made one space; no line end. */
void dkim_relax_field(struct buf *out, const char *name, size_t name_len, const char *value, size_t value_len);

/* The fields that a list such as "from:to:from" names, relaxed and each with CRLF: of several with one name the last comes first
 * (5.4.2), a name without a field adds nothing. */
void dkim_relax_listed(struct buf *out, const char *head, size_t n, const char *list);

/* A body, in chunks of any size. */
struct dkim_body {
	sink_fn *sink;
	void *ctx;
	uint64_t ends;		/* line ends not yet given out: those at the body's end are dropped, but for one */
	int blank;		/* white space not yet given out: dropped at a line's end */
	int any;		/* something was given out; an empty body stays empty */
	size_t len;
	char out[4096];
};

void dkim_body_begin(struct dkim_body *, sink_fn *, void *ctx);
sink_fn dkim_body_write;	/* ctx is the struct */
int dkim_body_end(struct dkim_body *, struct err *e);

#endif
