/* SPDX-License-Identifier: ISC */
/* date.h - days of a query, and IMAP's date-time (RFC 3501 section 9). */
#ifndef MIMAP_DATE_H
#define MIMAP_DATE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct buf;
struct err;

/* 2026-11-22, today, yesterday, or 7d for the day that long ago → 20261122. ERR_USAGE for anything else, and for days that no month
 * has. */
int date_day(const char *text, int64_t *yyyymmdd, struct err *e);
int64_t date_of(time_t);				/* the local day */
void date_imap(struct buf *, int64_t yyyymmdd);		/* "22-Nov-2026" */

/* 2026-11-22, 2026-11-22T10:00 or …:00:30, a blank for the T, then nothing (local time), Z or +01:00; ERR_USAGE */
int date_time(const char *text, time_t *when, struct err *e);
void date_imap_time(struct buf *, time_t);	/* "22-Nov-2026 10:00:00 +0000" */

/* " 1-Nov-2026 10:00:00 +0100": 1 and the time, or 0 where it is none. */
int date_internal(const char *text, size_t n, time_t *when);
/* "Sun, 1 Nov 2026 10:00:00 +0100" of a header field, also as old programs write it (RFC 5322 section 4.3): 1 and the time, or 0. */
int date_header(const char *text, size_t n, time_t *when);

#endif
