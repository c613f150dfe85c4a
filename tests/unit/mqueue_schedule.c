/* SPDX-License-Identifier: ISC */
/* schedule: the waits double, stay within their bounds, and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/mqueue/schedule.h"

#define DAY 86400
#define NOW 1795344000

static const struct schedule normal = SCHEDULE_DEFAULT;

/* Noise that leaves the wait as it is: the middle of the spread. */
static int64_t
middle(const struct schedule *s, int64_t age, unsigned int tries, int64_t wait)
{
	return schedule_next(s, NOW - age, NOW, tries, (uint32_t)(wait / 8)) - NOW;
}

static void
test_waits(void **state)
{
	static const struct { int64_t age; unsigned int tries; int64_t wait; } cases[] = {
		{ DAY, 1, 300 }, { DAY, 2, 600 }, { DAY, 3, 1200 }, { DAY, 4, 2400 }, { DAY, 5, 4800 }, { DAY, 6, 9600 },
		{ DAY, 7, 14400 }, { DAY, 8, 14400 }, { 4 * DAY, 9999, 14400 }, { DAY, 0, 300 },
		{ 0, 1, 300 }, { 0, 9, 300 }, { 299, 9, 300 }, { 301, 9, 301 }, { 1000, 9, 1000 },	/* bounded by its age */
		{ -500, 3, 300 },		/* the clock was set back */
		{ 3 * DAY, 1, 300 },		/* it slept through the weekend */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(middle(&normal, cases[i].age, cases[i].tries, cases[i].wait), cases[i].wait);
}

static void
test_spread(void **state)
{
	int64_t least = INT64_MAX, most = 0;
	uint32_t noise;

	(void)state;
	for (noise = 0; noise < 1000; noise++) {
		int64_t wait = schedule_next(&normal, NOW, NOW, 1, noise * 2654435761u) - NOW;

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, 263, 265);
	assert_in_range(most, 335, 337);
	assert_in_range(schedule_next(&normal, NOW, NOW, 1, UINT32_MAX) - NOW, 263, 337);
}

static void
test_extremes(void **state)
{
	static const struct schedule short_one = { 1, 1, 1 }, long_one = { 3650 * (int64_t)DAY, 3650 * (int64_t)DAY, 1 };

	(void)state;
	assert_int_equal(schedule_next(&short_one, 0, NOW, 9999, UINT32_MAX), NOW + 1);
	assert_in_range(schedule_next(&long_one, 0, NOW, 9999, UINT32_MAX) - NOW, 3193 * (int64_t)DAY, 4107 * (int64_t)DAY);
}

static void
test_expiry(void **state)
{
	static const struct schedule daily = { DAY, DAY, 2 * DAY }, once = { DAY, DAY, DAY / 2 };

	(void)state;
	assert_int_equal(schedule_expired(&normal, NOW, NOW, 9), 0);
	assert_int_equal(schedule_expired(&normal, NOW, NOW + 5 * DAY - 1, 9), 0);
	assert_int_equal(schedule_expired(&normal, NOW, NOW + 5 * DAY, 9), 1);
	assert_int_equal(schedule_expired(&normal, NOW, NOW - 9 * DAY, 9), 0);
	assert_int_equal(schedule_expired(&normal, 0, NOW, 9), 1);
	assert_int_equal(schedule_expired(&normal, NOW, NOW + 365 * DAY, 4), 0);	/* the clock jumped */
	assert_int_equal(schedule_expired(&normal, NOW, NOW + 365 * DAY, 5), 1);
	assert_int_equal(schedule_expired(&daily, NOW, NOW + 2 * DAY, 1), 0);
	assert_int_equal(schedule_expired(&daily, NOW, NOW + 2 * DAY, 2), 1);
	assert_int_equal(schedule_expired(&once, NOW, NOW + DAY, 1), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits), cmocka_unit_test(test_spread), cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_expiry),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
