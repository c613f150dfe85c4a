/* SPDX-License-Identifier: ISC */
/* listing: what UIDL and LIST say together, in each order a server may think of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mpop/listing.h"
#include "err.h"

static void
uidl(struct listing *l, const char *line)
{
	struct err e;

	assert_int_equal(listing_uidl(l, line, strlen(line), &e), 0);
}

static void
list(struct listing *l, const char *line)
{
	struct err e;

	assert_int_equal(listing_list(l, line, strlen(line), &e), 0);
}

/* "number:uid:size:twin …", "-" for what is not known. */
static void
is(const struct listing *l, const char *want)
{
	struct buf got = { NULL, 0, 0 };

	for (size_t i = 0; i < l->count; i++) {
		const struct listing_msg *m = &l->msg[i];

		buf_printf(&got, "%s%u:%s:", i > 0 ? " " : "", m->number, m->uid != NULL ? m->uid : "-");
		if (m->size == LISTING_NO_SIZE)
			buf_printf(&got, "-:%u", m->twin);
		else
			buf_printf(&got, "%llu:%u", (unsigned long long)m->size, m->twin);
	}
	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

/* U and L lines, separated by commas. */
static void
run(const char *lines, size_t twins, const char *want)
{
	struct listing l = { 0 };
	char text[200], *p = text, *line;

	strlcpy(text, lines, sizeof text);
	while ((line = strsep(&p, ",")) != NULL)
		if (*line != '\0')
			(*line == 'U' ? uidl : list)(&l, line + 1);
	assert_int_equal(listing_end(&l), twins);
	is(&l, want);
	listing_free(&l);
}

static void
test_lists(void **state)
{
	static const struct { const char *lines; size_t twins; const char *want; } cases[] = {
		{ "", 0, "" },
		{ "U1 a,U2 b,L1 10,L2 20", 0, "1:a:10:0 2:b:20:0" },
		{ "U2 b,U1 a,L2 20,L1 10", 0, "1:a:10:0 2:b:20:0" },
		{ "U1 a,U3 c,L1 10,L2 20,L3 30", 0, "1:a:10:0 2:-:20:0 3:c:30:0" },
		{ "U1 a,U2 b,U9 c,L1 10", 0, "1:a:10:0 2:b:-:0 9:c:-:0" },
		{ "L1 10,L2 20", 0, "1:-:10:0 2:-:20:0" },
		{ "U1 a,U1 b,L1 10", 0, "1:-:10:0" },
		{ "U1 a,U1 b,U1 c,U2 d", 0, "1:-:-:0 2:d:-:0" },
		{ "U1 a,U1 a,L1 10", 0, "1:a:10:0" },
		{ "U1 a,U2 a,U3 b,L1 5,L2 6,L3 7", 2, "1:a:5:1 2:a:6:2 3:b:7:0" },
		{ "U1 a,U2 a,U3 a", 3, "1:a:-:1 2:a:-:2 3:a:-:3" },
		{ "U1 a,L1 10,L1 11", 0, "1:a:11:0" },
		{ "U1,U2 ,L1,L2 x", 0, "1:-:-:0 2:-:-:0" },
		{ "U1 with space ,L1 10 extra", 0, "1:with space:10:0" },
		{ "U4294967295 a,L4294967295 99999999999999999999999", 0, "4294967295:a:9999999999999999999:0" },
		{ "U2000000000 a,L2000000000 7,U1 ../../etc", 0, "1:../../etc:-:0 2000000000:a:7:0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		run(cases[i].lines, cases[i].twins, cases[i].want);
}

static void
test_refused(void **state)
{
	static const char *const cases[] = { "", "x", "0 a", "-1 a", "4294967296 a", "+OK", ".", " 1 a" };
	struct listing l = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(listing_uidl(&l, cases[i], strlen(cases[i]), &e), -1);
		assert_int_equal(e.class, ERR_PROTOCOL);
		assert_int_equal(listing_list(&l, cases[i], strlen(cases[i]), &e), -1);
		assert_int_equal(e.class, ERR_PROTOCOL);
	}
	assert_int_equal(l.count, 0);
	listing_free(&l);
}

/* A UID of 1024 octets is one; a longer one, or one with a NUL, is none. */
static void
test_uid_limits(void **state)
{
	struct listing l = { 0 };
	struct err e;
	char line[LISTING_UID_MAX + 8];

	(void)state;
	memset(line, 'u', sizeof line);
	memcpy(line, "1 ", 2);
	assert_int_equal(listing_uidl(&l, line, LISTING_UID_MAX + 2, &e), 0);
	memcpy(line, "2 ", 2);
	assert_int_equal(listing_uidl(&l, line, LISTING_UID_MAX + 3, &e), 0);
	assert_int_equal(listing_uidl(&l, "3 a\0b", 5, &e), 0);
	assert_int_equal(listing_end(&l), 0);
	assert_int_equal(strlen(l.msg[0].uid), LISTING_UID_MAX);
	assert_null(l.msg[1].uid);
	assert_null(l.msg[2].uid);
	listing_free(&l);
}

static void
test_count_limit(void **state)
{
	struct listing l = { 0 };
	struct err e;
	char line[32];

	(void)state;
	for (uint32_t i = 1; i <= LISTING_MAX; i++) {
		snprintf(line, sizeof line, "%u u%u", i, i);
		assert_int_equal(listing_uidl(&l, line, strlen(line), &e), 0);
	}
	assert_int_equal(listing_uidl(&l, "5 x", 3, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	listing_free(&l);
}

static void
test_find(void **state)
{
	struct listing l = { 0 };

	(void)state;
	uidl(&l, "1 m");
	uidl(&l, "2 c");
	uidl(&l, "3 x");
	list(&l, "4 100");
	listing_end(&l);
	assert_int_equal(listing_find(&l, "c")->number, 2);
	assert_int_equal(listing_find(&l, "m")->number, 1);
	assert_int_equal(listing_find(&l, "x")->number, 3);
	assert_null(listing_find(&l, "a"));
	assert_null(listing_find(&l, "z"));
	assert_null(listing_find(&l, ""));
	listing_free(&l);
	assert_null(listing_find(&l, "c"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_uid_limits), cmocka_unit_test(test_count_limit),
		cmocka_unit_test(test_find),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
