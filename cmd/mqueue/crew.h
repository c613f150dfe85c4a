/* SPDX-License-Identifier: ISC */
/* crew.h - groups of due entries (batch.h) through several msend side by side: each process takes the next group as it is done
 * with one, so that a destination that keeps it waiting keeps nobody else. As many processes as there are groups, `parallel` of
 * the settings at most, this one among them; one group needs no other. */
#ifndef CREW_H
#define CREW_H

#include "batch.h"

struct crew_group {
	const struct due *due;
	size_t count;
	int last;		/* those that have failed before stand behind the others */
};

/* How it went, of all of them together. */
void crew_run(const struct job *, const struct spool *, const struct crew_group *, size_t count, struct batch_result *);

#endif
