/* SPDX-License-Identifier: ISC */
/* buf: what is in it, that NUL bytes count, that it stays ended, that it may be handed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

static void
test_zeroed(void **state)
{
	struct buf b = { 0 };
	char *s;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_add(&b, "", 0);
	buf_drop(&b, 3);
	buf_cut(&b, 3);
	assert_int_equal(b.len, 0);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	free(s);
	buf_wipe(&b);
	buf_free(&b);
}

static void
test_adding(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_adds(&b, "ab");
	buf_addc(&b, 'c');
	buf_add(&b, "d\0e", 3);
	buf_printf(&b, "-%d-%s", 7, "x");
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "abcd\0e-7-x", 11);
	buf_drop(&b, 5);
	assert_string_equal(buf_str(&b), "e-7-x");
	buf_cut(&b, 2);
	assert_string_equal(buf_str(&b), "e-");
	buf_cut(&b, 9);
	assert_int_equal(b.len, 2);
	buf_drop(&b, 3);
	assert_string_equal(buf_str(&b), "");
	buf_free(&b);
	assert_null(b.data);
}

static void
test_growing(void **state)
{
	struct buf b = { 0 };
	char *s;
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		assert_true(b.len < b.cap);
		assert_int_equal(b.data[b.len], 0);
	}
	for (i = 0; i < b.len; i++)
		if (b.data[i] != (char)('a' + i % 26))
			fail();
	s = buf_steal(&b);
	assert_int_equal(strlen(s), 100000);
	assert_int_equal(b.len + b.cap, 0);
	buf_printf(&b, "%s", s);
	assert_string_equal(s, buf_str(&b));
	free(s);
	buf_wipe(&b);
	assert_null(b.data);
}

static void
test_reserved_does_not_move(void **state)
{
	struct buf b = { 0 };
	char *at;
	int i;

	(void)state;
	buf_reserve(&b, 1000);
	at = b.data;
	for (i = 0; i < 1000; i++)
		buf_addc(&b, 'x');
	assert_ptr_equal(at, b.data);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_adding),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_reserved_does_not_move),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
