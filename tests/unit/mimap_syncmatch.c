/* SPDX-License-Identifier: ISC */
/* syncmatch: pairs by key, by number and size; each is used once; and it takes no longer than sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncmatch.h"

#define NONE SYNCMATCH_NONE
#define MAX 4

static const struct {
	const char *what;
	struct syncmatch_item a[MAX], b[MAX];
	size_t na, nb, with[MAX];	/* of a */
} cases[] = {
	{ "nothing", { { 0 } }, { { 0 } }, 0, 0, { 0 } },
	{ "one and nothing", { { .ident = 1, .size = 9 } }, { { 0 } }, 1, 0, { NONE } },
	{ "number and size", { { .ident = 1, .size = 9 }, { .ident = 2, .size = 9 } }, { { .ident = 2, .size = 9 }, { .ident = 1, .size = 9 } }, 2, 2, { 1, 0 } },
	{ "another size", { { .ident = 1, .size = 9 } }, { { .ident = 1, .size = 8 } }, 1, 1, { NONE } },
	{ "no number", { { .size = 9 } }, { { .size = 9 } }, 1, 1, { NONE } },
	{ "no size", { { .ident = 1 } }, { { .ident = 1 } }, 1, 1, { NONE } },
	{ "the size after sending", { { .ident = 1, .size = 9, .size_up = 11 } }, { { .ident = 1, .size = 11 } }, 1, 1, { 0 } },
	{ "the size before sending", { { .ident = 1, .size = 9, .size_up = 11 } }, { { .ident = 1, .size = 9 } }, 1, 1, { 0 } },
	{ "two sizes that are both changed", { { .ident = 1, .size = 9, .size_up = 11 } }, { { .ident = 1, .size = 8, .size_up = 11 } }, 1, 1, { NONE } },
	{ "equals by date", { { .ident = 1, .size = 9, .date = 5 }, { .ident = 1, .size = 9, .date = 7 } },
	    { { .ident = 1, .size = 9, .date = 7 }, { .ident = 1, .size = 9, .date = 5 } }, 2, 2, { 1, 0 } },
	{ "the same date before the order", { { .ident = 1, .size = 9, .date = 5 }, { .ident = 1, .size = 9, .date = 7 } },
	    { { .ident = 1, .size = 9, .date = 7 } }, 2, 1, { NONE, 0 } },
	{ "equals by order", { { .ident = 1, .size = 9 }, { .ident = 1, .size = 9 } }, { { .ident = 1, .size = 9 }, { .ident = 1, .size = 9 } }, 2, 2, { 0, 1 } },
	{ "more there", { { .ident = 1, .size = 9 } }, { { .ident = 1, .size = 9 }, { .ident = 1, .size = 9 } }, 1, 2, { 0 } },
	{ "key", { { .key = "x" } }, { { .key = "y" }, { .key = "x" } }, 1, 2, { 1 } },
	{ "key before number", { { .ident = 1, .size = 9, .key = "x" } }, { { .ident = 1, .size = 9 }, { .ident = 1, .size = 9, .key = "x" } }, 1, 2, { 1 } },
	{ "a key that the size denies", { { .size = 9, .key = "x" } }, { { .size = 8, .key = "x" } }, 1, 1, { NONE } },
	{ "a key that the number denies", { { .ident = 1, .size = 9, .key = "x" } }, { { .ident = 2, .size = 9, .key = "x" } }, 1, 1, { NONE } },
	{ "one key, two numbers", { { .ident = 2, .size = 9, .key = "x" } }, { { .ident = 1, .size = 9, .key = "x" }, { .ident = 2, .size = 9, .key = "x" } },
	    1, 2, { 1 } },
	{ "a UID that was there before", { { .ident = 1, .size = 9, .from = 20 } }, { { .ident = 1, .size = 9, .uid = 19 } }, 1, 1, { NONE } },
	{ "one that was, one that was not", { { .ident = 1, .size = 9, .from = 20 } },
	    { { .ident = 1, .size = 9, .uid = 19 }, { .ident = 1, .size = 9, .uid = 20 } }, 1, 2, { 1 } },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct syncmatch_item a[MAX], b[MAX];
		size_t pairs = 0, got;

		for (size_t j = 0; j < MAX; j++)
			a[j] = cases[i].a[j], b[j] = cases[i].b[j];
		got = syncmatch(a, cases[i].na, b, cases[i].nb);
		for (size_t j = 0; j < cases[i].na; j++) {
			if (a[j].with != cases[i].with[j])
				fail_msg("%s: %zu goes with %zu", cases[i].what, j, a[j].with);
			pairs += a[j].with != NONE;
			if (a[j].with != NONE)
				assert_int_equal(b[a[j].with].with, j);
		}
		assert_int_equal(got, pairs);
	}
}

/* Many, among them many that are alike: as many pairs as there can be, each one used once. */
static void
test_many(void **state)
{
	enum { N = 50000 };
	struct syncmatch_item *a = calloc(N, sizeof(*a)), *b = calloc(N, sizeof(*b));
	size_t pairs = 0;

	(void)state;
	assert_true(a != NULL && b != NULL);
	srandom(1);
	for (size_t i = 0; i < N; i++) {
		a[i] = (struct syncmatch_item){ .ident = i < N / 2 ? 7 : i, .size = 100, .date = random() % 50 };
		b[i] = (struct syncmatch_item){ .ident = i < N / 2 ? 7 : i, .size = 100, .date = random() % 50 };
	}
	assert_int_equal(syncmatch(a, N, b, N), N);
	for (size_t i = 0; i < N; i++) {
		assert_true(a[i].with < N);
		assert_true(b[a[i].with].with == i);
		pairs += a[i].date == b[a[i].with].date;
	}
	assert_true(pairs > N / 4);
	free(a);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_many) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
