/* SPDX-License-Identifier: ISC */
/* run.h - one pass over entries of the queue: what is due goes to msend, destination by destination, several side by side, the
 * oldest first. For run and for watch. */
#ifndef RUN_H
#define RUN_H

#include <stddef.h>
#include <stdint.h>

#include "spool.h"

struct err;
struct job;

struct pass {
	size_t waiting, held;	/* that were found, of all kinds; waiting: due or not */
	size_t due;
	size_t busy;		/* of the due ones: in other hands */
	int64_t soonest;	/* when the first of those that are not due will be; 0: there is none */
	int64_t cost;		/* ms: to look at them all */
	int stuck;		/* some are due still, or nobody can tell: a second pass at once would fare no better */
	int revived;		/* a destination that was dead has been reached: others than those looked at are due */
	int code;		/* of the first failure; reported */
};

void run_pass(const struct job *, const struct spool *, const struct spool_list *, struct pass *);
/* Over all of them, window by window; last: the last window, for the caller to free. */
int run_all(const struct job *, const struct spool *, struct pass *, struct spool_list *last, struct err *e);

#endif
