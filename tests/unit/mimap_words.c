/* SPDX-License-Identifier: ISC */
/* words: encoded words of every kind, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/words.h"
#include "buf.h"
#include "rune.h"

static const struct { const char *in, *out; } cases[] = {
	{ "", "" }, { "plain", "plain" }, { "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße" }, { "=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße" },
	{ "=?iso-8859-1?Q?a=FCb?= c", "aüb c" }, { "=?us-ascii?q?a_b?=", "a b" }, { "=?utf-8*de?q?=C3=BC?=", "ü" },
	{ "x =?utf-8?q?a?= y =?utf-8?q?b?= z", "x a y b z" }, { "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" }, { "=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab" },
	{ "=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü" }, { "=?utf-8?q?a?= =?iso-8859-1?q?=FC?= b", "aü b" }, { "=?utf-8?q?a?=b", "ab" },
	{ "=?windows-1252?q?=80?=", "€" }, { "=?koi8-r?B?8NLJ18XU?=", "Привет" }, { "=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本" },
	{ "=?shift_jis?B?k/qWew==?=", "日本" }, { "=?no-such?q?a?=", "=?no-such?q?a?=" }, { "=?utf-8?x?a?=", "=?utf-8?x?a?=" }, { "=?utf-8?q?a", "=?utf-8?q?a" },
	{ "=?utf-8?b?!!!?=", "=?utf-8?b?!!!?=" }, { "=?utf-8?q?" "?=", "" }, { "=?" "?q?a?=", "=?" "?q?a?=" }, { "=?", "=?" }, { "=", "=" }, { "a=b=c", "a=b=c" },
	{ "=?utf-8?q?=ff?=", "\xef\xbf\xbd" }, { "raw \xfc", "raw ü" }, { "raw ü", "raw ü" }, { "=?utf-8?q?=4?=", "=4" }, { "=?utf-8?q?a=3D?=", "a=" },
	{ "=?utf-8?q?a?= =?utf-8?b?!?= c", "a=?utf-8?b?!?= c" }, { "=?gb2312?B?1tDOxA==?=", "中文" }, { "=?utf-8?q?=0D=0A?=", "\r\n" },
};

static void
decode(struct buf *out, const char *in, size_t n)
{
	uint32_t r;

	words_decode(out, in, n);
	for (size_t i = 0, len; i < out->len; i += len) {
		len = rune_get(out->data + i, out->len - i, &r);
		assert_true(len > 0);
	}
}

static void
test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = { 0 };

		decode(&out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(buf_str(&out), cases[i].out);
		for (size_t cut = 0; cut < strlen(cases[i].in); cut++) {	/* whatever is cut off, it is UTF-8 that comes out */
			buf_cut(&out, 0);
			decode(&out, cases[i].in, cut);
		}
		buf_free(&out);
	}
}

static void
test_nul(void **state)
{
	struct buf out = { 0 };

	(void)state;
	decode(&out, "a\0b", 3);
	assert_string_equal(buf_str(&out), "a b");
	buf_free(&out);
}

static void
test_width(void **state)
{
	(void)state;
	assert_int_equal(rune_width("abc", 3), 3);
	assert_int_equal(rune_fit("abc", 3, 2), 2);
	assert_int_equal(rune_fit("ü", 2, 1), 2);
	assert_int_equal(rune_fit("", 0, 1), 0);
	assert_int_equal(rune_fit("a\xff", 2, 2), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_nul), cmocka_unit_test(test_width),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
