/* SPDX-License-Identifier: ISC */
/* ident: names of queue files, the ids in them, and ids as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mqueue/ident.h"

static const struct { const char *name, *id; int64_t when; } good[] = {
	{ "1795344000.7k2mx9bq.host", "7k2mx9bq", 1795344000 },
	{ "1795344000.7k2mx9bq.mail.example.org", "7k2mx9bq", 1795344000 },
	{ "1795344000.00000000.h:2,S", "00000000", 1795344000 },
	{ "1795344000.zzzzzzzz.h,S=12:2,", "zzzzzzzz", 1795344000 },
	{ "0000000000.zzzzzzzz.h", "zzzzzzzz", 0 },
	{ "999999999999999999.zzzzzzzz.h", "zzzzzzzz", 999999999999999999 },
};

static const char *const bad[] = {
	"", ".", "..", "README", "1795344000", "1795344000.", "1795344000.7k2mx9bq", "1795344000.7k2mx9bq.",
	"1795344000.7k2mx9bq.:2,S",
	"1795344000.7k2mx9b.host", "1795344000.7k2mx9bqq.host", "1795344000.7K2MX9BQ.host",
	"1795344000.7k2mx9bi.host", "1795344000.7k2mx9bl.host", "1795344000.7k2mx9bo.host", "1795344000.7k2mx9bu.host",
	"179534400.7k2mx9bq.host", "-795344000.7k2mx9bq.host", "1795344000,7k2mx9bq.host", "x1795344000.7k2mx9bq.host",
	"9999999999999999999.7k2mx9bq.host", "1795344000.M12345P678Q1.host,S=99", "1795344000.7k2mx9bq.ho\nst",
	"1795344000.7k2mx9bq.ho\x7f",
};

static const struct { const char *text, *id; } typed[] = {
	{ "7k2mx9bq", "7k2mx9bq" }, { "7K2MX9BQ", "7k2mx9bq" }, { "OoIiLl00", "00111100" },
};

static const char *const untyped[] = {
	"", "7k2mx9b", "7k2mx9bqq", "7k2mx9bu", "7k2mx9b-", "7k2mx9b ", "7k2mx9b\n", "../../..", "7k2mx9\xc3\xa9"
};

static void
test_parse(void **state)
{
	char id[IDENT_LEN + 1];
	int64_t when;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(ident_parse(good[i].name, id, &when), 0);
		assert_string_equal(id, good[i].id);
		assert_int_equal(when, good[i].when);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		strcpy(id, "same");
		when = 7;
		if (ident_parse(bad[i], id, &when) == 0)
			fail_msg("\"%s\" is none of ours", bad[i]);
		assert_string_equal(id, "same");
		assert_int_equal(when, 7);
	}
}

static void
test_typed(void **state)
{
	char id[IDENT_LEN + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof typed / sizeof *typed; i++) {
		assert_int_equal(ident_typed(typed[i].text, id), 0);
		assert_string_equal(id, typed[i].id);
	}
	for (i = 0; i < sizeof untyped / sizeof *untyped; i++)
		assert_int_equal(ident_typed(untyped[i], id), -1);
}

static void
test_name(void **state)
{
	struct timespec now = { 1795344000, 999999999 }, unset = { 5, 0 };
	char name[IDENT_NAME_MAX + 1], other[IDENT_NAME_MAX + 1], host[300], id[IDENT_LEN + 1];
	int64_t when;

	(void)state;
	assert_int_equal(ident_name(name, sizeof name, &now, "example.org"), 0);
	assert_int_equal(ident_name(other, sizeof other, &now, "example.org"), 0);
	assert_string_not_equal(name, other);
	assert_int_equal(ident_parse(name, id, &when), 0);
	assert_int_equal(when, 1795344000);
	assert_int_equal(ident_name(name, sizeof name, &unset, "h"), 0);	/* a clock that was never set */
	assert_int_equal(ident_parse(name, id, &when), 0);

	memset(host, 'h', sizeof host);
	host[IDENT_NAME_MAX - 20] = '\0';
	assert_int_equal(ident_name(name, sizeof name, &now, host), 0);
	assert_int_equal(strlen(name), IDENT_NAME_MAX);
	assert_int_equal(ident_parse(name, id, &when), 0);
	host[IDENT_NAME_MAX - 20] = 'h';
	host[IDENT_NAME_MAX - 19] = '\0';
	assert_int_equal(ident_name(name, sizeof name, &now, host), -1);
}

static void
test_order(void **state)
{
	struct timespec t = { 1795344000, 0 };
	char before[IDENT_NAME_MAX + 1] = "", name[IDENT_NAME_MAX + 1];

	(void)state;
	for (; t.tv_nsec < 1000000000; t.tv_nsec += 1000000) {
		assert_int_equal(ident_name(name, sizeof name, &t, "h"), 0);
		assert_true(strcmp(before, name) < 0);
		strcpy(before, name);
	}
}

/* The same from the same, another from another, and always a name; flags of a maildir reader do not count. */
static void
test_derived(void **state)
{
	static const char from[] = "1795344000.0abcdefg.host";
	char a[IDENT_NAME_MAX + 1], b[IDENT_NAME_MAX + 1], id[IDENT_LEN + 1];
	int64_t when;

	(void)state;
	assert_int_equal(ident_derive(a, sizeof a, from, 1), 0);
	assert_int_equal(ident_derive(b, sizeof b, "1795344000.0abcdefg.host:2,S", 1), 0);
	assert_string_equal(a, b);
	assert_int_equal(ident_parse(a, id, &when), 0);
	assert_int_equal(when, 1795344001);
	assert_memory_equal(a + 10 + 1 + IDENT_LEN, ".host", 6);
	assert_int_equal(ident_derive(b, sizeof b, from, 2), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(ident_derive(b, sizeof b, "1795344000.0abcdefh.host", 1), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(ident_derive(b, 20, from, 1), -1);
	assert_int_equal(ident_derive(b, sizeof b, "1795344000.0ab:2,S", 1), -1);
	assert_int_equal(ident_derive(b, sizeof b, "none of ours", 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derived), cmocka_unit_test(test_parse), cmocka_unit_test(test_typed), cmocka_unit_test(test_name),
		cmocka_unit_test(test_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
