/* SPDX-License-Identifier: ISC */
/* batch.h - the due entries of one account, through one msend.
 * Each is claimed just before its path is handed over, at most BATCH_WINDOW at a time; what was not handed over yet can be
 * taken by another runner. The entry that msend was working on when a signal killed it counts a try, so that it can't stop
 * the others for ever; whatever else was not answered stays as it was. */
#ifndef BATCH_H
#define BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "spool.h"

struct job;

#define BATCH_WINDOW 16

struct due {
	const struct spool_name *name;
	const char *account;		/* NULL: msend's default */
	int64_t arrived;
};

/* How it went: all were asked about (or are in other hands), or not. busy: those in other hands are counted on it. */
enum batch_end { BATCH_DONE, BATCH_CUT };
enum batch_end batch_run(const struct job *, const struct spool *, const struct due *, size_t count, size_t *busy, int *code);

#endif
