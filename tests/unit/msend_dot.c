/* SPDX-License-Identifier: ISC */
/* dot: input up to a line of a single dot, in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../cmd/msend/dot.h"
#include "buf.h"

static const struct {
	const char *in, *out;
} cases[] = {
	{ "", "" }, { "a\n", "a\n" }, { ".", "" }, { ".\n", "" }, { ".\r\n", "" }, { ".\r", "" }, { ".\nrest\n", "" },
	{ "a\n.\nb\n", "a\n" }, { "a\r\n.\r\nb\n", "a\r\n" }, { "a\n.", "a\n" }, { "a\n.b\n", "a\n.b\n" }, { "a\n..\n", "a\n..\n" },
	{ "a.\n.\n", "a.\n" }, { "\n\n.\n", "\n\n" }, { ".\r.\n", ".\r.\n" }, { "a\n.\rb\n.\n", "a\n.\rb\n" }, { "a\r.\nb", "a\r.\nb" },
	{ "..\n.\r\r\n.\n", "..\n.\r\r\n" },
};

/* It is asked for `room` octets at a time, so that the end falls on every place of a piece. */
static void
read_all(struct buf *out, const char *in, size_t room, int dot_ends)
{
	struct dot_input d = { .dot_ends = dot_ends };
	char chunk[64];
	ssize_t n;
	int p[2];

	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], in, strlen(in)), (ssize_t)strlen(in));
	close(p[1]);
	d.fd = p[0];
	while ((n = dot_read(&d, chunk, room)) > 0)
		buf_add(out, chunk, (size_t)n);
	assert_int_equal(n, 0);
	close(p[0]);
}

static void
in_pieces(void **state)
{
	struct buf out = { 0 };
	size_t i, room;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (room = 4; room < 20; room++) {
			buf_cut(&out, 0);
			read_all(&out, cases[i].in, room, 1);
			assert_string_equal(buf_str(&out), cases[i].out);
			buf_cut(&out, 0);
			read_all(&out, cases[i].in, room, 0);
			assert_string_equal(buf_str(&out), cases[i].in);
		}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_pieces) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
