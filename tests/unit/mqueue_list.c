/* SPDX-License-Identifier: ISC */
/* list: what ls prints, in each form, for each state; nothing from a server or an envelope reaches a terminal alive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../cmd/mqueue/json.h"
#include "../../cmd/mqueue/list.h"
#include "buf.h"
#include "envelope.h"

#define NOW 1795344000

#define HEAD "7k2mx9bq\t2048\t2026-11-22T08:40:00+0000\t"

static char bob[] = "bob@example.org", ann[] = "ann@example.com", from[] = "eve@example.net", none[] = "";
static char grey[] = "451 4.7.1 grey\x1b[2J";

static void
check(void (*format)(struct buf *, const struct row *), const struct row *r, const char *want)
{
	struct buf b = { 0 };

	format(&b, r);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

static void
test_states(void **state)
{
	struct envelope_rcpt rcpt = { .addr = bob, .fate = FATE_WAITING, .reply = none };
	struct envelope env = { .from = from, .arrived = NOW - 60, .next = NOW, .rcpt = &rcpt, .rcpts = 1 };
	struct row r = { .id = "7k2mx9bq", .env = &env, .size = 1, .now = NOW };

	(void)state;
	assert_string_equal(list_state(&r), "due");
	env.next = NOW + 1;
	assert_string_equal(list_state(&r), "waiting");
	env.held = 1;
	assert_string_equal(list_state(&r), "held");
	rcpt.fate = FATE_REFUSED;
	assert_string_equal(list_state(&r), "refused");
	r.taken = 1;
	assert_string_equal(list_state(&r), "sending");
}

static void
test_forms(void **state)
{
	struct envelope_rcpt rcpt[] = {
		{ .addr = bob, .fate = FATE_WAITING, .reply = grey }, { .addr = ann, .fate = FATE_SENT, .reply = none },
	};
	struct envelope env = { .from = from, .arrived = NOW - 7200, .next = NOW + 600, .tries = 3, .rcpt = rcpt, .rcpts = 2 };
	struct row r = { .id = "7k2mx9bq", .env = &env, .size = 2048, .now = NOW };

	(void)state;
	check(list_columns, &r, "7k2mx9bq   2.0k    2h  in 10m   eve@example.net          bob@example.org\n");
	check(list_recipients, &r, "         waiting  bob@example.org: 451 4.7.1 grey\\^[[2J\n"
	    "         sent     ann@example.com\n");
	check(list_record, &r, HEAD "waiting\t2026-11-22T10:50:00+0000\teve@example.net\tbob@example.org\n");
	check(list_details, &r,
	    HEAD "waiting\t2026-11-22T10:50:00+0000\teve@example.net\tbob@example.org\twaiting\t451 4.7.1 grey\\^[[2J\n"
	    HEAD "waiting\t2026-11-22T10:50:00+0000\teve@example.net\tann@example.com\tsent\t\n");
	check(list_json, &r, "{\"queue_name\": \"deferred\", \"queue_id\": \"7k2mx9bq\", "
	    "\"arrival_time\": 1795336800, \"message_size\": 2048, \"forced_expire\": false, "
	    "\"state\": \"waiting\", \"next_time\": 1795344600, \"tries\": 3, \"sender\": \"eve@example.net\", \"recipients\": "
	    "[{\"address\": \"bob@example.org\", \"delay_reason\": \"451 4.7.1 grey\\u001b[2J\", \"state\": \"waiting\"}], "
	    "\"done\": [{\"address\": \"ann@example.com\", \"state\": \"sent\"}]}\n");
	env.held = 1;
	env.from = none;
	check(list_record, &r, HEAD "held\t-\t<>\tbob@example.org\n");
}

/* Column by column what Postfix 3 prints. */
static void
test_mailq(void **state)
{
	struct envelope_rcpt rcpt[] = {
		{ .addr = bob, .fate = FATE_WAITING, .reply = none }, { .addr = ann, .fate = FATE_SENT, .reply = none },
		{ .addr = ann, .fate = FATE_REFUSED, .reply = grey }, { .addr = bob, .fate = FATE_WAITING, .reply = grey },
		{ .addr = from, .fate = FATE_BOUNCED, .reply = grey },
	};
	struct envelope env = { .from = from, .arrived = NOW - 7200, .next = NOW + 600, .tries = 3, .rcpt = rcpt, .rcpts = 5 };
	struct row r = { .id = "7k2mx9bq", .env = &env, .size = 2048, .now = NOW };
	struct buf b = { 0 };

	(void)state;
	list_mailq_header(&b);
	assert_string_equal(buf_str(&b), "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
	buf_free(&b);
	check(list_mailq, &r,
	    "7k2mx9bq       2048 Sun Nov 22 08:40:00  eve@example.net\n"
	    "                                         bob@example.org\n"
	    "                                                        (451 4.7.1 grey\\^[[2J)\n"
	    "                                         ann@example.com\n"
	    "                                         bob@example.org\n\n");
	env.held = 1;
	env.from = none;
	env.rcpts = 1;
	check(list_mailq, &r, "7k2mx9bq!      2048 Sun Nov 22 08:40:00  MAILER-DAEMON\n"
	    "                                         bob@example.org\n\n");
	r.taken = 1;
	r.size = 12345678901;
	check(list_mailq, &r, "7k2mx9bq*   12345678901 Sun Nov 22 08:40:00  MAILER-DAEMON\n"
	    "                                         bob@example.org\n\n");
}

static void
test_numbers(void **state)
{
	static const struct { int64_t size, age; const char *want; } cases[] = {
		{ 0, 0, "7k2mx9bq      0    0s  due      <>                       bob@example.org\n" },
		{ 999, 119, "7k2mx9bq    999  119s  due      <>                       bob@example.org\n" },
		{ 1000, 120, "7k2mx9bq   1.0k    2m  due      <>                       bob@example.org\n" },
		{ 10240, 7199, "7k2mx9bq    10k  119m  due      <>                       bob@example.org\n" },
		{ 104857600, 172800, "7k2mx9bq   100M    2d  due      <>                       bob@example.org\n" },
		{ 5368709120, -5, "7k2mx9bq   5.0G    0s  due      <>                       bob@example.org\n" },
	};
	struct envelope_rcpt rcpt = { .addr = bob, .fate = FATE_WAITING, .reply = none };
	struct envelope env = { .from = none, .rcpt = &rcpt, .rcpts = 1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct row r = { .id = "7k2mx9bq", .env = &env, .size = cases[i].size, .now = NOW };

		env.arrived = NOW - cases[i].age;
		check(list_columns, &r, cases[i].want);
	}
}

static void
test_summary(void **state)
{
	static const struct { size_t entries; int64_t octets; const char *want; } cases[] = {
		{ 0, 0, "Mail queue is empty\n" }, { 1, 1, "-- 1 Kbytes in 1 Request.\n" },
		{ 2, 2049, "-- 3 Kbytes in 2 Requests.\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = { 0 };

		list_summary(&b, cases[i].entries, cases[i].octets);
		assert_string_equal(buf_str(&b), cases[i].want);
		buf_free(&b);
	}
}

#define NO "\xef\xbf\xbd"	/* U+FFFD */

static void
test_json_string(void **state)
{
	static const struct { const char *text; size_t len; const char *want; } cases[] = {
		{ "", 0, "\"\"" }, { "a\"b\\c", 5, "\"a\\\"b\\\\c\"" }, { "\0\n\x1f\x7f", 4, "\"\\u0000\\u000a\\u001f\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xae", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x93\xae\"" },
		{ "\x80", 1, "\"" NO "\"" }, { "\xc3", 1, "\"" NO "\"" }, { "\xc0\xaf", 2, "\"" NO NO "\"" },
		{ "\xed\xa0\x80", 3, "\"" NO NO NO "\"" }, { "\xf4\x90\x80\x80", 4, "\"" NO NO NO NO "\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = { 0 };

		json_string(&b, cases[i].text, cases[i].len);
		assert_string_equal(buf_str(&b), cases[i].want);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states), cmocka_unit_test(test_forms), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_summary), cmocka_unit_test(test_mailq), cmocka_unit_test(test_json_string),
	};

	setenv("TZ", "UTC", 1);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
