/* SPDX-License-Identifier: ISC */
/* collate.h - text as it is compared when messages are sorted (RFC 5256; i;unicode-casemap of RFC 5051). Pure.
 * Both append a key; keys are compared by octets. */
#ifndef MIMAP_COLLATE_H
#define MIMAP_COLLATE_H

#include <stddef.h>

struct buf;

void collate_fold(struct buf *out, const char *utf8, size_t n);
void collate_subject(struct buf *out, const char *header, size_t n);	/* the base subject: without Re:, (fwd), [list] */

#endif
