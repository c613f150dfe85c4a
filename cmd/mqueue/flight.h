/* SPDX-License-Identifier: ISC */
/* flight.h - what the two halves of a batch share: batch.c hands entries over, answers.c takes in what msend says. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include "batch.h"
#include "courier.h"
#include "entry.h"
#include "health.h"

struct flight {			/* an entry that was handed over */
	struct entry entry;
	char *path;		/* NULL: the place is free */
	char *answered;		/* one a recipient; set from the start where nobody waits */
	size_t open;		/* not yet answered */
	size_t tried;		/* answered otherwise than that this machine is offline */
	size_t order;		/* of handing over */
	int unsynced, refused;
	int unrecorded;		/* the file does not tell what became of some */
};

struct batch {
	const struct job *job;
	const struct spool *spool;
	struct batch_result *result;
	const struct due *due;	/* the group */
	size_t count, next;
	struct health health;	/* of its destination */
	struct courier courier;
	const char *account;	/* the courier's */
	int started;
	size_t answers;		/* that this courier gave */
	struct flight flight[BATCH_WINDOW];
	size_t flying, handed;
	int stop;		/* this group: hand over nothing more */
	int quit;		/* and nothing of others */
};

void flight_trouble(struct batch *, const struct err *);	/* what can't be recorded would be sent twice */
void flight_finish(struct batch *, struct entry *, int how);	/* all answered, or nobody to ask: the entry goes, waits or is held */
void flight_hear(struct batch *);	/* all that has come */
void flight_leave(struct batch *);	/* msend has ended before it was done */

#endif
