/* SPDX-License-Identifier: ISC */
/* select: which addresses and ages fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/mqueue/mqueue.h"
#include "../../cmd/mqueue/select.h"
#include "envelope.h"
#include "err.h"

static void
test_address(void **state)
{
	static const struct { const char *pattern, *addr; int fits; } t[] = {
		{ "bob@example.org", "bob@example.org", 1 }, { "BOB@Example.ORG", "bob@example.org", 1 },
		{ "bob@example.org", "bob@example.or", 0 }, { "bob", "bob@example.org", 0 }, { "bob", "bob", 1 },
		{ "@example.org", "bob@example.org", 1 }, { "@EXAMPLE.org", "\"a@b\"@example.org", 1 },
		{ "@example.org", "bob@sub.example.org", 0 },
		{ "@example.org", "bob", 0 }, { "@", "bob@example.org", 0 }, { "<>", "", 1 }, { "", "", 1 }, { "<>", "bob@example.org", 0 },
		{ "@example.org", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		if (select_address(t[i].pattern, t[i].addr) != t[i].fits)
			fail_msg("%s and %s", t[i].pattern, t[i].addr);
}

static void
test_fits(void **state)
{
	static char from[] = "ann@example.org", bob[] = "bob@example.net", eve[] = "eve@example.com", none[] = "";
	struct envelope_rcpt rcpt[] = {
		{ .addr = bob, .fate = FATE_SENT, .reply = none }, { .addr = eve, .fate = FATE_WAITING, .reply = none },
	};
	struct envelope env = { .from = from, .arrived = 1000, .rcpt = rcpt, .rcpts = 2 };
	static const struct { const char *sender, *rcpt, *age; int fits; } t[] = {
		{ NULL, NULL, NULL, 1 }, { from, NULL, NULL, 1 }, { eve, NULL, NULL, 0 }, { NULL, eve, NULL, 1 },
		{ NULL, bob, NULL, 0 },		/* has it already */
		{ NULL, "@example.com", "100s", 1 }, { NULL, NULL, "101s", 0 }, { NULL, NULL, "0", 1 }, { from, eve, "1m", 1 },
		{ eve, eve, "1m", 0 },
	};
	struct selection s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct job job = { .sender = t[i].sender, .rcpt = t[i].rcpt, .age = t[i].age };

		assert_int_equal(select_read(&s, &job, &e), 0);
		assert_int_equal(select_any(&s), i == 0);
		if (select_fits(&s, &env, 1100) != t[i].fits)
			fail_msg("case %zu", i);
	}
	assert_int_equal(select_read(&s, &(struct job){ .age = "soon" }, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_address), cmocka_unit_test(test_fits) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
