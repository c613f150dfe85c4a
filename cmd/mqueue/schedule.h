/* SPDX-License-Identifier: ISC */
/* schedule.h - when an entry is tried again, and when no more.
 * The wait doubles with each try, from `first` to `most`, but is never longer than the entry is old: tries that a user
 * forced in a row do not push the next one far away, and an entry that slept through the weekend starts with short waits. An
 * eighth either way is left to chance, so that entries refused together do not all come back together. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdint.h>

struct schedule {		/* seconds */
	int64_t first, most, expire;
};

#define SCHEDULE_DEFAULT { 5 * 60, 4 * 3600, 5 * 86400 }

/* tries: those made so far, the one that just failed with them. noise: any number. Later than now, by at least a second. */
int64_t schedule_next(const struct schedule *, int64_t arrived, int64_t now, unsigned int tries, uint32_t noise);
/* Never before a few tries: a machine that was off for a week, or whose clock is a year ahead, gives up nothing at its first. */
int schedule_expired(const struct schedule *, int64_t arrived, int64_t now, unsigned int tries);

#endif
