/* SPDX-License-Identifier: ISC */
/* sort: base subjects (RFC 5256 section 2.1), collation, dates of header fields, keys to sort by; and text that is looked for in text
 * that comes in chunks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <locale.h>

#include <cmocka.h>

#include "../../cmd/mimap/collate.h"
#include "../../cmd/mimap/date.h"
#include "../../cmd/mimap/match.h"
#include "../../cmd/mimap/sortkey.h"
#include "buf.h"
#include "err.h"

static void
test_subjects(void **state)
{
	static const struct { const char *in, *base; } cases[] = {
		{ "plan", "PLAN" }, { "Re: plan", "PLAN" }, { "RE:re: Fw: FWD: plan", "PLAN" }, { "Re[2]: plan", "PLAN" }, { "re [x] : plan", "PLAN" },
		{ "[list] plan", "PLAN" }, { "[a][b] Re: [c] plan (fwd) (FWD) ", "PLAN" }, { "[Fwd: Re: plan]", "PLAN" }, { "[fwd: [fwd: plan (fwd)]]", "PLAN" },
		{ "[only]", "[ONLY]" }, { "Re:", "" }, { "", "" }, { "  a\t\r\n b  ", "A B" }, { "regarding: plan", "REGARDING: PLAN" }, { "Re plan", "RE PLAN" },
		{ "AW: plan", "AW: PLAN" }, { "[[x] plan", "[[X] PLAN" }, { "[", "[" }, { "(fwd)", "" }, { "=?utf-8?q?=C3=A4?=", "A\xcc\x88" }, { "\xc3\x9f", "\xc3\x9f" },
		{ "\xc5\xa1", "S\xcc\x8c" }, { "=?utf-8?b?UmU6IHBsYW4=?=", "PLAN" }, { "[fwd:", "[FWD:" }, { "[fwd:]", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = { 0 };

		collate_subject(&out, cases[i].in, strlen(cases[i].in));
		assert_string_equal(buf_str(&out), cases[i].base);
		buf_free(&out);
	}
}

static void
test_dates(void **state)
{
	static const struct { const char *in; int64_t when; } cases[] = {
		{ "Sun, 22 Nov 2026 10:00:00 +0100", 1795338000 }, { "22 Nov 2026 10:00:00 +0100", 1795338000 }, { "Sun, 22 Nov 2026 10:00 GMT", 1795341600 },
		{ "22 nov 26 10:00:00 EST", 1795359600 }, { "22 Nov 2026 10:00:00", 1795341600 }, { "22 Nov 2026 10:00:00 X", 1795341600 },
		{ "Sun,  1 Jan 70 00:00:01 +0000 (UTC)", 1 }, { "1 Jan 1950 00:00:00 +0000", -631152000 }, { "22 Nov 2026 10:00:00 -0030", 1795343400 },
	};
	static const char *const wrong[] = {
		"", "Sun", "Sun, 22", "22 Nov", "22 Nov 2026", "22 Nov 2026 25:00:00 +0000", "31 Feb 2026 10:00:00 +0000", "22 Foo 2026 10:00:00", "22-Nov-2026 10:00:00",
		"222 Nov 2026 10:00:00", "22 Nov 20266 10:00:00", "22 Nov 2026 10:61", "22 Nov 2026 :00", "x, y, 22 Nov 2026",
	};
	time_t when;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (!date_header(cases[i].in, strlen(cases[i].in), &when))
			fail_msg("refused: %s", cases[i].in);
		assert_int_equal(when, cases[i].when);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (date_header(wrong[i], strlen(wrong[i]), &when))
			fail_msg("taken: %s", wrong[i]);
	}
}

static void
test_keys(void **state)
{
	static const struct { const char *in, *wire; } cases[] = {
		{ "date", "DATE" }, { "-size", "REVERSE SIZE" }, { "from,-to,cc", "FROM REVERSE TO CC" }, { "reverse,Subject,arrival", "REVERSE SUBJECT ARRIVAL" },
		{ "reverse,-date", "DATE" }, { "reverse date", "REVERSE DATE" },
	};
	static const char *const wrong[] = { "", "dates", "date,", ",date", "-", "reverse", "reverse,", "--date", "date,size,from,to,cc,subject,arrival,date,size" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sortkey_order o = { .count = 0 };
		struct buf out = { 0 };

		assert_int_equal(sortkey_parse(&o, cases[i].in, &e), 0);
		sortkey_wire(&o, &out);
		assert_string_equal(buf_str(&out), cases[i].wire);
		buf_free(&out);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct sortkey_order o = { .count = 0 };

		if (sortkey_parse(&o, wrong[i], &e) == 0)
			fail_msg("taken: %s", wrong[i]);
		assert_int_equal(e.class, ERR_USAGE);
	}
}

/* Each text whole, octet by octet, and cut at each offset. */
static void
test_match(void **state)
{
	static const struct { const char *charset, *text, *needle; int found; } cases[] = {
		{ NULL, "viele Gr\xc3\xbc\xc3\x9f" "e aus K\xc3\xb6ln", "gr\xc3\xbc\xc3\x9f" "e", 1 }, { "iso-8859-1", "viele GR\xdc\xdf" "E", "gr\xc3\xbc\xc3\x9f" "e", 1 },
		{ "iso-8859-1", "gr\xc3\xbc", "gr\xc3\xbc", 0 }, { "nonsense", "gr\xfc", "gr\xc3\xbc", 1 }, { "utf-8", "aab", "ab", 1 }, { "utf-8", "a\r\n  b", "a b", 1 },
		{ "utf-8", "ab", "abc", 0 }, { "utf-8", "", "a", 0 }, { "utf-8", "\xff\xff gr\xc3\xbc", "gr\xc3\xbc", 1 }, { "utf-16be", "\x20\x20\x20\x20", "\xe2\x80\xa0", 1 },
		{ "utf-8", "abababac", "ABAC", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].text);
		struct buf needle = { 0 };
		struct err e;

		match_fold(&needle, cases[i].needle, strlen(cases[i].needle));
		for (size_t cut = 0; cut <= n + 1; cut++) {
			struct match m;

			match_begin(&m, &needle, cases[i].charset);
			if (cut <= n) {
				match_write(&m, cases[i].text, cut, &e);
				match_write(&m, cases[i].text + cut, n - cut, &e);
			} else {
				for (size_t k = 0; k < n; k++)
					match_write(&m, cases[i].text + k, 1, &e);
			}
			if (match_end(&m) != cases[i].found)
				fail_msg("%s in %s, cut at %zu", cases[i].needle, cases[i].text, cut);
		}
		buf_free(&needle);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subjects), cmocka_unit_test(test_dates), cmocka_unit_test(test_keys), cmocka_unit_test(test_match)
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
