/* SPDX-License-Identifier: ISC */
/* deadline: the earlier limit counts, signals do not lengthen a wait, a time-out says of what. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "deadline.h"
#include "err.h"

static volatile sig_atomic_t signals;

static void
on_alarm(int sig)
{
	(void)sig;
	signals++;
}

static void
test_earlier(void **state)
{
	int64_t now = deadline_now();

	(void)state;
	assert_true(deadline_in(5000, 0) >= now + 5000);
	assert_true(deadline_in(5000, 0) < now + 60000);
	assert_int_equal(deadline_in(5000, now + 10), now + 10);
	assert_true(deadline_in(10, now + 500000) < now + 500000);
}

static void
test_poll(void **state)
{
	struct err e = { 0 };
	struct pollfd p = { .events = POLLIN };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p.fd = fds[0];
	assert_int_equal(deadline_poll(&p, 1, deadline_now() - 1, "reply", &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_string_equal(e.text, "reply: timed out");
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(deadline_poll(&p, 1, deadline_now() - 1, "reply", &e), 1);	/* it is there, however late */
	assert_int_equal(deadline_poll(&p, 1, 0, "reply", &e), 1);
	close(fds[0]);
	close(fds[1]);
}

static void
test_signals(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct err e = { 0 };
	struct pollfd p = { .fd = -1 };
	int64_t began = deadline_now(), took;

	(void)state;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	assert_int_equal(deadline_poll(&p, 1, began + 60, "nothing", &e), -1);
	took = deadline_now() - began;
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(signals >= 2);
	assert_true(took >= 60);
	assert_true(took < 5000);
	assert_int_equal(e.class, ERR_TEMP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_earlier),
		cmocka_unit_test(test_poll),
		cmocka_unit_test(test_signals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
