/* SPDX-License-Identifier: ISC */
/* dots: every text of up to eight octets of CR, LF, dot and another, against the plain way; whole, byte by byte, cut at each
 * offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mpop/dots.h"
#include "buf.h"
#include "err.h"

/* The plain way: line by line over the whole text. Returns the octets that belong to the response, or -1 if it does not end. */
static long
plain(const char *p, size_t n, struct buf *out)
{
	size_t at = 0;

	while (at < n) {
		size_t end = at;

		if (n - at >= 3 && memcmp(p + at, ".\r\n", 3) == 0)
			return (long)at + 3;
		while (end < n && !(n - end >= 2 && p[end] == '\r' && p[end + 1] == '\n'))
			end++;
		if (end == n)
			return -1;
		if (p[at] == '.')
			at++;
		buf_add(out, p + at, end + 2 - at);
		at = end + 2;
	}
	return -1;
}

static long
feed(const char *p, size_t n, size_t first, size_t then, struct buf *out)
{
	struct dots d = { DOTS_LINE };
	struct err e;
	size_t at = 0, part = first, used;

	while (at < n) {
		int r;

		if (part == 0 || part > n - at)
			part = n - at;
		r = dots_feed(&d, p + at, part, &used, sink_buf, out, &e);
		assert_in_range(r, 0, 1);
		assert_true(used <= part);
		at += used;
		if (r == 1)
			return (long)at;
		assert_int_equal(used, part);
		part = then;
	}
	return -1;
}

static void
check(const char *p, size_t n, size_t first, size_t then, const struct buf *want, long want_used)
{
	struct buf got = { NULL, 0, 0 };

	assert_int_equal(feed(p, n, first, then, &got), want_used);
	if (want_used != -1 && (got.len != want->len || memcmp(buf_str(&got), buf_str(want), got.len) != 0))
		fail_msg("%zu octets, cut at %zu: %zu come out, want %zu", n, first, got.len, want->len);
	buf_free(&got);
}

static void
check_all_ways(const char *p, size_t n)
{
	struct buf want = { NULL, 0, 0 };
	long used = plain(p, n, &want);

	check(p, n, n, 0, &want, used);
	check(p, n, 1, 1, &want, used);
	for (size_t cut = 1; cut < n; cut++)
		check(p, n, cut, 0, &want, used);
	buf_free(&want);
}

static void
test_exhaustive(void **state)
{
	static const char letters[4] = { '.', '\r', '\n', 'a' };
	char text[9] = "";

	(void)state;
	for (size_t n = 1; n <= 8; n++)
		for (uint32_t i = 0; i < 1u << (2 * n); i++) {
			for (size_t k = 0; k < n; k++)
				text[k] = letters[i >> (2 * k) & 3];
			check_all_ways(text, n);
		}
}

/* All that is given out, also of a text that does not end yet. */
static void
test_cases(void **state)
{
	static const struct { const char *in; size_t in_len; const char *out; size_t out_len; long used; } cases[] = {
#define T(in, out, used) { in, sizeof in - 1, out, sizeof out - 1, used }
		T(".\r\n", "", 3), T(".\r\n+OK", "", 3), T("a\r\n.\r\nb", "a\r\n", 6), T("..\r\n.\r\n", ".\r\n", 7),
		T("a\n.\r\nb\r\n.\r\n", "a\n.\r\nb\r\n", 11), T("a\r.\r\n.\r\n", "a\r.\r\n", 8), T("a.\r\n.\r\n", "a.\r\n", 7),
		T(".a\r\n.\r\n", "a\r\n", 7), T(".\r\r\n.\r\n", "\r\r\n", 7), T("\0.\0\r\n.\r\n", "\0.\0\r\n", 8),
		T("\r\n.\r\n", "\r\n", 5), T("a\r\n.\n.\r\n.\r\n", "a\r\n\n.\r\n", 11), T("a", "a", -1),
		T("a\r\n.", "a\r\n", -1),
		T("a\r\n.\r", "a\r\n", -1), T("", "", -1), T("\r", "\r", -1),
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out = { NULL, 0, 0 };

		assert_int_equal(feed(cases[i].in, cases[i].in_len, 0, 0, &out), cases[i].used);
		assert_int_equal(out.len, cases[i].out_len);
		assert_memory_equal(buf_str(&out), cases[i].out, out.len);
		buf_free(&out);
	}
}

static int
refuse(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)ctx;
	(void)p;
	(void)n;
	return err_set(e, ERR_IO, "full");
}

static void
test_sink_fails(void **state)
{
	struct dots d = { DOTS_LINE };
	struct err e;
	size_t used;

	(void)state;
	assert_int_equal(dots_feed(&d, "abc", 3, &used, refuse, NULL, &e), -1);
	assert_int_equal(e.class, ERR_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exhaustive), cmocka_unit_test(test_cases), cmocka_unit_test(test_sink_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
