/* SPDX-License-Identifier: ISC */
/* answer: replies of one and many lines, codes that are none, limits; what EHLO's reply offers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/msend/answer.h"

/* Lines parted by LF. The result of the last one. */
static int
feed(struct answer *a, const char *text, struct err *e)
{
	const char *lf;
	int rc = 0;

	answer_clear(a);
	for (;; text = lf + 1) {
		lf = strchr(text, '\n');
		rc = answer_feed(a, text, lf != NULL ? (size_t)(lf - text) : strlen(text), e);
		if (rc == -1 || lf == NULL)
			return rc;
		assert_int_equal(rc, 0);
	}
}

static const struct { const char *in; int rc, code; const char *enhanced, *text, *shown; } cases[] = {
	{ "250 ok", 1, 250, "", "ok", "250 ok" },
	{ "250", 1, 250, "", "", "250" },
	{ "250 ", 1, 250, "", "", "250" },
	{ "599 x", 1, 599, "", "x", "599 x" },
	{ "250-", 0, 250, "", "", "250" },
	{ "250-a\n250-b\n250 c", 1, 250, "", "a\nb\nc", "250 a b c" },
	{ "250-a\n250", 1, 250, "", "a\n", "250 a" },
	{ "250 2.1.0 fine", 1, 250, "2.1.0", "2.1.0 fine", "250 2.1.0 fine" },
	{ "550 5.1.1", 1, 550, "5.1.1", "5.1.1", "550 5.1.1" },
	{ "550 5.123.456 x", 1, 550, "5.123.456", "5.123.456 x", "550 5.123.456 x" },
	{ "550 5.1234.1 x", 1, 550, "", "5.1234.1 x", "550 5.1234.1 x" },
	{ "550 5.1.1x", 1, 550, "", "5.1.1x", "550 5.1.1x" },
	{ "550 4.1.1 x", 1, 550, "", "4.1.1 x", "550 4.1.1 x" },
	{ "354 3.1.1 x", 1, 354, "", "3.1.1 x", "354 3.1.1 x" },
	{ "550 5..1 x", 1, 550, "", "5..1 x", "550 5..1 x" },
	{ "550 5.1. x", 1, 550, "", "5.1. x", "550 5.1. x" },
	{ "550-5.7.1 no\n550 5.7.1 never", 1, 550, "5.7.1", "5.7.1 no\n5.7.1 never", "550 5.7.1 no never" },
	{ "550-5.7.1 no\n550 5.7.2 never", 1, 550, "5.7.1", "5.7.1 no\n5.7.2 never", "550 5.7.1 no 5.7.2 never" },
	{ "", -1, 0, NULL, NULL, NULL },
	{ "2", -1, 0, NULL, NULL, NULL },
	{ "25", -1, 0, NULL, NULL, NULL },
	{ "25a ok", -1, 0, NULL, NULL, NULL },
	{ "150 no", -1, 0, NULL, NULL, NULL },
	{ "650 no", -1, 0, NULL, NULL, NULL },
	{ "250x", -1, 0, NULL, NULL, NULL },
	{ "250\tok", -1, 0, NULL, NULL, NULL },
	{ " 250 ok", -1, 0, NULL, NULL, NULL },
	{ "2500 ok", -1, 0, NULL, NULL, NULL },
	{ "250-a\n251 b", -1, 0, NULL, NULL, NULL },
	{ "250-a\nhello", -1, 0, NULL, NULL, NULL },
};

static void
replies(void **state)
{
	struct answer a = { 0 };
	struct buf shown = { 0 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(feed(&a, cases[i].in, &e), cases[i].rc);
		if (cases[i].rc == -1) {
			assert_int_equal(e.class, ERR_PROTOCOL);
			continue;
		}
		assert_int_equal(a.code, cases[i].code);
		assert_string_equal(a.enhanced, cases[i].enhanced);
		assert_string_equal(buf_str(&a.text), cases[i].text);
		buf_cut(&shown, 0);
		answer_show(&a, &shown);
		assert_string_equal(buf_str(&shown), cases[i].shown);
	}
	buf_free(&shown);
	answer_free(&a);
}

static void
limits(void **state)
{
	struct answer a = { 0 };
	struct buf big = { 0 };
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < ANSWER_LINES_MAX; i++)
		assert_int_equal(answer_feed(&a, "250-x", 5, &e), 0);
	assert_int_equal(answer_feed(&a, "250 x", 5, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	answer_clear(&a);
	buf_adds(&big, "250 ");
	while (big.len < ANSWER_TEXT_MAX)
		buf_addc(&big, 'x');
	assert_int_equal(answer_feed(&a, big.data, big.len, &e), 1);
	answer_clear(&a);
	buf_addc(&big, 'x');
	assert_int_equal(answer_feed(&a, big.data, big.len, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	answer_clear(&a);
	assert_int_equal(answer_feed(&a, "250 a\nb", 7, &e), -1);
	buf_free(&big);
	answer_free(&a);
}

static void
nul_and_length(void **state)
{
	struct answer a = { 0 };
	struct buf shown = { 0 };
	struct err e;
	int i;

	(void)state;
	assert_int_equal(answer_feed(&a, "250 a\0b", 7, &e), 1);
	assert_int_equal(a.text.len, 3);
	answer_clear(&a);
	for (i = 0; i < 100; i++)
		assert_int_equal(answer_feed(&a, "550-aaaaaaaaaa", 14, &e), 0);
	answer_show(&a, &shown);
	assert_true(shown.len < 260);
	buf_free(&shown);
	answer_free(&a);
}

static void
offers(void **state)
{
	struct answer a = { 0 };
	struct offer o;
	struct err e;

	(void)state;
	assert_int_equal(feed(&a, "250-PIPELINING\n250-pipelining\n250-SIZE 1000\n250-AUTH PLAIN login\n250-AUTH=CRAM-MD5\n250-8BITMIMEX\n"
	    "250-X-STARTTLS\n250-CHUNKING\n250-AUTH SCRAM-SHA-256\n250 SMTPUTF8 x", &e), 1);
	offer_parse(&o, &a);
	assert_true(o.pipelining && o.chunking && o.smtputf8 && o.sized);
	assert_false(o.eightbit || o.starttls);
	assert_true(o.size == 1000);
	assert_string_equal(o.auth, "PLAIN login SCRAM-SHA-256");
	assert_int_equal(feed(&a, "250 PIPELINING", &e), 1);
	offer_parse(&o, &a);
	assert_false(o.pipelining);
	assert_int_equal(feed(&a, "250-x\n250 SIZE 99999999999999999999999999", &e), 1);
	offer_parse(&o, &a);
	assert_true(o.size > 1000000000000);
	assert_int_equal(feed(&a, "250-x\n250-SIZE\n250-\n250 ", &e), 1);
	offer_parse(&o, &a);
	assert_true(o.sized && o.size == 0);
	answer_free(&a);
}

/* RFC 9422: values that are none, or too large to be one, are no limits. */
static void
session_limits(void **state)
{
	struct answer a = { 0 };
	struct offer o;
	struct err e;

	(void)state;
	assert_int_equal(feed(&a, "250-x\n250 LIMITS RCPTMAX=100 MAILMAX=20 OTHER=1  rcptdomainmax=3", &e), 1);
	offer_parse(&o, &a);
	assert_true(o.rcptmax == 100 && o.mailmax == 20 && o.rcptdomainmax == 3);
	assert_int_equal(feed(&a, "250-x\n250-LIMITS RCPTMAX= MAILMAX=1x RCPTDOMAINMAX\n250-LIMIT RCPTMAX=1\n250-LIMITS\n250 LIMITS =", &e), 1);
	offer_parse(&o, &a);
	assert_true(o.rcptmax == 0 && o.mailmax == 0 && o.rcptdomainmax == 0);
	assert_int_equal(feed(&a, "250-x\n250 LIMITS MAILMAX=999999 RCPTMAX=1000000 RCPTDOMAINMAX=-1", &e), 1);
	offer_parse(&o, &a);
	assert_true(o.mailmax == 999999 && o.rcptmax == 0 && o.rcptdomainmax == 0);
	answer_free(&a);
}

static void
classes(void **state)
{
	struct answer a = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(feed(&a, "250 x", &e), 1);
	assert_int_equal(answer_class(&a), ERR_NONE);
	assert_int_equal(feed(&a, "451 x", &e), 1);
	assert_int_equal(answer_class(&a), ERR_TEMP);
	assert_int_equal(answer_set(&e, &a, "what"), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_string_equal(e.text, "what: \"451 x\"");
	assert_int_equal(feed(&a, "550 x", &e), 1);
	assert_int_equal(answer_class(&a), ERR_UNAVAILABLE);
	assert_int_equal(feed(&a, "354 x", &e), 1);
	answer_set(&e, &a, "what");
	assert_int_equal(e.class, ERR_PROTOCOL);
	answer_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies), cmocka_unit_test(limits), cmocka_unit_test(nul_and_length), cmocka_unit_test(offers), cmocka_unit_test(session_limits),
		cmocka_unit_test(classes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
