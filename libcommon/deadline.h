/* SPDX-License-Identifier: ISC */
/* deadline.h - waiting that ends.
 * Two limits at once: `step` ms for the wait at hand, and `end`, a point of the monotonic clock for the whole run
 * (0 = none). Whoever sleeps does it through deadline_poll, which is where a time-out becomes ERR_TEMP. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdint.h>

struct err;
struct pollfd;

int64_t deadline_now(void);			/* ms, monotonic */
int64_t deadline_in(int64_t ms, int64_t end);	/* now + ms, but not after end (0 = none) */

/* poll(2) until one is ready (> 0), -1 with *e "what: timed out" when `at` has passed (0: never). EINTR is carried on. */
int deadline_poll(struct pollfd *, unsigned int count, int64_t at, const char *what, struct err *e);

#endif
