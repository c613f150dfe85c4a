/* SPDX-License-Identifier: ISC */
/* deadline.c - all waiting goes through here. */
#include "deadline.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "err.h"

int64_t
deadline_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
deadline_in(int64_t ms, int64_t end)
{
	int64_t at = deadline_now() + ms;

	return end != 0 && end < at ? end : at;
}

int
deadline_poll(struct pollfd *p, unsigned int count, int64_t at, const char *what, struct err *e)
{
	int64_t left;
	int n;

	do {
		left = at == 0 ? -1 : at - deadline_now();
		if (at != 0 && left < 0)
			left = 0;
		n = poll(p, count, left > INT_MAX ? INT_MAX : (int)left);
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		return err_set(e, ERR_TEMP, "%s: timed out", what);
	return n == -1 ? err_sys(e, ERR_OS, "%s: poll", what) : n;
}
