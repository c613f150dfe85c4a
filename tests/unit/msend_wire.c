/* SPDX-License-Identifier: ISC */
/* wire: every string of at most six octets over { CR LF . a }, in pieces of every size, leaves as RFC 5321 wants it, comes back with the
 * same lines, and is counted to the octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/msend/wire.h"
#include "buf.h"
#include "err.h"

#define LENGTH 6

static void
through(struct buf *out, const char *p, size_t n, size_t piece, int dots)
{
	struct wire w;
	struct err e;
	size_t at, len;

	buf_cut(out, 0);
	wire_begin(&w, dots, sink_buf, out);
	for (at = 0; at < n; at += len) {
		len = n - at < piece ? n - at : piece;
		assert_int_equal(wire_write(&w, p + at, len, &e), 0);
	}
	assert_int_equal(wire_end(&w, &e), 0);
}

/* The plain way: lines end by CRLF, CR or LF. */
static void
expected(struct buf *out, const char *p, size_t n, int dots)
{
	size_t i, begun = 0;

	buf_cut(out, 0);
	for (i = 0; i < n; i++) {
		if (p[i] == '\n' && i > 0 && p[i - 1] == '\r')
			continue;
		if (p[i] == '\r' || p[i] == '\n') {
			buf_adds(out, "\r\n");
			begun = 0;
			continue;
		}
		if (dots && !begun && p[i] == '.')
			buf_addc(out, '.');
		buf_addc(out, p[i]);
		begun = 1;
	}
	if (begun)
		buf_adds(out, "\r\n");
}

/* What a server that ends at CRLF "." CRLF, or a careless one, could take for the end. */
static void
assert_no_end(const struct buf *b)
{
	size_t i;

	for (i = 0; i < b->len; i++) {
		if (b->data[i] == '\r')
			assert_true(i + 1 < b->len && b->data[i + 1] == '\n');
		if (b->data[i] == '\n')
			assert_true(i > 0 && b->data[i - 1] == '\r');
		if (b->data[i] == '.' && (i == 0 || b->data[i - 1] == '\n'))
			assert_int_equal(b->data[i + 1], '.');
	}
}

static void
counted(const char *p, size_t n, size_t piece, const struct buf *plain)
{
	struct scan s = { 0 };
	size_t at, len, longest = 0, line = 0;

	for (at = 0; at < n; at += len) {
		len = n - at < piece ? n - at : piece;
		scan_feed(&s, p + at, len);
	}
	scan_end(&s);
	for (at = 0; at < plain->len; at++) {
		line = plain->data[at] == '\r' || plain->data[at] == '\n' ? 0 : line + 1;
		longest = line > longest ? line : longest;
	}
	assert_true(s.wire == plain->len && s.bytes == n && s.longest == longest && !s.eight && !s.nul);
}

static void
one(const char *p, size_t n, struct buf *got, struct buf *want)
{
	size_t piece;

	for (piece = 1; piece <= n || piece == 1; piece++) {
		through(got, p, n, piece, 1);
		expected(want, p, n, 1);
		assert_int_equal(got->len, want->len);
		assert_memory_equal(buf_str(got), buf_str(want), want->len);
		assert_no_end(got);
		through(got, p, n, piece, 0);
		expected(want, p, n, 0);
		assert_int_equal(got->len, want->len);
		assert_memory_equal(buf_str(got), buf_str(want), want->len);
		counted(p, n, piece, want);
	}
}

static void
every_string(void **state)
{
	static const char letters[] = { '\r', '\n', '.', 'a' };
	struct buf got = { 0 }, want = { 0 };
	char text[LENGTH];
	size_t n, i;
	unsigned int code;

	(void)state;
	for (n = 0; n <= LENGTH; n++)
		for (code = 0; code < 1u << (2 * n); code++) {
			for (i = 0; i < n; i++)
				text[i] = letters[code >> (2 * i) & 3];
			one(text, n, &got, &want);
		}
	buf_free(&got);
	buf_free(&want);
}

static void
facts(void **state)
{
	struct scan s = { 0 };
	size_t i;
	char text[64];

	(void)state;
	for (i = 0; i < sizeof(text); i++) {	/* wherever it stands */
		memset(text, 'a', sizeof(text));
		text[i] = (char)0x80;
		memset(&s, 0, sizeof(s));
		scan_feed(&s, text, sizeof(text));
		assert_true(s.eight && !s.nul && !s.bare);
		text[i] = '\0';
		memset(&s, 0, sizeof(s));
		scan_feed(&s, text, sizeof(text));
		assert_true(!s.eight && s.nul);
	}
	memset(&s, 0, sizeof(s));
	scan_feed(&s, "a\r", 2);
	scan_feed(&s, "\nb\n", 3);
	scan_end(&s);
	assert_false(s.bare);
	scan_feed(&s, "x\ry", 3);
	assert_true(s.bare);
	memset(&s, 0, sizeof(s));
	scan_feed(&s, "x\r", 2);
	scan_end(&s);
	assert_true(s.bare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_string), cmocka_unit_test(facts) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
