/* SPDX-License-Identifier: ISC */
/* units: sizes and spans, and the texts that are neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "units.h"

typedef int unit_fn(const char *, int64_t *, struct err *);

static const struct { unit_fn *fn; const char *text; int64_t want; } good[] = {
	{ units_size, "0", 0 }, { units_size, "512", 512 }, { units_size, "20k", 20480 }, { units_size, "20K", 20480 },
	{ units_size, "1M", 1048576 }, { units_size, "1m", 1048576 }, { units_size, "2G", 2147483648 },
	{ units_size, "007", 7 },
	{ units_size, "9223372036854775807", INT64_MAX }, { units_size, "8589934591G", INT64_MAX - 1073741823 },
	{ units_span, "0", 0 }, { units_span, "90", 90 }, { units_span, "90s", 90 }, { units_span, "15m", 900 },
	{ units_span, "12h", 43200 },
	{ units_span, "14d", 1209600 }, { units_span, "2w", 1209600 }, { units_span, "1d12h", 129600 },
	{ units_span, "1h30", 3630 },
};

static const struct { unit_fn *fn; const char *text; } bad[] = {
	{ units_size, "" }, { units_size, "k" }, { units_size, "-1" }, { units_size, "+1" }, { units_size, " 1" },
	{ units_size, "1 " },
	{ units_size, "1kk" }, { units_size, "1.5M" }, { units_size, "1T" }, { units_size, "0x10" },
	{ units_size, "9223372036854775808" },
	{ units_size, "8589934592G" }, { units_size, "99999999999999999999999999" },
	{ units_span, "" }, { units_span, "d" }, { units_span, "-1d" }, { units_span, "1y" }, { units_span, "1D" },
	{ units_span, "1d-" },
	{ units_span, "9223372036854775807m" }, { units_span, "9223372036854775807s1s" }, { units_span, "1d 2h" },
};

static void
test_good(void **state)
{
	struct err e = { 0 };
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		if (good[i].fn(good[i].text, &n, &e) != 0)
			fail_msg("%s: %s", good[i].text, e.text);
		assert_int_equal(n, good[i].want);
	}
}

static void
test_bad(void **state)
{
	struct err e;
	int64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		err_clear(&e);
		n = 42;
		if (bad[i].fn(bad[i].text, &n, &e) != -1)
			fail_msg("%s taken for %lld", bad[i].text, (long long)n);
		assert_int_equal(n, 42);
		assert_int_equal(e.class, ERR_USAGE);
		assert_non_null(strstr(e.text, bad[i].text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
