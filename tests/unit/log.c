/* SPDX-License-Identifier: ISC */
/* log: what stays, what is escaped; what reaches stderr. */
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
#include "log.h"

#define SAME(s) { s, sizeof s - 1, s }
#define TO(s, want) { s, sizeof s - 1, want }

static const struct { const char *text; size_t len; const char *want; } cases[] = {
	SAME(""), SAME("250 2.0.0 Ok: queued as 4XYZ"), SAME("DOMAIN\\user ~ 100% %s%n"),
	SAME("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x93\xac"),
	SAME("\xc2\xa0 \xf4\x8f\xbf\xbf"),
	TO("\x1b[31mred", "\\^[[31mred"), TO("a\tb\r\nc", "a\\tb\\r\\nc"), TO("\x7f", "\\^?"), TO("a\0b", "a\\000b"),
	TO("\x9b" "31m", "\\x9b31m"), TO("\xc2\x9b" "31m", "\\xc2\\x9b31m"), TO("\xc2\x80", "\\xc2\\x80"),
	TO("\xe2\x80\xae" "abc", "\\xe2\\x80\\xaeabc"), TO("\xe2\x80\xaa", "\\xe2\\x80\\xaa"),
	TO("\xe2\x81\xa6", "\\xe2\\x81\\xa6"),
	TO("\xe2\x81\xa9", "\\xe2\\x81\\xa9"), TO("\xe2\x80\xa8", "\\xe2\\x80\\xa8"),
	TO("\xc0\x9b", "\\xc0\\x9b"), TO("\xe0\x82\x9b", "\\xe0\\x82\\x9b"), TO("\xed\xa0\x80", "\\xed\\xa0\\x80"),
	TO("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"), TO("\xff\xfe", "\\xff\\xfe"), TO("\xe2\x82", "\\xe2\\x82"),
	TO("\xc3(", "\\xc3("),
	TO("ok\xf0\x9f\x93", "ok\\xf0\\x9f\\x93"),
};

static void
test_safe(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_cut(&b, 0);
		log_safe(&b, cases[i].text, cases[i].len);
		assert_string_equal(buf_str(&b), cases[i].want);
	}
	buf_free(&b);
}

/* Each single byte, and each character of two bytes: nothing but printable ASCII and whole characters comes out. */
static void
test_every_pair(void **state)
{
	struct buf b = { 0 };
	unsigned int i;
	size_t k;
	char text[2];

	(void)state;
	for (i = 0; i < 65536; i++) {
		text[0] = (char)(i >> 8);
		text[1] = (char)i;
		buf_cut(&b, 0);
		log_safe(&b, text, 2);
		for (k = 0; k < b.len; k++)
			if ((b.data[k] >= 0 && b.data[k] < 0x20) || b.data[k] == 0x7f
			    || (b.data[k] == '\xc2' && (unsigned char)b.data[k + 1] < 0xa0))
				fail_msg("%04x", i);
	}
	buf_free(&b);
}

static void
test_stderr(void **state)
{
	struct err e = { .class = ERR_TEMP, .text = "server said \"\x1b[2J\"" };
	char got[300] = "";
	FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO), rc;
	size_t n;

	(void)state;
	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	log_init("mtest");
	log_warn("%d \x07 %s", 1, "two");
	rc = log_err(&e);
	log_trace("C", "EHLO \x9b", 6);
	log_status("busy");
	log_warn("over");
	log_status(NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	n = fread(got, 1, sizeof got - 1, f);
	got[n] = '\0';
	fclose(f);
	assert_int_equal(rc, 75);
	assert_string_equal(got,
	    "mtest: 1 \\a two\nmtest: server said \"\\^[[2J\"\nC: EHLO \\x9b\n\r\033[Kbusy\r\033[Kmtest: over\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_stderr),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
