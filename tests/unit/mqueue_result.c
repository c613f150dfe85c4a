/* SPDX-License-Identifier: ISC */
/* result: lines of msend -B, whole and spoiled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mqueue/result.h"
#include "buf.h"
#include "xalloc.h"

static const struct {
	const char *line;
	struct result want;
} good[] = {
	{ "/q/new/1.a\tbob@example.org\tok\t250\t2.1.5\tdone",
	    { "/q/new/1.a", "bob@example.org", VERDICT_OK, 250, "2.1.5", "done", "", 0, 0 } },
	{ "/q/new/1.a\tb\tlater\t451\t4.7.1\tgrey", { "/q/new/1.a", "b", VERDICT_LATER, 451, "4.7.1", "grey", "", 0, 0 } },
	{ "/q/new/1.a\tb\trefused\t550\t\tno such user", { "/q/new/1.a", "b", VERDICT_REFUSED, 550, "", "no such user", "", 0, 0 } },
	{ "p\tb\tlater\t\t\tconnect: Connection refused", { "p", "b", VERDICT_LATER, 0, "", "connect: Connection refused", "", 0, 0 } },
	{ "p\tb\tlater\t-\t-\t", { "p", "b", VERDICT_LATER, 0, "", "", "", 0, 0 } },
	{ "p\tb\tlater\t535\t5.7.8\twrong password", { "p", "b", VERDICT_LATER, 535, "5.7.8", "wrong password", "", 0, 0 } },
	{ "p\tb\tok\t\t\tdelivered to a maildir", { "p", "b", VERDICT_OK, 0, "", "delivered to a maildir", "", 0, 0 } },
	{ "p\tb\tok\t250\t2.0.100\t\xc3\xa9", { "p", "b", VERDICT_OK, 250, "2.0.100", "\xc3\xa9", "", 0, 0 } },
	{ "with blanks\tb c@example.org\tok\t250\t\tx", { "with blanks", "b c@example.org", VERDICT_OK, 250, "", "x", "", 0, 0 } },
	{ "p\tb\tok\t250\t\tx\tmx.example.net", { "p", "b", VERDICT_OK, 250, "", "x", "mx.example.net", 0, 0 } },
	{ "p\tb\tok\t250\t\tx\t\tdsn", { "p", "b", VERDICT_OK, 250, "", "x", "", 1, 0 } },
	{ "p\tb\tok\t250\t\tx\tmx\tdsn", { "p", "b", VERDICT_OK, 250, "", "x", "mx", 1, 0 } },
	{ "p\tb\tlater\t\t4.4.3\tno name server", { "p", "b", VERDICT_LATER, 0, "4.4.3", "no name server", "", 0, 1 } },
	{ "p\tb\tlater\t451\t4.4.3\ttheir trouble", { "p", "b", VERDICT_LATER, 451, "4.4.3", "their trouble", "", 0, 0 } },
	{ "p\tb\tlater\t\t4.4.1\tx", { "p", "b", VERDICT_LATER, 0, "4.4.1", "x", "", 0, 0 } },
};

static const char *const bad[] = {
	"", "\t", "\t\t\t\t\t", "p", "p\tb", "p\tb\tok", "p\tb\tok\t250", "p\tb\tok\t250\t2.0.0",
	"\tb\tok\t250\t\tx", "p\t\tok\t250\t\tx",			/* nothing to find it by */
	"p\tb\tok\t250\t2.0.0\tx\ty\tdsn\tz", "p\tb\tok\t250\t2.0.0\tx\ty\tz",	/* one field more; none that is known */
	"p\tb\tOK\t250\t\tx", "p\tb\t\t250\t\tx", "p\tb\tokay\t250\t\tx", "p\tb\tdelivered\t250\t\tx",
	"p\tb\tok\t25\t\tx", "p\tb\tok\t2500\t\tx", "p\tb\tok\t2x0\t\tx", "p\tb\tok\t+50\t\tx", "p\tb\tok\t 25\t\tx",
	"p\tb\tlater\t150\t\tx", "p\tb\tlater\t650\t\tx", "p\tb\tlater\t000\t\tx",
	"p\tb\tok\t250\t2\tx", "p\tb\tok\t250\t2.0\tx", "p\tb\tok\t250\t2.0.\tx", "p\tb\tok\t250\t2..0\tx",
	"p\tb\tok\t250\t2.0.0.0\tx",
	"p\tb\tok\t250\t3.0.0\tx", "p\tb\tok\t250\t2.0.1000\tx", "p\tb\tok\t250\t.0.0\tx", "p\tb\tok\t250\t2.a.0\tx",
	"p\tb\tok\t550\t\tx", "p\tb\tok\t451\t\tx", "p\tb\tok\t354\t\tx",		/* they contradict themselves */
	"p\tb\trefused\t250\t\tx", "p\tb\trefused\t451\t\tx",
	"p\tb\tok\t250\t\tx\r", "p\tb\x1b[m\tok\t250\t\tx", "p\nq\tb\tok\t250\t\tx", "p\tb\tok\t250\t\tx\x7f",
};

static int
parse(const char *line, size_t len, struct result *r, char **owned)
{
	*owned = xmalloc(len + 1);
	memcpy(*owned, line, len);
	(*owned)[len] = '\0';
	return result_parse(*owned, len, r);
}

static void
test_good(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		const struct result *want = &good[i].want;
		struct result r;
		char *line;

		if (parse(good[i].line, strlen(good[i].line), &r, &line) == -1)
			fail_msg("\"%s\" is a result", good[i].line);
		assert_string_equal(r.path, want->path);
		assert_string_equal(r.addr, want->addr);
		assert_int_equal(r.verdict, want->verdict);
		assert_int_equal(r.code, want->code);
		assert_string_equal(r.enhanced, want->enhanced);
		assert_string_equal(r.text, want->text);
		assert_string_equal(r.host, want->host);
		assert_int_equal(r.dsn, want->dsn);
		assert_int_equal(r.offline, want->offline);
		free(line);
	}
}

static void
test_bad(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct result r = { .code = 7 };
		char *line;

		if (parse(bad[i], strlen(bad[i]), &r, &line) == 0)
			fail_msg("\"%s\" is no result", bad[i]);
		assert_int_equal(r.code, 7);
		free(line);
	}
}

/* Cut anywhere before its text, a line is none; within the text nobody can tell, which is why the LF is asked for. */
static void
test_cut(void **state)
{
	const char *line = good[0].line;
	size_t n;

	(void)state;
	for (n = 0; n <= strlen(line); n++) {
		struct result r;
		char *copy;

		assert_int_equal(parse(line, n, &r, &copy), n >= strlen(line) - strlen("done") ? 0 : -1);
		free(copy);
	}
}

static void
test_nul(void **state)
{
	struct result r;
	char *line;

	(void)state;
	assert_int_equal(parse("p\tb\0c\tok\t250\t\tx", 15, &r, &line), -1);
	free(line);
}

static void
test_limit(void **state)
{
	struct buf b = { 0 };
	struct result r;

	(void)state;
	buf_adds(&b, "p\tb\tok\t250\t\t");
	while (b.len < RESULT_LINE_MAX)
		buf_addc(&b, 'x');
	assert_int_equal(result_parse(b.data, b.len, &r), 0);
	buf_cut(&b, 0);
	buf_adds(&b, "p\tb\tok\t250\t\t");
	while (b.len < RESULT_LINE_MAX + 1)
		buf_addc(&b, 'x');
	assert_int_equal(result_parse(b.data, b.len, &r), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_cut), cmocka_unit_test(test_nul),
		cmocka_unit_test(test_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
