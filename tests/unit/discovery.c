/* SPDX-License-Identifier: ISC */
/* discovery: which SRV record is used, and which hosts may be trusted with a password. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "discovery.h"
#include "dns.h"

static void
within(void **state)
{
	static const struct { const char *host, *domain; int yes; } cases[] = {
		{ "example.org", "example.org", 1 }, { "mail.example.org", "example.org", 1 }, { "a.b.Example.ORG", "example.org", 1 },
		{ "badexample.org", "example.org", 0 }, { "example.org.evil.net", "example.org", 0 }, { "org", "example.org", 0 },
		{ "", "example.org", 0 }, { "example.org", "", 0 }, { ".example.org", "example.org", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(discovery_within(cases[i].host, cases[i].domain), cases[i].yes);
}

/* priority, weight, port, host, the length in place of a count */
#define REC(p, w, port, host) { { p, w, port }, (char *)host, sizeof host - 1 }

static void
picks(void **state)
{
	static struct dns_record records[] = {
		REC(20, 0, 465, "backup"), REC(10, 1, 465, "one"), REC(10, 3, 465, "three"), REC(0, 0, 465, ""), REC(0, 0, 0, "noport"),
	};
	static struct dns_record none[] = { REC(0, 0, 0, "") };
	static struct dns_record zero[] = { REC(5, 0, 587, "a"), REC(5, 0, 587, "b") };
	struct dns_answer a = { records, 5, 0, 0 };
	uint32_t lot;

	(void)state;
	for (lot = 0; lot < 8; lot++)
		assert_string_equal(discovery_pick(&a, lot)->data, lot % 4 == 0 ? "one" : "three");
	a = (struct dns_answer){ records, 1, 0, 0 };
	assert_string_equal(discovery_pick(&a, 7)->data, "backup");
	a = (struct dns_answer){ zero, 2, 0, 0 };
	assert_string_equal(discovery_pick(&a, 7)->data, "a");
	a = (struct dns_answer){ none, 1, 0, 0 };
	assert_null(discovery_pick(&a, 0));
	a = (struct dns_answer){ 0 };
	assert_null(discovery_pick(&a, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(within), cmocka_unit_test(picks) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
