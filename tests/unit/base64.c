/* SPDX-License-Identifier: ISC */
/* base64: the vectors of RFC 4648 10, every length, and what is not canonical. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"
#include "buf.h"

static void
vectors(void **state)
{
	static const char *const v[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
	    { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "+/+/" } };

	(void)state;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct buf out = { 0 };

		base64_encode(&out, v[i][0], strlen(v[i][0]));
		assert_string_equal(buf_str(&out), v[i][1]);
		buf_cut(&out, 0);
		assert_int_equal(base64_decode(&out, v[i][1], strlen(v[i][1])), 0);
		assert_string_equal(buf_str(&out), v[i][0]);
		buf_free(&out);
	}
}

static void
every_octet_at_every_length(void **state)
{
	unsigned char data[256];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)i;
	for (size_t n = 0; n <= sizeof data; n++) {
		struct buf text = { 0 }, back = { 0 };

		buf_adds(&back, "before");
		base64_encode(&text, data + sizeof data - n, n);
		assert_int_equal(text.len, (n + 2) / 3 * 4);
		assert_int_equal(base64_decode(&back, buf_str(&text), text.len), 0);
		assert_int_equal(back.len, 6 + n);
		assert_memory_equal(back.data + 6, data + sizeof data - n, n);
		buf_free(&text);
		buf_free(&back);
	}
}

static void
refused_without_a_trace(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "====", "=Zg=", "Z===", "Zm9v=", "Zm9vZg=", "Zg==Zg==", "Zm8=Zm9v",
	    "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm-_", "Zm9v Zm9v", "\xc3\xa4" "AA" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf out = { 0 };

		buf_adds(&out, "before");
		if (base64_decode(&out, bad[i], strlen(bad[i])) != -1)
			fail_msg("taken for base64: %s", bad[i]);
		assert_string_equal(buf_str(&out), "before");
		buf_free(&out);
	}
}

static void
nul_is_no_letter(void **state)
{
	struct buf out = { 0 };

	(void)state;
	assert_int_equal(base64_decode(&out, "Zm\0v", 4), -1);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(every_octet_at_every_length),
		cmocka_unit_test(refused_without_a_trace),
		cmocka_unit_test(nul_is_no_letter),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
