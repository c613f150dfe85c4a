/* SPDX-License-Identifier: ISC */
/* syncstamp.h - stamps of a maildir's new/ and cur/, and whether they can be told from what comes next. Private to syncnear.c.
 * A stamp is inode and time of change (ctime: no program can set that back) of both, "INODE:SEC.NSEC,INODE:SEC.NSEC". A change
 * within the same tick of the clock as the one before leaves it as it was: only a stamp that is older than a tick says anything.
 * A tick is 20 ms, and 2 s where the file system keeps whole seconds only. */
#ifndef MIMAP_SYNCSTAMP_H
#define MIMAP_SYNCSTAMP_H

#include "syncnear.h"

void syncstamp_of(int new, int cur, char out[NEAR_STAMP]);	/* "0" where either can't be looked at */
/* The stamp, once a change made from now on would give another one: at once if it is old, else a tick is waited for, a few times.
 * 1; 0: it kept changing. On network file systems the tick is always waited for: their clock is not ours. */
int syncstamp_settle(int new, int cur, char out[NEAR_STAMP]);

#endif
