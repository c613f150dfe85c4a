/* SPDX-License-Identifier: ISC */
/* response: what servers say, usual and hostile, fed line by line; printed again it parses to the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/response.h"
#include "buf.h"
#include "err.h"

/* The whole text, literals in it, cut at CRLF. 0, or -1 where the parser refuses or wants more than there is. */
static int
feed(struct response *r, const char *text, size_t n, struct err *e)
{
	const char *end;
	size_t line;
	int got;

	response_begin(r);
	for (;;) {
		end = memmem(text, n, "\r\n", 2);
		line = end != NULL ? (size_t)(end - text) : n;
		got = response_line(r, text, line, e);
		if (got != RESPONSE_LITERAL)
			return got;
		if (end == NULL || r->literal > n - line - 2)
			return -1;
		text += line + 2;
		n -= line + 2;
		if (response_string(r, text, (size_t)r->literal, e) == -1)
			return -1;
		text += r->literal;
		n -= (size_t)r->literal;
	}
}

static void
test_data(void **state)
{
	static const struct { const char *in, *name, *out; int number; } cases[] = {
		{ "* 23 EXISTS", "EXISTS", "", 23 }, { "* FLAGS (\\Answered \\*)", "FLAGS", "(\\Answered \\*)", -1 },
		{ "* LIST (\\Noselect) \"/\" ~/Mail/foo", "LIST", "(\\Noselect) \"/\" ~/Mail/foo", -1 },
		{ "* LIST () NIL [Gmail]/Trash", "LIST", "() NIL [Gmail]/Trash", -1 }, { "* list () \".\" \"a \\\" \\\\ b\"", "LIST", "() \".\" \"a \\\" \\\\ b\"", -1 },
		{ "* 12 FETCH (FLAGS (\\Seen) UID 827)", "FETCH", "(FLAGS (\\Seen) UID 827)", 12 },
		{ "* 1 FETCH (BODY[] {5}\r\nab\r\nc UID 3)", "FETCH", "(BODY[] {5}\r\nab\r\nc UID 3)", 1 },
		{ "* 1 FETCH (BODY[HEADER.FIELDS (\"From\" To)]<0> {0}\r\n)", "FETCH", "(BODY[HEADER.FIELDS (\"From\" To)]<0> \"\")", 1 },
		{ "* 1 FETCH (BINARY[1] ~{3}\r\na\rb UID 2)", "FETCH", "(BINARY[1] {3}\r\na\rb UID 2)", 1 },
		{ "* ESEARCH (TAG \"A3\") UID ALL 1:3,7", "ESEARCH", "(TAG \"A3\") UID ALL 1:3,7", -1 }, { "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "CAPABILITY", "IMAP4rev1 AUTH=PLAIN", -1 },
		{ "* STATUS {3}\r\na b (MESSAGES 1)", "STATUS", "\"a b\" (MESSAGES 1)", -1 }, { "* LIST  ( )   NIL  x ", "LIST", "() NIL x", -1 },
		{ "* 1 FETCH ((((()))) nil NIL)", "FETCH", "((((()))) nil NIL)", 1 }, { "* SEARCH", "SEARCH", "", -1 },
		{ "* SEARCH 2 3 (MODSEQ 917162500)", "SEARCH", "(MODSEQ 917162500)", -1 }, { "* LIST () \"/\" \"Grüße\"", "LIST", "() \"/\" \"Grüße\"", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct response r = { 0 };
		struct buf out = { 0 };
		struct err e = { 0 };

		if (feed(&r, cases[i].in, strlen(cases[i].in), &e) == -1)
			fail_msg("%s: %s", cases[i].in, e.text);
		assert_int_equal(r.kind, RESPONSE_DATA);
		assert_true(response_is(&r, cases[i].name));
		assert_int_equal(r.numbered, cases[i].number >= 0);
		if (r.numbered)
			assert_int_equal(r.number, cases[i].number);
		value_print(&out, r.args);
		assert_string_equal(buf_str(&out), cases[i].out);
		for (size_t cut = 0; cut < strlen(cases[i].in); cut++)		/* no prefix is read beyond its end */
			feed(&r, cases[i].in, cut, &e);
		response_free(&r);
		buf_free(&out);
	}
}

static void
test_status(void **state)
{
	static const struct { const char *in; int kind, status; const char *tag, *code, *args, *text; } cases[] = {
		{ "* OK hello {5}", RESPONSE_STATUS, STATUS_OK, NULL, NULL, NULL, "hello {5}" },
		{ "* OK [CAPABILITY IMAP4rev1 LITERAL+] hi", RESPONSE_STATUS, STATUS_OK, NULL, "CAPABILITY", "IMAP4rev1 LITERAL+", "hi" },
		{ "* BYE", RESPONSE_STATUS, STATUS_BYE, NULL, NULL, NULL, "" }, { "* preauth x", RESPONSE_STATUS, STATUS_PREAUTH, NULL, NULL, NULL, "x" },
		{ "A1 OK done", RESPONSE_TAGGED, STATUS_OK, "A1", NULL, NULL, "done" }, { "A1 NO [ALERT] x", RESPONSE_TAGGED, STATUS_NO, "A1", "ALERT", "", "x" },
		{ "A1 BAD [unclosed x", RESPONSE_TAGGED, STATUS_BAD, "A1", NULL, NULL, "[unclosed x" }, { "A1 OK", RESPONSE_TAGGED, STATUS_OK, "A1", NULL, NULL, "" },
		{ "A1 NO [BADCHARSET (\"a]b\")] x", RESPONSE_TAGGED, STATUS_NO, "A1", "BADCHARSET", "(\"a]b\")", "x" },
		{ "* OK [] x", RESPONSE_STATUS, STATUS_OK, NULL, "", "", "x" }, { "+ go", RESPONSE_CONTINUE, 0, NULL, NULL, NULL, "go" },
		{ "+", RESPONSE_CONTINUE, 0, NULL, NULL, NULL, "" }, { "* OK [UIDVALIDITY 1]", RESPONSE_STATUS, STATUS_OK, NULL, "UIDVALIDITY", "1", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct response r = { 0 };
		struct err e = { 0 };

		assert_int_equal(feed(&r, cases[i].in, strlen(cases[i].in), &e), 0);
		assert_int_equal(r.kind, cases[i].kind);
		assert_int_equal(r.status, cases[i].status);
		assert_string_equal(r.text, cases[i].text);
		assert_int_equal(r.code != NULL, cases[i].code != NULL);
		if (r.code != NULL) {
			assert_string_equal(r.code, cases[i].code);
			assert_string_equal(r.code_args, cases[i].args);
		}
		if (r.kind == RESPONSE_TAGGED)
			assert_string_equal(r.tag, cases[i].tag);
		response_free(&r);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"", " ", "*", "* ", "*OK", "A1", "A1 ", "A1 HELLO", "A1 PREAUTH x", "A1 BYE x", "a(b OK x", "\x01 OK x", "* LIST (", "* LIST )", "* LIST (() \"/\" x",
		"* LIST () \"/", "* LIST () \"a\\x\"", "* LIST () \"a\x01\"", "* 1 FETCH (BODY[ {3}", "* 1 FETCH ({3} x)", "* 1 FETCH ({})", "* 1 FETCH ({x}",
		"* 1 FETCH (BODY[] {99999999999999999999}", "* 1 FETCH (BODY[] {9223372036854775808}", "* 1 FETCH (BODY[] {-1}", "* 1 FETCH (BODY[] {5+}",
		"* 1 FETCH (X \x7f)", "* LIST () \"/\" a\x01", "* 1", "* (x)", "* \"x\"", "* 99999999999999999999999 (x)", "* OK(x)", "+OKOK OK",
		"123456789012345678901234567890123 OK too long a tag",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct response r = { 0 };
		struct err e = { 0 };
		int got = feed(&r, cases[i], strlen(cases[i]), &e);

		if (strcmp(cases[i], "+OKOK OK") == 0)		/* any line that begins with + is a continuation */
			assert_int_equal(got, 0);
		else if (got != -1)
			fail_msg("taken: %s", cases[i]);
		response_free(&r);
	}
}

static void
test_limits(void **state)
{
	struct response r = { 0 };
	struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	for (int depth = RESPONSE_DEPTH; depth <= RESPONSE_DEPTH + 1; depth++) {
		buf_cut(&b, 0);
		buf_adds(&b, "* X ");
		for (int i = 0; i < depth; i++)
			buf_addc(&b, '(');
		for (int i = 0; i < depth; i++)
			buf_addc(&b, ')');
		assert_int_equal(feed(&r, b.data, b.len, &e), depth == RESPONSE_DEPTH ? 0 : -1);
	}
	for (int more = 0; more <= 1; more++) {		/* the name is one value */
		buf_cut(&b, 0);
		buf_adds(&b, "* X");
		for (int i = 1; i < VALUE_MAX + more; i++)
			buf_adds(&b, " a");
		assert_int_equal(feed(&r, b.data, b.len, &e), more ? -1 : 0);
		assert_int_equal(more ? e.class : ERR_PROTOCOL, ERR_PROTOCOL);
	}
	buf_cut(&b, 0);
	buf_adds(&b, "* 1 FETCH (BODY[] {9223372036854775807}");
	response_begin(&r);
	assert_int_equal(response_line(&r, b.data, b.len, &e), RESPONSE_LITERAL);
	assert_true(r.literal == INT64_MAX);
	assert_string_equal(response_item(&r), "BODY[]");
	response_free(&r);
	buf_free(&b);
}

static void
test_search_numbers(void **state)
{
	struct response r = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(feed(&r, "* SEARCH 4 4294967295 0 x 7 ", 28, &e), 0);
	assert_int_equal(r.number_count, 3);
	assert_true(r.numbers[0] == 4 && r.numbers[1] == 4294967295u && r.numbers[2] == 0);
	assert_true(value_is(r.args, "x") && value_is(r.args->next, "7"));
	response_free(&r);
}

/* Which item a literal belongs to decides whether it is streamed: only one right inside FETCH's own list counts. */
static void
test_item(void **state)
{
	static const struct { const char *in, *item; } cases[] = {
		{ "* 1 FETCH (UID 1 BODY[] {3}", "BODY[]" }, { "* 1 FETCH (BODY[] {3}", "BODY[]" }, { "* 1 FETCH (BODY[]<0> {3}", "BODY[]<0>" },
		{ "* 1 FETCH ({3}", NULL }, { "* 1 FETCH (UID {3}", "UID" }, { "* 1 FETCH (BODY[] x {3}", NULL }, { "* 1 FETCH (A (BODY[] {3}", NULL },
		{ "* 1 FETCH {3}", NULL }, { "* 1 FETCH () (BODY[] {3}", NULL }, { "* LIST (BODY[] {3}", NULL }, { "* 1 FETCH (\"BODY[]\" {3}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct response r = { 0 };
		struct err e = { 0 };

		response_begin(&r);
		assert_int_equal(response_line(&r, cases[i].in, strlen(cases[i].in), &e), RESPONSE_LITERAL);
		if (cases[i].item == NULL)
			assert_null(response_item(&r));
		else
			assert_string_equal(response_item(&r), cases[i].item);
		assert_int_equal(response_streamed(&r, &e), 0);
		response_free(&r);
	}
}

static void
test_numbers(void **state)
{
	static const struct { const char *text; int u32, u64; } cases[] = {
		{ "0", 1, 1 }, { "4294967295", 1, 1 }, { "4294967296", 0, 1 }, { "9223372036854775807", 0, 1 }, { "9223372036854775808", 0, 0 },
		{ "", 0, 0 }, { "-1", 0, 0 }, { "1x", 0, 0 }, { "99999999999999999999999999", 0, 0 },
	};
	uint32_t n;
	uint64_t wide;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct value v = { .kind = VALUE_ATOM, .text = cases[i].text, .len = strlen(cases[i].text) };

		assert_int_equal(value_u32(&v, &n), cases[i].u32);
		assert_int_equal(value_u64(&v, &wide), cases[i].u64);
	}
	assert_false(value_u32(NULL, &n));
	assert_null(value_after(NULL, "x"));
	assert_null(value_at(NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data), cmocka_unit_test(test_status), cmocka_unit_test(test_refused), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_search_numbers), cmocka_unit_test(test_item), cmocka_unit_test(test_numbers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
