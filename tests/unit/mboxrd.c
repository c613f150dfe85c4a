/* SPDX-License-Identifier: ISC */
/* mboxrd: quoted right wherever the chunks are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "err.h"
#include "mboxrd.h"

#define BEGIN "From MAILER-DAEMON Sun Nov 22 09:00:00 2026\n"
#define WHEN 1795338000

static const struct { const char *text, *want; } bodies[] = {
	{ "", "\n" }, { "a", "a\n\n" }, { "a\n", "a\n\n" }, { "\n", "\n\n" }, { "From ", ">From \n\n" }, { "From", "From\n\n" },
	{ "From\n", "From\n\n" }, { "From x\n", ">From x\n\n" }, { ">From x\n", ">>From x\n\n" }, { ">>>From x\n", ">>>>From x\n\n" },
	{ ">", ">\n\n" }, { ">>\n>From", ">>\n>From\n\n" }, { " From x\n", " From x\n\n" }, { ">From: x\n", ">From: x\n\n" },
	{ "Fro\nFrom x\nFrom y", "Fro\n>From x\n>From y\n\n" }, { "F>From x\n", "F>From x\n\n" }, { "FFrom x\n", "FFrom x\n\n" },
	{ "From From x\n", ">From From x\n\n" }, { "> From x\n", "> From x\n\n" }, { "\n\nFrom \n\n", "\n\n>From \n\n\n" },
	{ "From>From x", "From>From x\n\n" },
};

static void
test_bodies(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		const char *text = bodies[i].text;
		size_t n = strlen(text);

		for (size_t cut = 0; cut <= n; cut++)
			for (size_t step = 1; step <= n + 1; step++) {	/* the first part whole, the rest in steps */
				struct mboxrd m;
				struct buf out = {0};

				assert_int_equal(mboxrd_begin(&m, sink_buf, &out, NULL, WHEN, &e), 0);
				assert_string_equal(buf_str(&out), BEGIN);
				buf_cut(&out, 0);
				assert_int_equal(mboxrd_write(&m, text, cut, &e), 0);
				for (size_t at = cut; at < n; at += step)
					assert_int_equal(mboxrd_write(&m, text + at, n - at < step ? n - at : step, &e), 0);
				assert_int_equal(mboxrd_end(&m, &e), 0);
				assert_string_equal(buf_str(&out), bodies[i].want);
				buf_free(&out);
			}
	}
}

static void
test_begin(void **state)
{
	static const struct { const char *sender, *want; } t[] = {
		{ "ann@example.org", "From ann@example.org Sun Nov 22 09:00:00 2026\n" }, { "", BEGIN },
		{ "a b\nFrom c\x7f", "From a_b_From_c_ Sun Nov 22 09:00:00 2026\n" },
	};
	struct mboxrd m;
	struct buf out = {0};
	struct err e;
	char longer[2000];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		buf_cut(&out, 0);
		assert_int_equal(mboxrd_begin(&m, sink_buf, &out, t[i].sender, WHEN, &e), 0);
		assert_string_equal(buf_str(&out), t[i].want);
	}
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	buf_cut(&out, 0);
	assert_int_equal(mboxrd_begin(&m, sink_buf, &out, longer, WHEN, &e), 0);
	assert_int_equal(out.len, 5 + 512 + 26);
	buf_free(&out);
}

static int
full_after(void *ctx, const char *data, size_t n, struct err *e)
{
	int *left = ctx;

	(void)data, (void)n;
	return (*left)-- > 0 ? 0 : err_set(e, ERR_IO, "full");
}

/* Wherever the sink fails, the failure comes up. */
static void
test_sink_fails(void **state)
{
	struct err e;

	(void)state;
	for (int n = 0; n < 7; n++) {
		struct mboxrd m;
		int left = n;
		int done = mboxrd_begin(&m, full_after, &left, NULL, 0, &e) == 0 && mboxrd_write(&m, "a\nFr", 4, &e) == 0 &&
		    mboxrd_write(&m, "om x", 4, &e) == 0 && mboxrd_end(&m, &e) == 0;

		assert_int_equal(done, 0);
		assert_string_equal(e.text, "full");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies), cmocka_unit_test(test_begin), cmocka_unit_test(test_sink_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
