/* SPDX-License-Identifier: ISC */
/* batch.h - due entries through one msend, a group with one destination after the other.
 * Each is claimed just before its path is handed over, at most BATCH_WINDOW at a time; what was not handed over yet can be
 * taken by another runner. The entry that msend was working on when a signal killed it counts a try, so that it can't stop
 * the others for ever; whatever else was not answered stays as it was. Once a destination turns out to be dead the rest of
 * its group is left. The same msend serves the next group of its account. */
#ifndef BATCH_H
#define BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "spool.h"

struct batch;
struct job;

#define BATCH_WINDOW 16

struct due {
	const struct spool_name *name;
	const char *account;		/* NULL: msend's default */
	const char *dest;		/* whereto.h; NULL: several */
	int64_t arrived;
};

struct batch_result {
	size_t busy;		/* in other hands, or as many sessions with their destination are open as may be */
	int64_t soonest;	/* when a destination that is dead will be tried; 0: none */
	int revived;		/* one that was dead no longer is: others are due */
	int cut;		/* some were not asked about */
	int code;		/* of the first failure; reported */
};

struct batch *batch_new(const struct job *, const struct spool *, struct batch_result *);
int batch_group(struct batch *, const struct due *, size_t count, int last);	/* -1: nothing more should be sent by this run */
void batch_free(struct batch *);

#endif
