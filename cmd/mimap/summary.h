/* SPDX-License-Identifier: ISC */
/* summary.h - a message in a line: UID, date, size, flags, from, subject, out of a FETCH response; as JSON also whatever else the
 * server tells of it: preview (RFC 8970), emailid and threadid (OBJECTID, RFC 8474), saved (SAVEDATE, RFC 8514), Gmail's labels. */
#ifndef MIMAP_SUMMARY_H
#define MIMAP_SUMMARY_H

#include "buf.h"
#include "rows.h"

struct caps;
struct response;

struct summary {
	struct rows rows;
	struct buf items;	/* what to FETCH: "(UID FLAGS …)" */
};

void summary_begin(struct summary *, const struct caps *, int json);
void summary_row(struct summary *, const struct response *);	/* prints what is there; "-" for the rest */
void summary_free(struct summary *);				/* nothing to do for a zeroed one */

#endif
