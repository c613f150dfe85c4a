/* SPDX-License-Identifier: ISC */
/* clockwatch.c - see clockwatch.h. On Linux a timer that never ends is cancelled when the clock is set or the machine wakes
 * (timerfd_create(2)). */
#ifdef __linux__
#include <sys/timerfd.h>
#endif

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "clockwatch.h"
#include "deadline.h"

int64_t
clock_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#ifdef __linux__
static void
arm(struct clockwatch *c)
{
	struct itimerspec far = { .it_value = { .tv_sec = (time_t)(clock_wall() / 1000) + 3650 * (time_t)86400 } };

	if (c->fd != -1 && timerfd_settime(c->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) == -1)
		clockwatch_close(c);
}

static int
make(void)
{
	return timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
}
#else
static void
arm(struct clockwatch *c)
{
	(void)c;
}

static int
make(void)
{
	return -1;
}
#endif

void
clockwatch_open(struct clockwatch *c)
{
	*c = (struct clockwatch){ .fd = make(), .ahead = clock_wall() - deadline_now() };
	arm(c);
}

int
clockwatch_jumped(struct clockwatch *c)
{
	int64_t ahead = clock_wall() - deadline_now(), jump = ahead - c->ahead;
	uint64_t ends;

	if (c->fd != -1 && read(c->fd, &ends, sizeof ends) == -1 && errno == ECANCELED)
		arm(c);
	c->ahead = ahead;
	return jump > CLOCKWATCH_JUMP || jump < -CLOCKWATCH_JUMP;
}

void
clockwatch_close(struct clockwatch *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}
