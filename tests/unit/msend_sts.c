/* SPDX-License-Identifier: ISC */
/* sts: policies whole and cut, what they mean for a host, and the records that announce them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "../../cmd/msend/sts.h"

#define HEAD "version: STSv1\nmode: enforce\nmax_age: 86400\n"

static const struct { const char *text; int rc; enum sts_mode mode; long age; size_t n; } cases[] = {
	{ HEAD "mx: a.example\n", 0, STS_ENFORCE, 86400, 1 },
	{ HEAD "mx: a.example", 0, STS_ENFORCE, 86400, 1 },
	{ "version: STSv1\r\nmode: testing\r\nmx: a.example\r\nmx: *.b.example\r\nmax_age: 0\r\n", 0, STS_TESTING, 0, 2 },
	{ "mode:none\nmax_age:31557600\nversion:STSv1", 0, STS_NONE, 31557600, 0 },
	{ HEAD "\n \t\nmx:\ta.example \t\nfuture: x: y\n", 0, STS_ENFORCE, 86400, 1 },
	{ HEAD "mode: none\nmax_age: 5\nversion: STSv2\nmx: a.example\n", 0, STS_ENFORCE, 86400, 1 },	/* the first counts */
	{ HEAD "mx: a..example\nmx: *.\nmx: a.example\nmx: *.*.example\n", 0, STS_ENFORCE, 86400, 1 },
	{ HEAD, -1, 0, 0, 0 },
	{ HEAD "mx: *\n", -1, 0, 0, 0 },
	{ HEAD "mx: a.example\nno colon\n", -1, 0, 0, 0 },
	{ "", -1, 0, 0, 0 },
	{ "version: STSv2\nmode: none\nmax_age: 1\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: Enforce\nmax_age: 1\nmx: a\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: none\n", -1, 0, 0, 0 },
	{ "mode: none\nmax_age: 1\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmax_age: 1\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: none\nmax_age: 31557601\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: none\nmax_age: -1\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: none\nmax_age: 1s\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: none\nmax_age: +1\n", -1, 0, 0, 0 },
	{ "version: STSv1\nmode: none\nmax_age:\n", -1, 0, 0, 0 },
	{ "<html>\n", -1, 0, 0, 0 },
};

static void
policies(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sts s = { 0 };

		assert_int_equal(sts_parse(&s, cases[i].text, strlen(cases[i].text)), cases[i].rc);
		assert_int_equal(s.mode, cases[i].mode);
		assert_int_equal(s.max_age, cases[i].age);
		assert_int_equal(s.n, cases[i].n);
		sts_free(&s);
	}
}

/* Cut anywhere, it is the policy of a shorter text or none; only names at the end may be missing. */
static void
cut(void **state)
{
	const char *text = HEAD "mx: a.example\nmx: b.example\n";
	struct sts s = { 0 };
	size_t n;

	(void)state;
	for (n = 0; n <= strlen(text); n++) {
		if (sts_parse(&s, text, n) == -1)
			continue;
		assert_true(n > strlen(HEAD) + strlen("mx: "));
		assert_int_equal(s.mode, STS_ENFORCE);
		assert_int_equal(s.max_age, 86400);
		sts_free(&s);
	}
	assert_int_equal(sts_parse(&s, HEAD "mx: a\0\n", sizeof(HEAD "mx: a\0\n") - 1), -1);
}

static void
limit(void **state)
{
	struct buf b = { 0 };
	struct sts s = { 0 };

	(void)state;
	buf_adds(&b, HEAD "mx: a.example\n");
	while (b.len < STS_TEXT_MAX)
		buf_addc(&b, '\n');
	assert_int_equal(sts_parse(&s, b.data, b.len), 0);
	sts_free(&s);
	buf_addc(&b, '\n');
	assert_int_equal(sts_parse(&s, b.data, b.len), -1);
	buf_free(&b);
}

static void
hosts(void **state)
{
	static const struct { const char *host; int yes; } list[] = {
		{ "mail.example.com", 1 }, { "MAIL.Example.com", 1 }, { "mail.example.net", 1 }, { "x.example.net", 1 },
		{ "foo.bar.example.net", 0 }, { "example.net", 0 }, { ".example.net", 0 }, { "mail.example.com.evil.org", 0 },
		{ "evil-mail.example.com", 0 }, { "*.example.net", 1 }, { "", 0 }, { "net", 0 },
	};
	const char *text = HEAD "mx: mail.example.com\nmx: *.example.net\n";
	struct sts s;
	size_t i;

	(void)state;
	assert_int_equal(sts_parse(&s, text, strlen(text)), 0);
	for (i = 0; i < sizeof(list) / sizeof(*list); i++)
		assert_int_equal(sts_matches(&s, list[i].host), list[i].yes);
	sts_free(&s);
	assert_int_equal(sts_matches(&s, "mail.example.com"), 0);
}

static void
records(void **state)
{
	static const struct { const char *text; int rc; const char *id; } list[] = {
		{ "v=STSv1; id=20160831085700Z;", 1, "20160831085700Z" }, { "v=STSv1;id=1", 1, "1" }, { "v=STSv1 ; a=b; id=X ;", 1, "X" },
		{ "v=STSv1; id=12345678901234567890123456789012;", 1, "12345678901234567890123456789012" },
		{ "v=STSv1; id=123456789012345678901234567890123;", -1, "" }, { "v=STSv1; id=;", -1, "" }, { "v=STSv1; id=a-b;", -1, "" },
		{ "v=STSv1;", -1, "" }, { "v=STSv1; xid=1;", -1, "" }, { "v=STSv2; id=1;", 0, "" }, { "v=STSv1", 0, "" },
		{ "v=STSv10; id=1;", 0, "" }, { "v=spf1 -all", 0, "" }, { "", 0, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(list) / sizeof(*list); i++) {
		char id[33] = "";

		assert_int_equal(sts_record(list[i].text, id), list[i].rc);
		assert_string_equal(id, list[i].id);
	}
}

static void
printed(void **state)
{
	const char *text = HEAD "mx: *.example.net\nid: abc\nuntil: 1764000000\n";
	struct buf once = { 0 }, twice = { 0 };
	struct sts s;

	(void)state;
	assert_int_equal(sts_parse(&s, text, strlen(text)), 0);
	assert_string_equal(s.id, "abc");
	assert_int_equal(s.until, 1764000000);
	sts_print(&s, &once);
	sts_free(&s);
	assert_int_equal(sts_parse(&s, once.data, once.len), 0);
	sts_print(&s, &twice);
	assert_string_equal(buf_str(&once), buf_str(&twice));
	sts_free(&s);
	buf_free(&once);
	buf_free(&twice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies), cmocka_unit_test(cut), cmocka_unit_test(limit), cmocka_unit_test(hosts),
		cmocka_unit_test(records), cmocka_unit_test(printed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
