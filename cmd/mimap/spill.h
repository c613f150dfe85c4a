/* SPDX-License-Identifier: ISC */
/* spill.h - a temporary file without a name, for what is too large for memory: in $TMPDIR, else /tmp. */
#ifndef MIMAP_SPILL_H
#define MIMAP_SPILL_H

struct err;

int spill_open(struct err *e);	/* its descriptor, which the caller closes; -1 */

#endif
