/* SPDX-License-Identifier: ISC */
/* reply: lines of POP3 servers, usual and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mpop/reply.h"

static void
test_replies(void **state)
{
	static const struct {
		const char *line;
		int kind;
		enum reply_code code;
		const char *text;
		enum err_class class;
	} cases[] = {
		{ "+OK", REPLY_OK, CODE_NONE, "", 0 }, { "+OK ready", REPLY_OK, CODE_NONE, "ready", 0 },
		{ "+OK   [X] y", REPLY_OK, CODE_NONE, "[X] y", 0 }, { "+ok", REPLY_OK, CODE_NONE, "", 0 },
		{ "-ERR", REPLY_ERR, CODE_NONE, "", ERR_UNAVAILABLE },
		{ "-ERR no", REPLY_ERR, CODE_NONE, "no", ERR_UNAVAILABLE },
		{ "-ERR [AUTH] x", REPLY_ERR, CODE_AUTH, "[AUTH] x", ERR_PERM },
		{ "-ERR [auth] x", REPLY_ERR, CODE_AUTH, "[auth] x", ERR_PERM },
		{ "-ERR [IN-USE] x", REPLY_ERR, CODE_TEMP, "[IN-USE] x", ERR_TEMP },
		{ "-ERR [LOGIN-DELAY]", REPLY_ERR, CODE_TEMP, "[LOGIN-DELAY]", ERR_TEMP },
		{ "-ERR [LOGIN-DELAY 30] x", REPLY_ERR, CODE_TEMP, "[LOGIN-DELAY 30] x", ERR_TEMP },
		{ "-ERR [SYS/TEMP] x", REPLY_ERR, CODE_TEMP, "[SYS/TEMP] x", ERR_TEMP },
		{ "-ERR [SYS/PERM] x", REPLY_ERR, CODE_PERM, "[SYS/PERM] x", ERR_UNAVAILABLE },
		{ "-ERR [AUTHX] x", REPLY_ERR, CODE_OTHER, "[AUTHX] x", ERR_UNAVAILABLE },
		{ "-ERR [", REPLY_ERR, CODE_NONE, "[", ERR_UNAVAILABLE },
		{ "-ERR []", REPLY_ERR, CODE_OTHER, "[]", ERR_UNAVAILABLE },
		{ "-ERR [AUTH x", REPLY_ERR, CODE_NONE, "[AUTH x", ERR_UNAVAILABLE },
		{ "+ ", REPLY_MORE, CODE_NONE, "", 0 }, { "+", REPLY_MORE, CODE_NONE, "", 0 },
		{ "+ dXNlcg==", REPLY_MORE, CODE_NONE, "dXNlcg==", 0 },
		{ "", -1, 0, NULL, 0 }, { "OK", -1, 0, NULL, 0 }, { "+OKAY", -1, 0, NULL, 0 },
		{ "-ERROR", -1, 0, NULL, 0 }, { "-", -1, 0, NULL, 0 },
		{ "* OK IMAP4", -1, 0, NULL, 0 }, { "220 smtp", -1, 0, NULL, 0 }, { " +OK", -1, 0, NULL, 0 },
		{ "+dXNlcg==", -1, 0, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct reply r;
		struct err e = { 0 };
		int got = reply_parse(&r, cases[i].line, &e);

		if (cases[i].kind == -1) {
			assert_int_equal(got, -1);
			assert_int_equal(e.class, ERR_PROTOCOL);
			continue;
		}
		assert_int_equal(got, 0);
		assert_int_equal(r.kind, cases[i].kind);
		assert_int_equal(r.code, cases[i].code);
		assert_string_equal(r.text, cases[i].text);
		if (r.kind == REPLY_ERR)
			assert_int_equal(reply_class(&r), cases[i].class);
	}
}

static void
test_numbers(void **state)
{
	static const struct { const char *line; size_t len; uint32_t number; const char *rest; } cases[] = {
#define T(line, number, rest) { line, sizeof line - 1, number, rest }
		T("1 a", 1, "a"), T("1", 1, ""), T("1 ", 1, ""), T("10  a b  ", 10, "a b"),
		T("4294967295 x", 4294967295u, "x"), T("007 x", 7, "x"),
		T("4294967296 x", 0, NULL), T("99999999999999999999999 x", 0, NULL), T("0 x", 0, NULL),
		T("-1 x", 0, NULL), T("+1 x", 0, NULL),
		T(" 1 x", 0, NULL), T("1x", 0, NULL), T("", 0, NULL), T("x", 0, NULL), T("1\0 x", 0, NULL),
		T("1.5 x", 0, NULL), T("1\tx", 1, "x"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *rest;
		size_t len;
		uint32_t number;
		int r = reply_number(cases[i].line, cases[i].len, &number, &rest, &len);

		assert_int_equal(r, cases[i].rest == NULL ? -1 : 0);
		if (r == -1)
			continue;
		assert_int_equal(number, cases[i].number);
		assert_int_equal(len, strlen(cases[i].rest));
		assert_memory_equal(rest, cases[i].rest, len);
	}
}

static void
test_caps(void **state)
{
	struct caps c = { 0 };
	char many[700];

	(void)state;
	caps_line(&c, "PIPELININGS");
	caps_line(&c, "XSTLS");
	caps_line(&c, "SASL-IR PLAIN");
	caps_line(&c, "USERS");
	caps_line(&c, "");
	caps_line(&c, "sasl");
	assert_int_equal(c.pipelining + c.stls + c.user, 0);
	assert_string_equal(c.sasl, "");
	caps_line(&c, "pipelining");
	caps_line(&c, "STLS");
	caps_line(&c, "USER");
	caps_line(&c, "SASL PLAIN SCRAM-SHA-256");
	assert_int_equal(c.pipelining + c.stls + c.user, 3);
	assert_string_equal(c.sasl, "PLAIN SCRAM-SHA-256");
	caps_line(&c, "EXPIRE 60 USER");
	caps_line(&c, "LOGIN-DELAY 900");
	caps_line(&c, "UTF8 USER");
	caps_line(&c, "TOP");
	caps_line(&c, "UIDL");
	assert_string_equal(c.expire, "60 USER");
	assert_string_equal(c.delay, "900");
	assert_int_equal(c.utf8 + c.top + c.uidl, 3);
	memset(many, 'A', sizeof many - 1);
	many[sizeof many - 1] = '\0';
	memcpy(many, "SASL ", 5);
	caps_line(&c, many);
	assert_string_equal(c.sasl, "");
}

static void
test_stamps(void **state)
{
	static const struct { const char *greeting, *stamp; } cases[] = {
		{ "POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>" },
		{ "<a@b>", "<a@b>" }, { "<x> <a@b> y", "<a@b>" },
		{ "ready", NULL }, { "<>", NULL }, { "<@>", NULL }, { "<a@>", NULL }, { "<@b>", NULL }, { "<a@b", NULL }, { "<ab>", NULL },
		{ "<a@b@c>", NULL }, { "<a b@c>", NULL }, { "<a\x80@c>", NULL }, { "<a\x01@c>", NULL }, { "<a\"@c>", NULL },
	};
	char stamp[REPLY_STAMP_MAX], longest[2 * REPLY_STAMP_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(reply_stamp(cases[i].greeting, stamp), cases[i].stamp == NULL ? -1 : 0);
		if (cases[i].stamp != NULL)
			assert_string_equal(stamp, cases[i].stamp);
	}
	for (size_t n = REPLY_STAMP_MAX - 1; n <= REPLY_STAMP_MAX; n++) {
		memset(longest, 'a', n);
		memcpy(longest, "<a@", 3);
		longest[n - 1] = '>';
		longest[n] = '\0';
		assert_int_equal(reply_stamp(longest, stamp), n < REPLY_STAMP_MAX ? 0 : -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies), cmocka_unit_test(test_numbers), cmocka_unit_test(test_caps),
		cmocka_unit_test(test_stamps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
