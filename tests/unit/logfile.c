/* SPDX-License-Identifier: ISC */
/* logfile: words and quotes that can't be broken out of, lines that are appended whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "err.h"
#include "logfile.h"

static void
test_fields(void **state)
{
	struct buf line = { 0 };

	(void)state;
	logfile_word(&line, "user", "a b\n=");
	logfile_quoted(&line, "msg", "it's \033[1m so");
	assert_string_equal(line.data, "user=a\\040b\\n= msg='it\\'s \\^[[1m so' ");
	buf_free(&line);
	assert_string_equal(logfile_code(0), "EX_OK");
	assert_string_equal(logfile_code(ERR_TEMP), "EX_TEMPFAIL");
	assert_string_equal(logfile_code(3), "EX_SOFTWARE");
}

static void
test_lines(void **state)
{
	char path[] = "/tmp/pp-logfile.XXXXXX", text[256];
	struct buf line = { 0 };
	int fd = mkstemp(path), opened = logfile_open(path);
	ssize_t n;

	(void)state;
	assert_true(fd != -1 && opened != -1);
	buf_adds(&line, "a=b exitcode=EX_OK");
	logfile_write("test", path, opened, &line, 0);
	logfile_write("test", path, -1, &line, 0);
	n = read(fd, text, sizeof text - 1);
	assert_int_equal(n, 2 * (16 + 18 + 1));
	text[n] = '\0';
	assert_string_equal(text + 16 + 19 + 16, "a=b exitcode=EX_OK\n");
	assert_int_equal(logfile_open("syslog"), -1);
	close(fd);
	close(opened);
	unlink(path);
	buf_free(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fields), cmocka_unit_test(test_lines) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
