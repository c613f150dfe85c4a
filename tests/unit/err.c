/* SPDX-License-Identifier: ISC */
/* err: texts, prefixes, limits, classes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

static void
test_texts(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(err_set(&e, ERR_DATA, "bad \"%s\"", "x"), -1);
	assert_int_equal(e.class, ERR_DATA);
	assert_string_equal(e.text, "bad \"x\"");
	assert_int_equal(err_prefix(&e, "line %d", 3), -1);
	assert_string_equal(e.text, "line 3: bad \"x\"");
	assert_int_equal(e.class, ERR_DATA);
	errno = ENOENT;
	assert_int_equal(err_sys(&e, ERR_IO, "open %s", "f"), -1);
	assert_string_equal(e.text, "open f: No such file or directory");
	err_set(&e, ERR_TEMP, "%s again", e.text);
	assert_string_equal(e.text, "open f: No such file or directory again");
	err_clear(&e);
	assert_int_equal(e.class, ERR_NONE);
	assert_string_equal(e.text, "");
}

static void
test_limits(void **state)
{
	struct err e = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set(&e, ERR_DATA, "%s", text);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	err_prefix(&e, "%s", "p");
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_memory_equal(e.text, "p: aaa", 6);
	err_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	errno = EIO;
	err_sys(&e, ERR_IO, "%s", text);
	assert_non_null(strstr(e.text, "aaa: Input/output error"));	/* the reason stays, whatever the length */
}

static void
test_classes(void **state)
{
	static const struct { int number; enum err_class class; } cases[] = {
		{ ENOSPC, ERR_IO }, { EDQUOT, ERR_IO }, { EIO, ERR_IO }, { EFBIG, ERR_IO }, { EACCES, ERR_CANTCREAT },
		{ EROFS, ERR_CANTCREAT },
		{ ENOENT, ERR_CANTCREAT }, { ENOTDIR, ERR_CANTCREAT }, { EMFILE, ERR_TEMP }, { ENOMEM, ERR_TEMP },
		{ EBADF, ERR_IO },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(err_file(cases[i].number), cases[i].class);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_classes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
