/* SPDX-License-Identifier: ISC */
/* what put is given: times, flags from file names; and capabilities that the user does without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../cmd/mimap/caps.h"
#include "../../cmd/mimap/date.h"
#include "../../cmd/mimap/flagname.h"
#include "buf.h"
#include "err.h"

static void
test_times(void **state)
{
	static const struct { const char *text, *wire; } times[] = {
		{ "2026-11-22T10:00:00Z", "22-Nov-2026 10:00:00 +0000" }, { "2026-11-22T10:00:00+01:00", "22-Nov-2026 09:00:00 +0000" },
		{ "2026-11-22T10:00-0330", "22-Nov-2026 13:30:00 +0000" }, { "2026-11-22 23:59:60Z", "23-Nov-2026 00:00:00 +0000" },
		{ "2026-11-22", "21-Nov-2026 23:00:00 +0000" }, { "2026-07-01T00:30", "30-Jun-2026 22:30:00 +0000" },
		{ "1969-12-31T23:59:59Z", "31-Dec-1969 23:59:59 +0000" }, { "9999-12-31T23:59:59Z", "31-Dec-9999 23:59:59 +0000" },
		{ "2024-02-29T00:00Z", "29-Feb-2024 00:00:00 +0000" },
	};

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		struct buf out = { 0 };
		struct err e;
		time_t when;

		assert_int_equal(date_time(times[i].text, &when, &e), 0);
		date_imap_time(&out, when);
		assert_string_equal(buf_str(&out), times[i].wire);
		buf_free(&out);
	}
}

static void
test_times_refused(void **state)
{
	static const char *const bad[] = {
		"", "now", "2026-02-29", "2026-13-01", "2026-11-22T", "2026-11-22T24:00", "2026-11-22T10:60", "2026-11-22T10:00:61", "2026-11-22T10",
		"2026-11-22T1", "2026-11-22T10:0", "2026-11-22T10:00:", "2026-11-22T10:00Zx", "2026-11-22T10:00+", "2026-11-22T10:00+1",
		"2026-11-22T10:00+01:", "2026-11-22T10:00+24:00", "2026-11-22T10:00+01:60", "2026-11-22x", "2026-11-22Z", "20261122",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e;
		time_t when;

		if (date_time(bad[i], &when, &e) != -1 || e.class != ERR_USAGE)
			fail_msg("\"%s\" is taken for a time", bad[i]);
	}
}

static void
test_letters(void **state)
{
	static const struct { const char *letters, *wire; } flags[] = {
		{ "", "" }, { "S", "\\Seen" }, { "DFPRST", "\\Draft \\Flagged $Forwarded \\Answered \\Seen \\Deleted" }, { "SaF", "\\Seen" },
		{ "XS,F", "\\Seen" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		struct buf out = { 0 };

		flagname_from_letters(&out, flags[i].letters);
		assert_string_equal(buf_str(&out), flags[i].wire);
		buf_free(&out);
	}
}

static void
test_without(void **state)
{
	static const struct { const char *without, *said; enum cap cap; int has; } cases[] = {
		{ NULL, "IMAP4rev1 MOVE", CAP_MOVE, 1 }, { "", "IMAP4rev1 MOVE", CAP_MOVE, 1 }, { "MOVE", "IMAP4rev1 MOVE UIDPLUS", CAP_MOVE, 0 },
		{ "MOVE", "IMAP4rev1 MOVE UIDPLUS", CAP_UIDPLUS, 1 }, { "uidplus, move", "IMAP4rev1 MOVE UIDPLUS", CAP_MOVE, 0 },
		{ "MOV", "IMAP4rev1 MOVE", CAP_MOVE, 1 }, { "MOVE", "IMAP4rev2", CAP_MOVE, 0 }, { "MOVE", "IMAP4rev2", CAP_ESEARCH, 1 },
		{ "IMAP4rev2", "IMAP4rev1 IMAP4rev2", CAP_MOVE, 0 }, { "IMAP4rev2", "IMAP4rev1 IMAP4rev2", CAP_REV1, 1 },
		{ "LITERAL+", "IMAP4rev1 LITERAL+ LITERAL-", CAP_LITERAL_PLUS, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct caps caps = { .without = cases[i].without };

		caps_read(&caps, cases[i].said);
		assert_int_equal(caps_has(&caps, cases[i].cap), cases[i].has);
		caps_clear(&caps);
		assert_ptr_equal(caps.without, cases[i].without);
	}
}

static void
test_without_mechanism(void **state)
{
	struct caps caps = { .without = "AUTH=PLAIN" };

	(void)state;
	caps_read(&caps, "IMAP4rev1 AUTH=PLAIN AUTH=LOGIN");
	assert_string_equal(buf_str(&caps.auth), "LOGIN");
	caps_clear(&caps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times), cmocka_unit_test(test_times_refused), cmocka_unit_test(test_letters),
		cmocka_unit_test(test_without), cmocka_unit_test(test_without_mechanism),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
