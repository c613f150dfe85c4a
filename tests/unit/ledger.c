/* SPDX-License-Identifier: ISC */
/* ledger: what is put is there after a commit and a new start, wherever a crash tore the file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err.h"
#include "ledger.h"
#include "scratch.h"

#define HEADER "pennypost-ledger 1 ann@example.org\n"

static struct err e;

static struct ledger *
opened(void)
{
	struct ledger *l = NULL;

	if (ledger_open(&l, in_scratch("ledger"), "ann@example.org", &e) == -1)
		fail_msg("%s", e.text);
	return l;
}

static void
committed(struct ledger *l)
{
	if (ledger_commit(l, &e) == -1)
		fail_msg("%s", e.text);
}

static int
add_pair(void *ctx, const char *key, const char *value, struct err *unused)
{
	(void)unused;
	buf_printf(ctx, "%s=%s ", key, value);
	return 0;
}

static void
assert_pairs(const struct ledger *l, const char *want)
{
	struct buf got = {0};

	assert_int_equal(ledger_each(l, add_pair, &got, &e), 0);
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

static void
assert_file(const char *want)
{
	struct buf got = get_file(in_scratch("ledger"));

	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

static void
test_life(void **state)
{
	struct ledger *l = opened();

	(void)state;
	assert_int_equal(ledger_is_new(l), 1);
	ledger_put(l, "a", "1");
	ledger_put(l, "b", "2");
	ledger_put(l, "c", "3");
	ledger_remove(l, "b");
	ledger_remove(l, "never");
	ledger_put(l, "a", "1");
	ledger_put(l, "c", "4");
	assert_string_equal(ledger_get(l, "c"), "4");
	assert_null(ledger_get(l, "b"));
	assert_int_equal(ledger_count(l), 2);
	committed(l);
	assert_file(HEADER "+a\t1\n+b\t2\n+c\t3\n-b\n+c\t4\n");
	ledger_put(l, "lost", "x");
	ledger_free(&l);
	assert_null(l);

	l = opened();
	assert_int_equal(ledger_is_new(l), 0);
	assert_pairs(l, "a=1 c=4 ");
	ledger_put(l, "b", "5");
	committed(l);
	committed(l);
	ledger_free(&l);
	l = opened();
	assert_pairs(l, "a=1 c=4 b=5 ");
	ledger_free(&l);
}

static const struct { const char *key, *value; } odd[] = {
	{ "plain", "1.M2P3Q4.host,S=5" }, { "", "" }, { " ", " " }, { "+", "-" }, { "-key", "+value" }, { "tab\t", "lf\n" },
	{ "cr\r", "\r\n" }, { "%", "%41" }, { "%0A", "%%" }, { "\x01\x1f\x7f", "\x80\xff" }, { "\xc3\xa4", "\xe2\x82\xac" },
	{ "a\tb", "c\td" },
};

static void
test_odd_text(void **state)
{
	struct ledger *l = opened();
	char longest[2050];

	(void)state;
	memset(longest, '\n', 2048);
	longest[2048] = '\0';
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		ledger_put(l, odd[i].key, odd[i].value);
	ledger_put(l, longest, longest);
	committed(l);
	ledger_free(&l);
	l = opened();
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		assert_string_equal(ledger_get(l, odd[i].key), odd[i].value);
	assert_string_equal(ledger_get(l, longest), longest);
	longest[2048] = 'x';
	longest[2049] = '\0';
	for (int i = 0; i < 2; i++) {
		ledger_put(l, i == 0 ? longest : "key", i == 0 ? "value" : longest);
		assert_int_equal(ledger_commit(l, &e), -1);
		assert_int_equal(e.class, ERR_DATA);
		committed(l);
	}
	assert_int_equal(ledger_count(l), sizeof odd / sizeof *odd + 1);
	ledger_free(&l);
}

/* Cut at each offset: the whole lines before the cut are there, the ledger goes on, and the next start reads all of it. */
static void
test_torn(void **state)
{
	static const char whole[] = HEADER "+a\t1\n+b\t2\n-a\n+b%0A\t33\n";
	static const struct { size_t lines; const char *pairs; } after[] = {
		{ 0, "" }, { 1, "" }, { 2, "a=1 " }, { 3, "a=1 b=2 " }, { 4, "b=2 " }, { 5, "b=2 b\n=33 " },
	};

	(void)state;
	for (int hole = 0; hole < 2; hole++)
		for (size_t cut = 0; cut < sizeof whole; cut++) {
			struct ledger *l;
			struct buf text = {0}, want = {0};
			size_t lines = 0;

			buf_add(&text, whole, cut);
			for (size_t i = 0; i < cut; i++)
				lines += whole[i] == '\n';
			if (hole)
				buf_add(&text, "\0\0\0\0\0t\t5\n+x\ty\n", 15);
			put_file(in_scratch("ledger"), buf_str(&text), text.len);
			if (hole && lines == 0 && cut > 0) {	/* no crash of ours leaves that */
				assert_int_equal(ledger_open(&l, in_scratch("ledger"), "ann@example.org", &e), -1);
				buf_free(&text);
				continue;
			}
			l = opened();
			assert_int_equal(ledger_is_new(l), lines == 0);
			assert_pairs(l, after[lines].pairs);
			ledger_put(l, "new", "7");
			committed(l);
			ledger_free(&l);
			buf_printf(&want, "%snew=7 ", after[lines].pairs);
			l = opened();
			assert_pairs(l, buf_str(&want));
			ledger_free(&l);
			buf_free(&text);
			buf_free(&want);
		}
}

static void
test_foreign(void **state)
{
	static const struct { const char *text; const char *want; } t[] = {
		{ "pennypost-ledger 1 bob@example.org\n+a\t1\n", "not the ledger wanted" },
		{ "pennypost-ledger 2 ann@example.org\n+a\t1\n", "not the ledger wanted" },
		{ "pennypost-ledger 1 ann@example.org2\n", "not the ledger wanted" },
		{ "Dear Ann,\n", "not the ledger wanted" }, { "x", "not the ledger wanted" }, { "\n", "not the ledger wanted" },
		{ HEADER "a\t1\n", ":2: not a line" }, { HEADER "+a\t1\n\n", ":3: not a line" }, { HEADER "+a\n", ":2: not a line" },
		{ HEADER "-a\tb\n", ":2: not a line" }, { HEADER "+a%\t1\n", ":2: not a line" }, { HEADER "+a%0\t1\n", ":2: not a line" },
		{ HEADER "+a%0g\t1\n", ":2: not a line" }, { HEADER "+a\t%00\n", ":2: not a line" }, { HEADER "*a\t1\n", ":2: not a line" },
		{ HEADER "+a\t%0a\n", ":2: not a line" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct ledger *l = NULL;

		put_file(in_scratch("ledger"), t[i].text, strlen(t[i].text));
		if (ledger_open(&l, in_scratch("ledger"), "ann@example.org", &e) != -1)
			fail_msg("accepted: %s", t[i].text);
		assert_null(l);
		assert_int_equal(e.class, ERR_DATA);
		if (strstr(e.text, t[i].want) == NULL)
			fail_msg("%s: %s", t[i].text, e.text);
		assert_file(t[i].text);
	}
}

static void
locked_out(void)
{
	struct ledger *second = NULL;

	assert_int_equal(ledger_open(&second, in_scratch("ledger"), "ann@example.org", &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_null(second);
}

static void
test_lock(void **state)
{
	struct ledger *l = opened();

	(void)state;
	locked_out();
	ledger_put(l, "a", "1");
	committed(l);
	locked_out();
	ledger_free(&l);
	l = opened();
	assert_pairs(l, "a=1 ");
	ledger_free(&l);
}

/* Mostly dead lines: rewritten in a running ledger and on open, still locked, nothing lost. */
static void
test_rewrite(void **state)
{
	struct ledger *l = opened();
	struct stat st;
	char value[32];

	(void)state;
	ledger_put(l, "kept", "yes");
	for (int i = 0; i < 1000; i++) {
		snprintf(value, sizeof value, "%d", i);
		ledger_put(l, "counter", value);
		if (i % 10 == 0)
			committed(l);
	}
	committed(l);
	assert_int_equal(stat(in_scratch("ledger"), &st), 0);
	assert_true(st.st_size < 200 * 16);
	locked_out();
	ledger_put(l, "more", "z");
	committed(l);
	ledger_free(&l);
	assert_int_equal(files_in(scratch), 1);
	l = opened();
	assert_pairs(l, "kept=yes counter=999 more=z ");
	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof value, "%d", i);
		ledger_put(l, value, "x");
	}
	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof value, "%d", i);
		ledger_remove(l, value);
	}
	committed(l);
	ledger_free(&l);
	l = opened();
	assert_file(HEADER "+kept\tyes\n+counter\t999\n+more\tz\n");
	ledger_free(&l);
}

/* Where no second file can be made the long one serves on. */
static void
test_no_rewrite(void **state)
{
	struct ledger *l = opened();
	char value[32];

	(void)state;
	assert_int_equal(mkdir(in_scratch("ledger.new"), 0700), 0);
	for (int i = 0; i < 300; i++) {
		snprintf(value, sizeof value, "%d", i);
		ledger_put(l, "counter", value);
		committed(l);
	}
	ledger_free(&l);
	l = opened();
	assert_pairs(l, "counter=299 ");
	ledger_free(&l);
}

static void
test_many(void **state)
{
	struct ledger *l = opened();
	char key[32];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 20000; i++) {
			snprintf(key, sizeof key, "uid-%d", i);
			if (round == 0)
				ledger_put(l, key, key + 4);
			else
				assert_string_equal(ledger_get(l, key), key + 4);
		}
		assert_int_equal(ledger_count(l), 20000);
		committed(l);
		ledger_free(&l);
		l = opened();
	}
	ledger_free(&l);
}

/* No room: the file is as before, nothing is promised, and when there is room the same changes go in. */
static void
test_full(void **state)
{
	struct ledger *l = opened();
	char value[2000];

	(void)state;
	ledger_put(l, "a", "1");
	committed(l);
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	ledger_put(l, "big", value);
	limit_files(1000);
	assert_int_equal(ledger_commit(l, &e), -1);
	assert_int_equal(e.class, err_file(EFBIG));
	assert_non_null(strstr(e.text, "ledger"));
	limit_files(0);
	assert_file(HEADER "+a\t1\n");
	assert_string_equal(ledger_get(l, "big"), value);
	committed(l);
	ledger_free(&l);
	l = opened();
	assert_string_equal(ledger_get(l, "big"), value);
	ledger_free(&l);
}

static void
test_full_new(void **state)
{
	struct ledger *l = opened();

	(void)state;
	ledger_put(l, "a", "1");
	limit_files(10);
	assert_int_equal(ledger_commit(l, &e), -1);
	limit_files(0);
	assert_file("");
	committed(l);
	assert_file(HEADER "+a\t1\n");
	ledger_free(&l);
}

static void
test_places(void **state)
{
	struct ledger *l = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(ledger_open(&l, in_scratch("state/deep/er"), "x\ny%", &e), 0);
	ledger_put(l, "a", "1");
	committed(l);
	ledger_free(&l);
	assert_int_equal(ledger_open(&l, in_scratch("state/deep/er"), "x\ny%", &e), 0);
	assert_int_equal(ledger_count(l), 1);
	ledger_free(&l);
	assert_int_equal(stat(in_scratch("state/deep/er"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(ledger_open(&l, in_scratch("state/deep/er/in"), "x", &e), -1);
	assert_int_equal(e.class, ERR_CANTCREAT);
	assert_int_equal(ledger_open(&l, in_scratch("state/deep"), "x", &e), -1);
	assert_int_equal(chmod(in_scratch("state"), 0555), 0);
	be_nobody(1);
	assert_int_equal(ledger_open(&l, in_scratch("state/other"), "x", &e), -1);
	be_nobody(0);
	assert_int_equal(e.class, ERR_CANTCREAT);
	assert_int_equal(chmod(in_scratch("state"), 0700), 0);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(test_life), IN_SCRATCH(test_odd_text), IN_SCRATCH(test_torn), IN_SCRATCH(test_foreign), IN_SCRATCH(test_lock),
		IN_SCRATCH(test_rewrite), IN_SCRATCH(test_no_rewrite),
		IN_SCRATCH(test_many), IN_SCRATCH(test_full), IN_SCRATCH(test_full_new), IN_SCRATCH(test_places),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
