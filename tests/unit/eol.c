/* SPDX-License-Identifier: ISC */
/* eol: each text whole, byte by byte, and cut at each offset; the same comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "eol.h"
#include "err.h"

typedef int chunk_fn(struct eol *, const char *, size_t, sink_fn *, void *, struct err *);
typedef int end_fn(struct eol *, sink_fn *, void *, struct err *);

struct way {
	chunk_fn *chunk;
	end_fn *end;
};

static const struct way to_lf = { eol_to_lf, eol_to_lf_end }, to_crlf = { eol_to_crlf, eol_to_crlf_end };

#define T(way, in, out) { &way, in, sizeof in - 1, out, sizeof out - 1 }

static const struct { const struct way *way; const char *in; size_t in_len; const char *out; size_t out_len; } cases[] = {
	T(to_lf, "", ""), T(to_lf, "\r\n", "\n"), T(to_lf, "a\r\nb\r\n", "a\nb\n"), T(to_lf, "a", "a"), T(to_lf, "a\r", "a\r"),
	T(to_lf, "\r\r\n", "\r\n"), T(to_lf, "\r\r\r", "\r\r\r"), T(to_lf, "\n\r", "\n\r"),
	T(to_lf, "a\nb\rc\r\n", "a\nb\rc\n"),
	T(to_lf, "a\0\r\n\0", "a\0\n\0"), T(to_lf, "\r\n\r\n\r\n", "\n\n\n"),
	T(to_crlf, "", ""), T(to_crlf, "\n", "\r\n"), T(to_crlf, "a\nb\n", "a\r\nb\r\n"), T(to_crlf, "a", "a\r\n"),
	T(to_crlf, "a\r", "a\r\n"),
	T(to_crlf, "a\r\nb", "a\r\nb\r\n"), T(to_crlf, "\r\r\n", "\r\n\r\n"), T(to_crlf, "\n\r", "\r\n\r\n"),
	T(to_crlf, "\r.\r\n", "\r\n.\r\n"),
	T(to_crlf, "\n.\n", "\r\n.\r\n"), T(to_crlf, "\r\n\n\r", "\r\n\r\n\r\n"), T(to_crlf, "a\0\nb", "a\0\r\nb\r\n"),
	T(to_crlf, "\r\rx\r", "\r\n\r\nx\r\n"),
};

static void
feed(const struct way *way, struct eol *s, struct buf *out, const char *p, size_t n)
{
	struct err e;

	assert_int_equal(way->chunk(s, p, n, sink_buf, out, &e), 0);
}

static void
finish(size_t i, struct eol *s, struct buf *out, const char *how)
{
	struct err e;

	assert_int_equal(cases[i].way->end(s, sink_buf, out, &e), 0);
	if (out->len != cases[i].out_len || memcmp(buf_str(out), cases[i].out, out->len) != 0)
		fail_msg("case %zu %s: %zu octets, want %zu", i, how, out->len, cases[i].out_len);
	buf_cut(out, 0);
	*s = (struct eol){ 0 };
}

static void
test_cases(void **state)
{
	struct eol s = { 0 };
	struct buf out = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		feed(cases[i].way, &s, &out, cases[i].in, cases[i].in_len);
		finish(i, &s, &out, "whole");
		for (k = 0; k < cases[i].in_len; k++)
			feed(cases[i].way, &s, &out, cases[i].in + k, 1);
		finish(i, &s, &out, "byte by byte");
		for (k = 0; k <= cases[i].in_len; k++) {
			feed(cases[i].way, &s, &out, cases[i].in, k);
			feed(cases[i].way, &s, &out, cases[i].in + k, cases[i].in_len - k);
			finish(i, &s, &out, "cut");
		}
	}
	buf_free(&out);
}

/* Longer than what eol gathers: lines of each length round 8192, and there and back. */
static void
test_long(void **state)
{
	struct buf in = { 0 }, wire = { 0 }, back = { 0 };
	struct eol s = { 0 };
	struct err e;
	size_t n;

	(void)state;
	for (n = 8180; n < 8200; n++) {
		buf_reserve(&in, n + 1);
		memset(in.data + in.len, 'x', n);
		in.len += n;
		buf_addc(&in, '\n');
	}
	feed(&to_crlf, &s, &wire, in.data, in.len);
	assert_int_equal(s.mid, 0);
	assert_int_equal(wire.len, in.len + 20);
	s = (struct eol){ 0 };
	feed(&to_lf, &s, &back, wire.data, wire.len);
	assert_int_equal(eol_to_lf_end(&s, sink_buf, &back, &e), 0);
	assert_int_equal(back.len, in.len);
	assert_memory_equal(back.data, in.data, in.len);
	buf_free(&in);
	buf_free(&wire);
	buf_free(&back);
}

static int
full(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)ctx, (void)p, (void)n;
	return err_set(e, ERR_IO, "full");
}

static void
test_sink_fails(void **state)
{
	struct eol s = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(eol_to_lf(&s, "a\r\n", 3, full, NULL, &e), -1);
	assert_int_equal(eol_to_crlf(&s, "a\n", 2, full, NULL, &e), -1);
	assert_string_equal(e.text, "full");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_sink_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
