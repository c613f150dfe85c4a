/* SPDX-License-Identifier: ISC */
/* dest.h - destinations (whereto.h) that could not be reached, as all who run this queue know them, on whatever machine.
 * One that was found dead is not tried again before a time that doubles as an entry's does (schedule.h), whatever is due for
 * it. A message that came in since its last try is reason for one after the first wait. Once it is reached again, all that
 * was tried before then is due.
 * DIR/destinations has a line of DEST_LINE octets for each, DESTS_MAX at most, the one longest not tried making room:
 *   UNTIL SINCE LAST UP TRIES NAME TAB WHY      padded; seconds since 1970 in 13 digits, UP 0 until it was reached again
 * It is overwritten in place, a line at a time under a lock, never synced. A broken line, and one whose times can't be, counts
 * as none: what is lost costs a try, no more. A line goes when nobody has tried for long, or its news is old. */
#ifndef DEST_H
#define DEST_H

#include <stddef.h>
#include <stdint.h>

#include "schedule.h"
#include "whereto.h"

struct envelope;
struct err;
struct spool;

#define DEST_LINE 512
#define DESTS_MAX 512

struct dest {
	char name[WHERETO_MAX + 1];
	int64_t until, since, last, up;
	unsigned int tries;
	char why[DEST_LINE - 62];
};

struct dests {
	struct dest *at;	/* by name */
	size_t count;
	const struct whereto *whereto;	/* borrowed */
	struct schedule schedule;
	int64_t now;		/* when they were read */
};

/* Never fails: what can't be read is none. */
void dests_read(struct dests *, const struct spool *, const struct whereto *, const struct schedule *, int64_t now);
void dests_free(struct dests *);
const struct dest *dests_find(const struct dests *, const char *name);	/* NULL: nothing is known against it */

/* When an entry's waiting recipients may be tried; 0: now. *why: what was met when one of them was tried. */
int64_t dests_until(const struct dests *, const struct envelope *, const struct dest **why);
/* Its own time has come, or one has been reached since it was tried, or its time is so far ahead that the clock was wrong. */
int dests_due(const struct dests *, const struct envelope *);
void dests_show(const struct dests *, struct envelope *);	/* as people are to see an entry: when it will be tried, and why not before */

enum dest_news { DEST_FAILED, DEST_REACHED, DEST_FORGET };
/* Tells all the others. why is for DEST_FAILED; it may have any octets. */
int dest_tell(const struct spool *, const char *name, enum dest_news, const char *why, const struct schedule *, int64_t now,
    struct err *e);

/* One of `limit` places for sessions with it at one time, all runners together: an open file that gives it back when closed, -1
 * when all are taken. Where the system has no such locks there is always one. */
int dest_place(const struct spool *, const char *name, unsigned int limit);

#endif
