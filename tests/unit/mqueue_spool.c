/* SPDX-License-Identifier: ISC */
/* spool_list: the names in a queue, in order, and window by window the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/mqueue/spool.h"
#include "err.h"
#include "scratch.h"

static struct spool queue;

static void
touch(const char *box, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", box, name);
	put_file(in_scratch(path), "", 0);
}

/* Foreign ones, the same second, the same name in both, and some that a maildir reader has moved. */
static int
fill(void **state)
{
	struct err e = { 0 };
	char name[300];
	int i;

	if (scratch_make(state) == -1 || spool_open(&queue, in_scratch("queue"), 1, &e) != 0)
		return -1;
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "%010d.%08d.host", 1795344000 + i * 7 % 13, i);
		touch("queue/new", name);
		if (i % 10 == 0)
			touch("queue/cur", name);
		strlcat(name, "moved:2,S", sizeof name);
		if (i % 7 == 0)
			touch("queue/cur", name);
	}
	touch("queue/new", "foreign");
	touch("queue/cur", "1795344000.M1P2Q3.host");
	touch("queue/new", ".hidden");
	return 0;
}

static int
empty(void **state)
{
	spool_close(&queue);
	return scratch_remove(state);
}

static void
test_windows(void **state)
{
	struct spool_list all, window = { .at = NULL };
	struct err e = { 0 };
	size_t most, seen, i;
	int more;

	(void)state;
	assert_int_equal(spool_list(&queue, &all, &e), 0);
	assert_int_equal(all.count, 100 + 10 + 15 + 2);
	assert_string_equal(all.at[0].name, "1795344000.M1P2Q3.host");
	assert_string_equal(all.at[1].name, "foreign");
	for (i = 3; i < all.count; i++)
		assert_true(all.at[i - 1].when <= all.at[i].when);
	for (most = 1; most <= all.count + 1; most++) {
		for (seen = 0; (more = spool_list_next(&queue, &window, most, &e)) == 1; seen += window.count) {
			assert_in_range(window.count, 1, most);
			assert_int_equal(window.more, seen + window.count < all.count);
			for (i = 0; i < window.count; i++) {
				assert_string_equal(window.at[i].name, all.at[seen + i].name);
				assert_int_equal(window.at[i].box, all.at[seen + i].box);
			}
		}
		assert_int_equal(more, 0);
		assert_int_equal(seen, all.count);
		spool_list_free(&window);
	}
	spool_list_free(&all);
}

static void
test_drop(void **state)
{
	struct spool_list before, after;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(spool_list(&queue, &before, &e), 0);
	touch("queue/new", "1795344005.zzzzzzzz.late");
	touch("queue/cur", "1000000000.00000000.early");
	assert_int_equal(spool_list(&queue, &after, &e), 0);
	spool_list_drop(&after, &before);
	assert_int_equal(after.count, 2);
	assert_string_equal(after.at[0].id, "00000000");
	assert_string_equal(after.at[1].id, "zzzzzzzz");
	spool_list_free(&before);
	spool_list_free(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_windows), cmocka_unit_test(test_drop) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, fill, empty);
}
