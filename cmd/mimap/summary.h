/* SPDX-License-Identifier: ISC */
/* summary.h - a message in a line: UID, date, size, flags, from, subject, out of a FETCH response. */
#ifndef MIMAP_SUMMARY_H
#define MIMAP_SUMMARY_H

struct response;
struct rows;

#define SUMMARY_ITEMS "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"

void summary_begin(struct rows *, int json);
void summary_row(struct rows *, const struct response *);	/* prints what is there; "-" for the rest */

#endif
