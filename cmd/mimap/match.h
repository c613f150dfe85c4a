/* SPDX-License-Identifier: ISC */
/* match.h - is a text in another, whatever its case and white space? Over chunks of any size, in any charset that iconv(3) knows.
 * Memory is a chunk and the text looked for. Pure. */
#ifndef MIMAP_MATCH_H
#define MIMAP_MATCH_H

#include <iconv.h>

#include "buf.h"
#include "sink.h"

struct match {
	const struct buf *needle;	/* as match_fold makes it; borrowed */
	iconv_t to_utf8;
	struct buf rest, text, folded;	/* a character begun; UTF-8; what may still hold the beginning of the needle */
	int found;
};

void match_fold(struct buf *out, const char *utf8, size_t n);	/* lower case, a blank for white space */
void match_begin(struct match *, const struct buf *needle, const char *charset);	/* one that is not known is ISO-8859-1; NULL: UTF-8 */
sink_fn match_write;						/* ctx is the struct */
int match_end(struct match *);					/* 1: it was there. Frees */

#endif
