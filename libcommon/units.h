/* SPDX-License-Identifier: ISC */
/* units.h - sizes and spans of time as people write them, read the same way in all programs.
 * Size: 512, 20k, 1M, 2G (powers of 1024, either case). Span: 90 or 90s, 15m, 12h, 14d, 2w, and sums: 1d12h. */
#ifndef UNITS_H
#define UNITS_H

#include <stdint.h>

struct err;

int units_size(const char *text, int64_t *bytes, struct err *e);	/* ERR_USAGE names the text */
int units_span(const char *text, int64_t *seconds, struct err *e);

#endif
