/* SPDX-License-Identifier: ISC */
/* query: the query language, what it becomes on the wire, and what is refused and why. Also sets of UIDs and dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/caps.h"
#include "../../cmd/mimap/command.h"
#include "../../cmd/mimap/date.h"
#include "../../cmd/mimap/query.h"
#include "../../cmd/mimap/querysend.h"
#include "buf.h"
#include "err.h"

#define NOW 1795305600		/* 2026-11-22 00:00 UTC */

/* Arguments of the command line, NULL-ended. */
struct words { const char *arg[6]; };

static int
parse(const struct words *w, struct query **q, struct err *e)
{
	char *argv[6];
	int n = 0;

	for (; n < 6 && w->arg[n] != NULL; n++)
		argv[n] = strdup(w->arg[n]);
	*q = NULL;
	int r = query_parse(q, n, argv, e);
	while (n > 0)
		free(argv[--n]);
	return r;
}

static void
test_wire(void **state)
{
	static const struct { struct words in; const char *wire; } cases[] = {
		{ { { NULL } }, "ALL" }, { { { "unseen" } }, "UNSEEN" }, { { { "UNSEEN", "flagged" } }, "(UNSEEN FLAGGED)" },
		{ { { "from:ann" } }, "FROM \"ann\"" }, { { { "subject:big plan" } }, "SUBJECT \"big plan\"" }, { { { "subject:\"big plan\"" } }, "SUBJECT \"big plan\"" },
		{ { { "from:ann subject:\"big plan\" seen" } }, "(FROM \"ann\" SUBJECT \"big plan\" SEEN)" }, { { { "hello" } }, "TEXT \"hello\"" },
		{ { { "hello world" } }, "TEXT \"hello world\"" }, { { { "\"unseen\"" } }, "TEXT \"unseen\"" }, { { { "-seen" } }, "NOT SEEN" },
		{ { { "-from:ann" } }, "NOT FROM \"ann\"" }, { { { "or(from:a to:b)" } }, "OR FROM \"a\" TO \"b\"" },
		{ { { "or(a b c)" } }, "OR TEXT \"a\" OR TEXT \"b\" TEXT \"c\"" }, { { { "not(a b)" } }, "NOT (TEXT \"a\" TEXT \"b\")" }, { { { "not(a)" } }, "NOT TEXT \"a\"" },
		{ { { "or((a b) -c)" } }, "OR (TEXT \"a\" TEXT \"b\") NOT TEXT \"c\"" }, { { { "or(a)" } }, "TEXT \"a\"" }, { { { "seen", "or(a b)" } }, "(SEEN OR TEXT \"a\" TEXT \"b\")" },
		{ { { "subject:f(x)" } }, "SUBJECT \"f(x)\"" }, { { { "subject:\"a\\\"b\\\\\"" } }, "SUBJECT \"a\\\"b\\\\\"" }, { { { "subject:it's" } }, "SUBJECT \"it's\"" },
		{ { { "(subject:'a b')" } }, "SUBJECT \"a b\"" }, { { { "header:List-Id=mblaze" } }, "HEADER \"List-Id\" \"mblaze\"" }, { { { "header:X-Foo" } }, "HEADER \"X-Foo\" \"\"" },
		{ { { "since:2026-02-28", "before:2024-02-29" } }, "(SINCE 28-Feb-2026 BEFORE 29-Feb-2024)" }, { { { "on:2026-11-01" } }, "ON 1-Nov-2026" },
		{ { { "newer:3d" } }, "SINCE 19-Nov-2026" }, { { { "older:2w" } }, "BEFORE 8-Nov-2026" }, { { { "larger:1M", "smaller:20k" } }, "(LARGER 1048576 SMALLER 20480)" },
		{ { { "keyword:$Forwarded", "unkeyword:x" } }, "(KEYWORD $Forwarded UNKEYWORD x)" }, { { { "uid:3:1,7,*" } }, "UID 1:3,7,*" },
		{ { { "raw:OR SEEN (FROM x)" } }, "(OR SEEN (FROM x))" }, { { { "raw:'X-GM-RAW \"a b\"'" } }, "(X-GM-RAW \"a b\")" }, { { { "SUBJECT:x" } }, "SUBJECT \"x\"" },
		{ { { "subject:Grüße" } }, "SUBJECT {7}Grüße" }, { { { "bcc:x", "cc:y", "body:z", "old" } }, "(BCC \"x\" CC \"y\" BODY \"z\" OLD)" },
		{ { { "sentsince:2026-01-01" } }, "SENTSINCE 1-Jan-2026" }, { { { "--x" } }, "NOT TEXT \"-x\"" }, { { { "subject:1:2" } }, "SUBJECT \"1:2\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct query *q;
		struct command c = { .form = LITERAL_SYNC };
		struct caps caps = { .known = 1 };
		struct err e = { 0 };

		if (parse(&cases[i].in, &q, &e) == -1 || querysend(&c, q, &caps, NOW, &e) == -1)
			fail_msg("%s: %s", cases[i].in.arg[0], e.text);
		assert_string_equal(buf_str(&c.text), cases[i].wire);
		assert_int_equal(query_ascii(q), strchr(cases[i].wire, '{') == NULL);
		query_free(&q);
		command_free(&c);
	}
}

static void
test_within(void **state)
{
	struct words w = { { "newer:3d", "older:90" } };
	struct command c = { .form = LITERAL_SYNC };
	struct caps caps = { 0 };
	struct query *q;
	struct err e;

	(void)state;
	caps_read(&caps, "IMAP4rev1 WITHIN AUTH=PLAIN AUTH=X LITERAL+x");
	assert_int_equal(caps.set, 1 << CAP_REV1 | 1 << CAP_WITHIN);
	assert_string_equal(buf_str(&caps.auth), "PLAIN X");
	assert_int_equal(parse(&w, &q, &e), 0);
	assert_int_equal(querysend(&c, q, &caps, NOW, &e), 0);
	assert_string_equal(buf_str(&c.text), "(YOUNGER 259200 OLDER 90)");
	query_free(&q);
	command_free(&c);
	caps_clear(&caps);
}

static void
test_refused(void **state)
{
	static const struct { struct words in; const char *why; } cases[] = {
		{ { { "form:ann" } }, "no search key \"form:\"" }, { { { "http://x" } }, "no search key \"http:\"" }, { { { "from:" } }, "nothing follows" },
		{ { { "" } }, "empty word" }, { { { "subject:\"a" } }, "not closed" }, { { { "or(a b" } }, "closing parenthesis" }, { { { "a)" } }, "opening parenthesis" },
		{ { { "or()" } }, "nothing stands" }, { { { "not( )" } }, "nothing stands" }, { { { "(a)b" } }, "blank is missing" }, { { { "\"a\"b" } }, "blank is missing" },
		{ { { "since:yesteryear" } }, "\"yesteryear\" is no day" }, { { { "since:2026-02-29" } }, "no day" }, { { { "on:2026-13-01" } }, "no day" },
		{ { { "larger:big" } }, "\"big\" is no size" }, { { { "larger:4G" } }, "larger than a message" }, { { { "newer:soon" } }, "no span" }, { { { "newer:0" } }, "no age" },
		{ { { "uid:0" } }, "no set" }, { { { "uid:1:2:3" } }, "no set" }, { { { "uid:4294967296" } }, "no set" }, { { { "keyword:a b" } }, "can't be a keyword" },
		{ { { "header:=x" } }, "header:Name=value" }, { { { "header:a b=x" } }, "header:Name=value" }, { { { "raw:(" } }, "paired" }, { { { "raw:\"a" } }, "not closed" }, { { { "raw:a\"" } }, "paired" },
		{ { { "raw:FROM {3}" } }, "literals" }, { { { "raw:'FROM ü'" } }, "US-ASCII" }, { { { "from:a\rb" } }, "control" }, { { { "from:\xff" } }, "not UTF-8" },
		{ { { "from:ann unseen" } }, "\"unseen\" an argument of its own" }, { { { "from:ann subject:x" } }, "argument of its own" }, { { { "seen from:ann" } }, "argument of its own" },
		{ { { "from:ann -unseen" } }, "\"unseen\" an argument of its own" }, { { { "(-)" } }, "nothing follows the -" }, { { { "raw:)(" } }, "paired" },
		{ { { "((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))" } }, "nests more" }, { { { "seen:x" } }, "no search key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct query *q;
		struct err e = { 0 };

		if (parse(&cases[i].in, &q, &e) == 0)
			fail_msg("taken: %s", cases[i].in.arg[0]);
		assert_int_equal(e.class, ERR_USAGE);
		if (strstr(e.text, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].in.arg[0], e.text);
	}
}

static void
test_value_limit(void **state)
{
	struct words w = { { NULL } };
	struct query *q;
	char *text = malloc(4200);
	struct err e;

	(void)state;
	memset(text, 'x', 4200);
	text[4096] = '\0';
	w.arg[0] = text;
	assert_int_equal(parse(&w, &q, &e), 0);
	query_free(&q);
	text[4096] = 'x';
	text[4097] = '\0';
	assert_int_equal(parse(&w, &q, &e), -1);
	free(text);
}

static void
test_uidset(void **state)
{
	static const struct { const char *in, *out; uint64_t size; } cases[] = {
		{ "1", "1", 1 }, { "1,2,3", "1:3", 3 }, { "5:1", "1:5", 5 }, { "9,1,5,2", "1:2,5,9", 4 }, { "1:5,3:9", "1:9", 9 }, { "*", "*", 1 }, { "7:*", "7:*", 4294967289u },
		{ "*:7", "7:*", 4294967289u }, { "1:3,5:7,4", "1:7", 7 }, { "1,3,5,2:4", "1:5", 5 }, { "4294967294,*", "4294967294:*", 2 }, { "1,1,1", "1", 1 },
		{ "10:20,1:5,30:40,6:29", "1:40", 40 },
	};
	static const char *const bad[] = { "", "0", "1,", ",1", "1:", ":1", "a", "1 2", "01", "1:0", "4294967296", "-1", "1..2", "**", "1,,2", "$" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct uidset s = { 0 };
		struct buf out = { 0 };
		size_t pos = 0;

		assert_int_equal(uidset_parse(&s, cases[i].in, strlen(cases[i].in), &e), 0);
		assert_true(uidset_piece(&s, &pos, SIZE_MAX, &out));
		assert_string_equal(buf_str(&out), cases[i].out);
		assert_true(uidset_size(&s) == cases[i].size);
		assert_false(uidset_piece(&s, &pos, SIZE_MAX, &out));
		uidset_free(&s);
		buf_free(&out);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct uidset s = { 0 };

		assert_int_equal(uidset_parse(&s, bad[i], strlen(bad[i]), &e), -1);
		assert_int_equal(s.count, 0);
	}
}

/* Against a plain array: every add and remove of every range of a small world, in a random order. */
static void
test_uidset_model(void **state)
{
	char model[24] = { 0 };
	struct uidset s = { 0 };
	uint32_t seed = 1, lo, hi;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		seed = seed * 1664525 + 1013904223;
		lo = 1 + (seed >> 8) % 22;
		hi = lo + (seed >> 16) % (24 - lo);
		if (hi > 23)
			hi = 23;
		if ((seed >> 28) % 2 != 0)
			uidset_add(&s, lo, hi);
		else
			uidset_remove(&s, lo, hi);
		memset(model + lo, (seed >> 28) % 2 != 0, hi - lo + 1);
		for (uint32_t i = 1; i < 24; i++)
			assert_int_equal(uidset_has(&s, i), model[i]);
		for (size_t i = 0; i + 1 < s.count; i++)
			assert_true(s.range[i].lo <= s.range[i].hi && s.range[i].hi + 1 < s.range[i + 1].lo);
	}
	uidset_free(&s);
}

/* Pieces put together again are the set, and each is short. */
static void
test_uidset_pieces(void **state)
{
	struct uidset s = { 0 }, again = { 0 };
	struct buf piece = { 0 };
	size_t pos = 0, pieces = 0;
	struct err e;

	(void)state;
	for (uint32_t i = 1; i < 40000; i += 2)
		uidset_add(&s, i * 100000u + 1, i * 100000u + 1 + i % 3);
	while (uidset_piece(&s, &pos, COMMAND_SET_MAX, &piece)) {
		assert_true(piece.len <= COMMAND_SET_MAX && (pos == s.count || piece.len + 30 > COMMAND_SET_MAX));
		assert_int_equal(uidset_parse(&again, piece.data, piece.len, &e), 0);
		buf_cut(&piece, 0);
		pieces++;
	}
	assert_true(pieces > 10);
	assert_int_equal(again.count, s.count);
	assert_memory_equal(again.range, s.range, s.count * sizeof(*s.range));
	uidset_free(&s);
	uidset_free(&again);
	buf_free(&piece);
}

static void
test_command(void **state)
{
	struct command c = { .form = LITERAL_PLUS };
	struct err e;

	(void)state;
	assert_int_equal(command_add(&c, &e, "X %a %s %m %S %u %r", "\\Seen", "a\"b\\", "Grüße", "1:*", 7u, "SEEN"), 0);
	assert_string_equal(buf_str(&c.text), "X \\Seen \"a\\\"b\\\\\" \"Gr&APwA3w-e\" 1:* 7 SEEN");
	assert_int_equal(c.literals, 0);
	command_free(&c);
	assert_int_equal(command_add(&c, &e, "X %s y", "ü"), 0);
	assert_string_equal(buf_str(&c.text), "X {2+}ü y");
	assert_true(c.literals == 1 && c.literal[0].at == 6 && c.literal[0].len == 2 && !c.literal[0].wait);
	command_free(&c);
	c.form = LITERAL_SYNC;
	assert_int_equal(command_add(&c, &e, "%s", "ü"), 0);
	assert_true(c.literal[0].wait);
	command_free(&c);
	c.form = LITERAL_MINUS;
	for (int n = 2048; n <= 2049; n++) {
		struct buf text = { 0 };

		for (int i = 0; i < n; i++)
			buf_adds(&text, "ü");
		assert_int_equal(command_add(&c, &e, "%s", buf_str(&text)), 0);
		assert_int_equal(c.literal[0].wait, n > 2048);
		command_free(&c);
		buf_free(&text);
	}
}

static void
test_command_refused(void **state)
{
	static const struct { const char *fmt, *arg; } cases[] = {
		{ "%a", "" }, { "%a", "a b" }, { "%a", "a\"" }, { "%a", "\\" }, { "%a", "a\r\nb" }, { "%a", "ü" }, { "%a", "a)" }, { "%s", "a\rb" }, { "%s", "a\nb" },
		{ "%s", "\x7f" }, { "%S", "" }, { "%S", "1 2" }, { "%S", "1\r" }, { "%r", "a\nb" }, { "%r", "ü" }, { "%r", "" }, { "%m", "" }, { "%m", "a\nb" }, { "%q", "x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct command c = { .form = LITERAL_PLUS };
		struct err e = { 0 };

		if (command_add(&c, &e, cases[i].fmt, cases[i].arg) == 0)
			fail_msg("%s took %s", cases[i].fmt, cases[i].arg);
		command_free(&c);
	}
}

static void
test_internal_date(void **state)
{
	static const struct { const char *text; int64_t when; } cases[] = {
		{ "17-Jul-1996 02:44:25 -0700", 837596665 }, { " 1-Nov-2026 10:00:00 +0100", 1793523600 }, { "01-jan-1970 00:00:00 +0000", 0 },
		{ "1-Nov-2026 10:00:00 +0100", -1 }, { "32-Jan-2026 10:00:00 +0100", -1 }, { "30-Feb-2026 10:00:00 +0100", -1 }, { "17-Jul-1996 24:44:25 -0700", -1 },
		{ "17-Jux-1996 02:44:25 -0700", -1 }, { "17-Jul-1996 02:44:25 *0700", -1 }, { "17-Jul-1996 02:44:25 -07 0", -1 }, { "", -1 }, { "17-Jul-1996 02:44:25 -07000", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		time_t when = -1;

		assert_int_equal(date_internal(cases[i].text, strlen(cases[i].text), &when), cases[i].when != -1);
		assert_int_equal(when, cases[i].when);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wire), cmocka_unit_test(test_within), cmocka_unit_test(test_refused), cmocka_unit_test(test_value_limit),
		cmocka_unit_test(test_uidset), cmocka_unit_test(test_uidset_model), cmocka_unit_test(test_uidset_pieces), cmocka_unit_test(test_command),
		cmocka_unit_test(test_command_refused), cmocka_unit_test(test_internal_date),
	};

	setenv("TZ", "UTC", 1);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
