/* SPDX-License-Identifier: ISC */
/* progress: the line's text, and silence where stderr is no terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "progress.h"

static const struct { uint64_t items, items_all, bytes, bytes_all; int64_t ms; const char *want; } cases[] = {
	{ 120, 1000, 3400000, 20000000, 1619, "fetching 120 of 1000, 3.4 of 20 MB, 2.1 MB/s, 8 s left" },
	{ 0, 1000, 0, 0, 600, "fetching 0 of 1000" },
	{ 10, 1000, 0, 0, 1000, "fetching 10 of 1000, 2 min left" },
	{ 1, 0, 500, 0, 1000, "fetching 1, 500 B, 500 B/s" },
	{ 0, 0, 2500000000, 5000000000, 100000, "fetching 2.5 of 5.0 GB, 25 MB/s, 2 min left" },
	{ 0, 0, 1000, 100000000, 1000, "fetching 0.0 of 100 MB, 1.0 kB/s, 28 h left" },
	{ 5, 5, 1000, 1000, 0, "fetching 5 of 5, 1.0 of 1.0 kB, 1.0 MB/s" },
	{ 6, 5, 2000, 1000, 1000, "fetching 6 of 5, 2.0 of 1.0 kB, 2.0 kB/s" },
};

static void
test_text(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct progress p = { .verb = "fetching", .items = cases[i].items, .items_all = cases[i].items_all,
		    .bytes = cases[i].bytes,
		    .bytes_all = cases[i].bytes_all, .began = 1000 };

		buf_cut(&b, 0);
		progress_text(&p, 1000 + cases[i].ms, &b);
		assert_string_equal(buf_str(&b), cases[i].want);
	}
	buf_free(&b);
}

static void
test_quiet(void **state)
{
	struct progress p;

	(void)state;
	progress_begin(&p, "sending", 2, 10, 1);
	assert_int_equal(p.on, 0);
	progress_add(&p, 1, 5);
	progress_add(&p, 1, 5);
	assert_int_equal(p.items, 2);
	assert_int_equal(p.bytes, 10);
	progress_end(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_quiet),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
