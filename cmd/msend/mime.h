/* SPDX-License-Identifier: ISC */
/* mime.h - the body encodings of RFC 2045, streamed: chunks of any size in, lines of at most 76 octets out to a sink.
 * Types by file name and content. */
#ifndef MSEND_MIME_H
#define MSEND_MIME_H

#include <stddef.h>

#include "buf.h"
#include "sink.h"

struct qp {			/* quoted-printable of a text (6.7): LF and CRLF are line ends, a bare CR is encoded */
	sink_fn *sink;
	void *ctx;
	size_t column;
	int blank;		/* a space or tab that may be the line's last, or 0 */
	int cr;
	struct buf out;
};

void qp_begin(struct qp *, sink_fn *, void *ctx);
sink_fn qp_write;		/* ctx is the struct */
int qp_end(struct qp *, struct err *e);	/* ends the text; frees, also on error. An unfinished line is left so by a soft line break */

#define BASE64_LINE 57		/* octets in a line of 76 characters */

struct b64 {			/* base64 (6.8) */
	sink_fn *sink;
	void *ctx;
	size_t held;
	char line[BASE64_LINE];
	struct buf out;
};

void b64_begin(struct b64 *, sink_fn *, void *ctx);
sink_fn b64_write;		/* ctx is the struct */
int b64_end(struct b64 *, struct err *e);	/* frees, also on error */

/* media.c. */
struct mime_guess {
	const char *type;
	const char *charset;	/* of a text; else NULL */
};
/* By its name and first octets; all: there are no others. */
void mime_guess(struct mime_guess *, const char *filename, const char *start, size_t n, int all);
const char *mime_type(const char *filename);	/* "image/png"; application/octet-stream where the suffix tells nothing */

struct text_facts {		/* of a text that may hold 8-bit octets, for the choice of charset and encoding */
	size_t eight;		/* octets above 127 */
	int broken;		/* not UTF-8 */
	unsigned int more;	/* continuation octets due */
};
sink_fn text_facts_feed;	/* ctx is the struct */

#endif
