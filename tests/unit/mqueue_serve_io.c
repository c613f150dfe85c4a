/* SPDX-License-Identifier: ISC */
/* serve_io: lines and their limits, and that no client can make time stand still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "../../cmd/mqueue/serve_io.h"
#include "deadline.h"
#include "err.h"

static struct serve_io io;
static int in[2], out[2];

static int
begin(void **state)
{
	(void)state;
	if (pipe(in) == -1 || pipe(out) == -1)
		return -1;
	serve_io_open(&io, in[0], out[1], SERVE_WAIT);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	serve_io_close(&io);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
	return 0;
}

static void
say(const char *text)
{
	assert_int_equal(write(in[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void
test_lines(void **state)
{
	static const struct { const char *said; enum serve_io_result result; const char *line; } cases[] = {
		{ "NOOP\r\n", SERVE_OK, "NOOP" }, { "\r\n", SERVE_OK, "" }, { "12345678\r\n", SERVE_OK, "12345678" },
		{ "123456789\r\n", SERVE_LONG, "123456789" }, { "a\n", SERVE_BARE, NULL }, { "\n", SERVE_BARE, NULL },
		{ "a\rb\r\n", SERVE_BARE, NULL }, { "a\r\r\n", SERVE_BARE, NULL },
	};
	struct err e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		say(cases[i].said);
		assert_int_equal(serve_io_line(&io, 8, &e), cases[i].result);
		if (cases[i].line != NULL)
			assert_string_equal(buf_str(&io.line), cases[i].line);
	}
}

/* What is pipelined is answered in one go, before it waits for more. */
static void
test_flight(void **state)
{
	char got[64] = "";
	struct err e = { 0 };

	(void)state;
	say("A\r\nB\r\nC\r\n");
	assert_int_equal(serve_io_line(&io, 8, &e), SERVE_OK);
	buf_adds(&io.reply, "1");
	assert_int_equal(serve_io_line(&io, 8, &e), SERVE_OK);
	buf_adds(&io.reply, "2");
	assert_int_equal(serve_io_line(&io, 8, &e), SERVE_OK);
	assert_int_equal(io.reply.len, 2);
	close(in[1]);
	in[1] = dup(0);
	assert_int_equal(serve_io_line(&io, 8, &e), SERVE_GONE);
	assert_int_equal(serve_io_flush(&io, &e), 0);
	assert_int_equal(read(out[0], got, sizeof got), 2);
	assert_string_equal(got, "12");
}

/* Octets of one line do not put its end off, however they drip. */
static void
test_drip(void **state)
{
	struct err e = { 0 };
	int64_t step;
	const char *p;
	size_t n, i;

	(void)state;
	serve_io_arm(&io);
	assert_in_range(io.step - deadline_now(), SERVE_WAIT - 10000, SERVE_WAIT);
	io.step = step = deadline_now() + 100000;
	for (i = 0; i < 4095; i++) {
		say("x");
		assert_int_equal(serve_io_some(&io, &p, &n, &e), SERVE_OK);
		serve_io_take(&io, 1);
		assert_int_equal(io.step, step);
	}
	say("x");
	assert_int_equal(serve_io_some(&io, &p, &n, &e), SERVE_OK);
	serve_io_take(&io, 1);
	assert_true(io.step > step);		/* 4096 are worth another wait */
}

static void
test_over(void **state)
{
	struct err e = { 0 };
	const char *p;
	size_t n;

	(void)state;
	say("half a li");
	assert_int_equal(serve_io_some(&io, &p, &n, &e), SERVE_OK);
	serve_io_take(&io, n);
	io.step = deadline_now() - 1;
	assert_int_equal(serve_io_some(&io, &p, &n, &e), SERVE_GONE);
	assert_non_null(strstr(e.text, "timed out"));
}

/* The session's end is the end of every wait. */
static void
test_session(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_in_range(io.last - deadline_now(), SERVE_SESSION - 10000, SERVE_SESSION);
	io.last = deadline_now() - 1;
	assert_int_equal(serve_io_line(&io, 8, &e), SERVE_GONE);
	assert_non_null(strstr(e.text, "timed out"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, begin, end), cmocka_unit_test_setup_teardown(test_flight, begin, end),
		cmocka_unit_test_setup_teardown(test_drip, begin, end), cmocka_unit_test_setup_teardown(test_over, begin, end),
		cmocka_unit_test_setup_teardown(test_session, begin, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
