/* SPDX-License-Identifier: ISC */
/* mx: domains of addresses, literals, the order of exchangers, and where the list is cut so that no mail loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "../../cmd/msend/mx.h"

static void
domains(void **state)
{
	(void)state;
	assert_string_equal(mx_domain("bob@example.net"), "example.net");
	assert_string_equal(mx_domain("\"a@b\"@example.net"), "example.net");
	assert_string_equal(mx_domain("bob@[192.0.2.1]"), "[192.0.2.1]");
	assert_string_equal(mx_domain("bob"), "");
}

static void
literals(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "[192.0.2.1]", "192.0.2.1" }, { "[IPv6:2001:db8::1]", "2001:db8::1" }, { "[ipv6:::1]", "::1" },
		{ "192.0.2.1", NULL }, { "[192.0.2.1", NULL }, { "[]", NULL }, { "[192.0.2.256]", NULL }, { "[2001:db8::1]", NULL },
		{ "[IPv6:192.0.2.1]", NULL }, { "[IPv6:]", NULL }, { "[example.net]", NULL }, { "", NULL }, { "[", NULL },
		{ "[IPv6:2001:0db8:0000:0000:0000:0000:0000:00000000000000000000000000001]", NULL },
	};
	char out[46];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(mx_literal(cases[i].in, out, sizeof(out)), cases[i].out != NULL ? 0 : -1);
		if (cases[i].out != NULL)
			assert_string_equal(out, cases[i].out);
	}
}

/* "a10 b20" */
static void
fill(struct mx *m, const char *text)
{
	char name[2] = "";

	*m = (struct mx){ 0 };
	for (; *text != '\0'; text += strcspn(text, " "), text += *text == ' ') {
		name[0] = *text;
		mx_add(m, name, (unsigned int)atoi(text + 1), (unsigned int)('z' - *text));
	}
}

static char *
names(const struct mx *m)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < m->n; i++)
		buf_adds(&b, m->v[i].name);
	return b.len > 0 ? buf_steal(&b) : strdup("");
}

static void
orders(void **state)
{
	static const struct { const char *in, *want; } cases[] = {
		{ "", "" }, { "a10", "a" }, { "a20 b10", "ba" }, { "a10 b10 c5", "cba" }, { "a0 b65535 c1", "acb" },
		{ "a10 b10 c10", "cba" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct mx m;
		char *got;

		fill(&m, cases[i].in);
		mx_order(&m);
		got = names(&m);
		assert_string_equal(got, cases[i].want);
		free(got);
		mx_free(&m);
	}
}

static void
cuts(void **state)
{
	static const struct { const char *in, *own, *want; } cases[] = {
		{ "a10 b20 c30", "b", "a" }, { "a10 b20 c30", "a", "" }, { "a10 b20 c30", "c", "ab" }, { "a10 b20 c30", "x", "abc" },
		{ "a10 b20 c20 d30", "c", "a" }, { "a10 b20 c20 d30", "b", "a" }, { "a10 b10", "b", "" }, { "a10 b20", "B", "a" }, { "", "a", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *own[] = { "localhost", cases[i].own, NULL };
		struct mx m;
		char *got;

		fill(&m, cases[i].in);
		mx_cut(&m, own);
		got = names(&m);
		assert_string_equal(got, cases[i].want);
		free(got);
		mx_free(&m);
	}
}

/* Equals come in any order: each is first sometimes. */
static void
shuffles(void **state)
{
	int first[3] = { 0 }, i;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct mx m = { 0 };

		mx_add(&m, "a", 10, arc4random());
		mx_add(&m, "b", 10, arc4random());
		mx_add(&m, "c", 10, arc4random());
		mx_order(&m);
		first[m.v[0].name[0] - 'a']++;
		mx_free(&m);
	}
	assert_true(first[0] > 20 && first[1] > 20 && first[2] > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains), cmocka_unit_test(literals), cmocka_unit_test(orders), cmocka_unit_test(cuts),
		cmocka_unit_test(shuffles),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
