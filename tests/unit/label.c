/* SPDX-License-Identifier: ISC */
/* label: accounts as parts of file names: nothing in them can be a path, and no two accounts share one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "account.h"

static char *
label(const char *user, const char *host, const char *port, const char *path)
{
	struct account a = { .url = { .user = (char *)(uintptr_t)user, .host = (char *)(uintptr_t)host, .port = (char *)(uintptr_t)port,
	    .path = (char *)(uintptr_t)path } };

	return account_label(&a);
}

static void
test_labels(void **state)
{
	static const struct { const char *user, *host, *port, *path, *want; } cases[] = {
		{ "ann", "imap.example.org", NULL, NULL, "ann@imap.example.org" }, { "ann", "IMAP.Example.Org", "993", NULL, "ann@imap.example.org:993" },
		{ "a/../b", "h", NULL, NULL, "a%2F..%2Fb@h" }, { "a%2Fb", "h", NULL, NULL, "a%252Fb@h" }, { "\xc3\xbc\n", "::1", NULL, NULL, "%C3%BC%0A@::1" },
		{ "ann@example.org", "h", NULL, NULL, "ann@example.org@h" }, { "ann", NULL, NULL, "", "ann@exec-cbf29ce484222325" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = label(cases[i].user, cases[i].host, cases[i].port, cases[i].path);

		assert_string_equal(got, cases[i].want);
		free(got);
	}
}

static void
test_long_ones_differ(void **state)
{
	char one[500], two[500], *a, *b;

	(void)state;
	memset(one, 'x', sizeof(one) - 1);
	one[sizeof(one) - 1] = '\0';
	strlcpy(two, one, sizeof(two));
	two[400] = 'y';
	a = label(one, "h", NULL, NULL);
	b = label(two, "h", NULL, NULL);
	assert_true(strlen(a) < 200);
	assert_string_not_equal(a, b);
	free(a);
	free(b);
	a = label("ann", NULL, NULL, "one");
	b = label("ann", NULL, NULL, "two");
	assert_string_not_equal(a, b);
	free(a);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_labels), cmocka_unit_test(test_long_ones_differ) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
