/* SPDX-License-Identifier: ISC */
/* mboxlock.h - PATH.lock, by which programs that write mailbox files keep out of each other's way. It holds our process's number
 * and our host, so that one left behind by a dead process does not hold up anybody; one that tells nothing is stale after ten
 * minutes: nobody writes that long. */
#ifndef MBOXLOCK_H
#define MBOXLOCK_H

struct err;

int mboxlock_make(const char *lock, struct err *e);	/* 1: made. 0: somebody else has it. 2: none can be made here, by anybody */

#endif
