/* SPDX-License-Identifier: ISC */
/* clockwatch.h - tells when the machine has slept or its clock was set: the time of day jumps against deadline_now's clock, which
 * stands still meanwhile. */
#ifndef CLOCKWATCH_H
#define CLOCKWATCH_H

#include <stdint.h>

#define CLOCKWATCH_JUMP 5000	/* ms that count as one */

struct clockwatch {
	int fd;			/* for poll: ends the wait at once where the system can do that; -1 elsewhere */
	int64_t ahead;		/* time of day less deadline_now's */
};

int64_t clock_wall(void);	/* ms since 1970 */
void clockwatch_open(struct clockwatch *);
int clockwatch_jumped(struct clockwatch *);	/* since the last call */
void clockwatch_close(struct clockwatch *);

#endif
