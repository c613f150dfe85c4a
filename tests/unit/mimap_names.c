/* SPDX-License-Identifier: ISC */
/* names: modified UTF-7 (every character there is, both ways), mailbox names and patterns, flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/flagname.h"
#include "../../cmd/mimap/mailbox.h"
#include "../../cmd/mimap/response.h"
#include "buf.h"
#include "err.h"
#include "rune.h"
#include "utf7.h"

static void
test_utf7_pairs(void **state)
{
	static const struct { const char *utf8, *wire; } pairs[] = {
		{ "INBOX", "INBOX" }, { "", "" }, { "a&b", "a&-b" }, { "&", "&-" }, { "&&", "&-&-" },
		{ "~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-" }, { "Grüße", "Gr&APwA3w-e" }, { "ü&ü", "&APw-&-&APw-" },
		{ "ü-", "&APw--" }, { "😀", "&2D3eAA-" }, { "a😀b", "a&2D3eAA-b" }, { "☺!", "&Jjo-!" }, { "\xc2\x80", "&AIA-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct buf out = { 0 };

		assert_int_equal(utf7_encode(&out, pairs[i].utf8, strlen(pairs[i].utf8)), 0);
		assert_string_equal(buf_str(&out), pairs[i].wire);
		buf_cut(&out, 0);
		assert_int_equal(utf7_decode(&out, pairs[i].wire, strlen(pairs[i].wire)), 0);
		assert_string_equal(buf_str(&out), pairs[i].utf8);
		buf_free(&out);
	}
}

/* Each scalar value alone, after a letter and before a neighbour of 1, 2 and 3 units, so that every bit position is met. */
static void
test_utf7_exhaustive(void **state)
{
	(void)state;
	for (uint32_t r = 0x20; r <= 0x10ffff; r++) {
		struct buf in = { 0 }, wire = { 0 }, back = { 0 };

		if (r == 0x7f || (r >= 0xd800 && r <= 0xdfff))
			continue;
		rune_put(&in, r);
		buf_addc(&in, 'x');
		rune_put(&in, 0xe4);
		rune_put(&in, r);
		rune_put(&in, r);
		if (utf7_encode(&wire, in.data, in.len) == -1 || utf7_decode(&back, wire.data, wire.len) == -1 || back.len != in.len
		    || memcmp(back.data, in.data, in.len) != 0)
			fail_msg("U+%04X does not come back", r);
		buf_free(&in);
		buf_free(&wire);
		buf_free(&back);
	}
}

static void
test_utf7_refused(void **state)
{
	static const char *const wires[] = {
		"&", "a&", "&A", "&AA-", "&AAA-", "&AGE-", "&ACY-", "&APw", "&APw=-", "&APx-", "&APwA-", "&APw/-", "&U,BTFw-&ZeVnLIqe-",
		"&2D0-", "&3gA-", "&2D0AYQ-", "&Jjo!", "\x80", "Gr\xc3\xbc", "a\tb", "a\x7f", "&AAo-", "&AH8-", "&APwA3w-&APw-",
	};
	static const char *const texts[] = { "\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "a\nb", "\x7f", "\xf4\x90\x80\x80" };

	(void)state;
	for (size_t i = 0; i < sizeof(wires) / sizeof(*wires); i++) {
		struct buf out = { 0 };

		buf_adds(&out, "kept");
		assert_int_equal(utf7_decode(&out, wires[i], strlen(wires[i])), -1);
		assert_string_equal(buf_str(&out), "kept");
		buf_free(&out);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct buf out = { 0 };

		assert_int_equal(utf7_encode(&out, texts[i], strlen(texts[i])), -1);
		buf_free(&out);
	}
}

static void
test_mailboxes(void **state)
{
	static const struct { const char *name, *wire; char delimiter; int utf8; } cases[] = {
		{ "INBOX", "INBOX", '/', 0 }, { "inbox", "INBOX", '.', 0 }, { "Lists/c", "Lists/c", '/', 0 }, { "Lists/c", "Lists.c", '.', 0 },
		{ "Lists.c", "Lists/c", '.', 0 }, { "Lists.c", "Lists.c", '/', 0 }, { "a/b", "a/b", '\0', 0 }, { "Grüße/ü", "Gr&APwA3w-e.&APw-", '.', 0 },
		{ "Grüße/ü", "Grüße.ü", '.', 1 }, { "a&b", "a&-b", '/', 0 }, { "a&b", "a&b", '/', 1 }, { "a\\b/c", "a/b\\c", '\\', 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mailbox_form form = { cases[i].delimiter, cases[i].utf8 };
		struct buf out = { 0 };
		struct err e = { 0 };

		assert_int_equal(mailbox_to_wire(&out, cases[i].name, &form, &e), 0);
		assert_string_equal(buf_str(&out), cases[i].wire);
		buf_cut(&out, 0);
		assert_int_equal(mailbox_from_wire(&out, cases[i].wire, strlen(cases[i].wire), &form), 0);
		assert_true(mailbox_same(buf_str(&out), cases[i].name));
		buf_free(&out);
	}
}

static void
test_mailbox_hostile(void **state)
{
	struct mailbox_form form = { '.', 0 };
	struct buf out = { 0 };
	char longest[MAILBOX_MAX + 2];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(mailbox_from_wire(&out, "&oops", 5, &form), -1);	/* shown as it came */
	assert_string_equal(buf_str(&out), "&oops");
	buf_free(&out);
	assert_int_equal(mailbox_check("", &e), -1);
	assert_int_equal(mailbox_check("a\rb", &e), -1);
	assert_int_equal(mailbox_check("\xff", &e), -1);
	memset(longest, 'x', sizeof(longest));
	longest[MAILBOX_MAX] = '\0';
	assert_int_equal(mailbox_check(longest, &e), 0);
	longest[MAILBOX_MAX] = 'x';
	longest[MAILBOX_MAX + 1] = '\0';
	assert_int_equal(mailbox_check(longest, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_false(mailbox_delimited("Sent Mail_2-ü"));
	assert_true(mailbox_delimited("a/b"));
	assert_true(mailbox_delimited("a.b"));
}

static void
test_patterns(void **state)
{
	static const struct { const char *pattern, *name; int match; } cases[] = {
		{ "*", "", 1 }, { "*", "a/b", 1 }, { "a*", "a/b", 1 }, { "a*c", "a/b/c", 1 }, { "a*c", "a/b", 0 }, { "?", "ü", 1 }, { "?", "ab", 0 },
		{ "", "", 1 }, { "", "a", 0 }, { "a", "", 0 }, { "**a", "bca", 1 }, { "*ab*ab", "abab", 1 }, { "*ab*ab", "ab", 0 }, { "Gr??e", "Grüße", 1 },
		{ "[a]", "a", 0 }, { "*/x", "a/b/x", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (mailbox_match(cases[i].pattern, cases[i].name) != cases[i].match)
			fail_msg("%s against %s", cases[i].pattern, cases[i].name);
	}
}

static void
test_flags(void **state)
{
	static const struct { const char *list, *letters, *shown; } cases[] = {
		{ "()", "", "-" }, { "(\\Recent)", "", "-" }, { "(\\Seen)", "S", "seen" }, { "(\\seen \\FLAGGED)", "FS", "seen,flagged" },
		{ "(\\Deleted \\Draft \\Answered $Forwarded \\Flagged \\Seen x)", "DFPRST", "deleted,draft,answered,$Forwarded,flagged,seen,x" },
		{ "(\\Seen \\Seen)", "S", "seen,seen" }, { "(foo \"s\" (\\Seen))", "", "foo" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct response r = { 0 };
		struct buf line = { 0 }, shown = { 0 };
		struct err e = { 0 };
		char letters[FLAG_LETTERS];

		buf_printf(&line, "* FLAGS %s", cases[i].list);
		response_begin(&r);
		assert_int_equal(response_line(&r, line.data, line.len, &e), RESPONSE_DONE);
		flagname_letters(r.args, letters);
		assert_string_equal(letters, cases[i].letters);
		flagname_print(&shown, r.args);
		assert_string_equal(buf_str(&shown), cases[i].shown);
		response_free(&r);
		buf_free(&line);
		buf_free(&shown);
	}
}

static void
test_flag_words(void **state)
{
	static const struct { const char *word, *wire; } cases[] = {
		{ "seen", "\\Seen" }, { "DELETED", "\\Deleted" }, { "$Forwarded", "$Forwarded" }, { "foo", "foo" }, { "", NULL }, { "a b", NULL },
		{ "a(", NULL }, { "\\Seen", NULL }, { "a\"", NULL }, { "a*", NULL }, { "a%", NULL }, { "a]", NULL }, { "a{", NULL }, { "ü", NULL }, { "a\r", NULL },
	};
	struct buf out = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_cut(&out, 0);
		assert_int_equal(flagname_wire(&out, cases[i].word, strlen(cases[i].word), &e), cases[i].wire != NULL ? 0 : -1);
		if (cases[i].wire != NULL)
			assert_string_equal(buf_str(&out), cases[i].wire);
	}
	assert_true(flagname_listed("(\\Seen \\*)", "\\*", 2));
	assert_true(flagname_listed("(a b)", "B", 1));
	assert_false(flagname_listed("(abc)", "ab", 2));
	assert_false(flagname_listed("", "a", 1));
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf7_pairs), cmocka_unit_test(test_utf7_exhaustive), cmocka_unit_test(test_utf7_refused),
		cmocka_unit_test(test_mailboxes), cmocka_unit_test(test_mailbox_hostile), cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_flags), cmocka_unit_test(test_flag_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
