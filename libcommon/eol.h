/* SPDX-License-Identifier: ISC */
/* eol.h - line ends between the wire (CRLF) and the disk (LF), over chunks of any size.
 * A zeroed struct is the start of a text. Nothing is held back but one CR, which eol_end gives out. */
#ifndef EOL_H
#define EOL_H

#include <stddef.h>

#include "sink.h"

struct eol {
	int cr;		/* the last byte seen was a CR not yet given out */
	int mid;	/* a line is begun: something came after the last line end */
};

/* Wire to disk: CRLF becomes LF, every other byte stays (a bare CR, a bare LF, a NUL). */
int eol_to_lf(struct eol *, const char *, size_t, sink_fn *, void *ctx, struct err *e);
int eol_to_lf_end(struct eol *, sink_fn *, void *ctx, struct err *e);

/* Disk to wire: LF, CR and CRLF alike become CRLF, so no bare one can leave. The end adds CRLF to an unfinished line. */
int eol_to_crlf(struct eol *, const char *, size_t, sink_fn *, void *ctx, struct err *e);
int eol_to_crlf_end(struct eol *, sink_fn *, void *ctx, struct err *e);

#endif
