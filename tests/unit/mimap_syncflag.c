/* SPDX-License-Identifier: ISC */
/* syncflag: letters, names on the wire, and the file that names a folder's keywords. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncflag.h"
#include "../../cmd/mimap/value.h"
#include "err.h"
#include "scratch.h"

#define KEYWORD(c) (UINT32_C(1) << (SYNCFLAG_KEYWORD + (c) - 'a'))

static struct err e;

static void
test_letters(void **state)
{
	char text[SYNCFLAG_TEXT];

	(void)state;
	assert_int_equal(syncflag_letters(""), 0);
	assert_int_equal(syncflag_letters("S"), SYNCFLAG_SEEN);
	assert_int_equal(syncflag_letters("TSRPFD"), SYNCFLAG_STANDARD);
	assert_int_equal(syncflag_letters("XaQz,"), KEYWORD('a') | KEYWORD('z'));
	syncflag_text(UINT32_MAX, text);
	assert_string_equal(text, "DFPRSTabcdefghijklmnopqrstuvwxyz");
	assert_int_equal(syncflag_letters(text), UINT32_MAX);
	syncflag_text(0, text);
	assert_string_equal(text, "");
}

/* "(a b c)" as a list of atoms. */
static uint32_t
wire(struct syncflag_table *t, const char *const *atom, size_t n)
{
	struct value v[40] = { { .kind = VALUE_ATOM } }, list = { .kind = VALUE_LIST, .first = n > 0 ? v : NULL };

	for (size_t i = 0; i < n; i++)
		v[i] = (struct value){ .kind = VALUE_ATOM, .text = atom[i], .len = strlen(atom[i]), .next = i + 1 < n ? &v[i + 1] : NULL };
	return syncflag_wire(t, &list);
}

static void
check_names(const struct syncflag_table *t, uint32_t flags, const char *want)
{
	struct buf out = { 0 };

	syncflag_names(t, flags, &out);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static void
test_wire(void **state)
{
	static const char *const mixed[] = { "\\Seen", "$Junk", "\\Recent", "$forwarded", "\\Unheard", "$junk", "NonJunk", "\\*", "a b" };
	struct syncflag_table t = { .changed = 0 };

	(void)state;
	assert_int_equal(wire(&t, mixed, 0), 0);
	assert_int_equal(wire(&t, mixed, 9), SYNCFLAG_SEEN | SYNCFLAG_FORWARDED | KEYWORD('a') | KEYWORD('b'));
	assert_int_equal(t.changed, 1);
	assert_int_equal(syncflag_wire_one(&t, "NONJUNK", 7), KEYWORD('b'));
	assert_int_equal(syncflag_wire_one(&t, "\\deleted", 8), SYNCFLAG_DELETED);
	check_names(&t, SYNCFLAG_SEEN | SYNCFLAG_FORWARDED | KEYWORD('a') | KEYWORD('b') | KEYWORD('c'), "$Forwarded \\Seen $Junk NonJunk");
	check_names(&t, 0, "");
	assert_int_equal(syncflag_known(&t), SYNCFLAG_STANDARD | KEYWORD('a') | KEYWORD('b'));
	assert_int_equal(syncflag_here(&t, UINT32_MAX), syncflag_known(&t));
	syncflag_free(&t);
}

/* The 27th keyword and all after it are left out, and said to be. */
static void
test_many(void **state)
{
	struct syncflag_table t = { .changed = 0 };
	char name[20];

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "Label%d", i);
		assert_int_equal(syncflag_wire_one(&t, name, strlen(name)), i < 26 ? KEYWORD('a' + i) : 0);
	}
	assert_int_equal(t.left_out, 4);
	assert_string_equal(t.first_left_out, "Label26");
	assert_int_equal(syncflag_known(&t), UINT32_MAX);
	syncflag_free(&t);
}

static void
check_file(const char *want)
{
	struct buf got = get_file(in_scratch("dovecot-keywords"));

	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

static void
put_text(const char *text)
{
	put_file(in_scratch("dovecot-keywords"), text, strlen(text));
}

/* What another program wrote stays, letter for letter; new names take the letters that are free. */
static void
test_file(void **state)
{
	struct syncflag_table t;

	(void)state;
	assert_int_equal(syncflag_load(&t, scratch, &e), 0);
	assert_int_equal(syncflag_known(&t), SYNCFLAG_STANDARD);
	assert_int_equal(syncflag_save(&t, scratch, &e), 0);
	assert_int_equal(access(in_scratch("dovecot-keywords"), F_OK), -1);
	syncflag_free(&t);
	put_text("0 $Junk\n3 $Forwarded\n2 bad name\n26 Beyond\nrubbish\n1\n5 $JUNK\n4 Work");
	assert_int_equal(syncflag_load(&t, scratch, &e), 0);
	assert_int_equal(syncflag_known(&t), SYNCFLAG_STANDARD | KEYWORD('a') | KEYWORD('e'));
	assert_int_equal(syncflag_here(&t, KEYWORD('d') | KEYWORD('b') | SYNCFLAG_SEEN), SYNCFLAG_SEEN | SYNCFLAG_FORWARDED);
	assert_int_equal(syncflag_wire_one(&t, "Home", 4), KEYWORD('g'));
	assert_int_equal(syncflag_save(&t, scratch, &e), 0);
	assert_int_equal(t.changed, 0);
	check_file("0 $Junk\n3 $Forwarded\n2 bad name\n26 Beyond\nrubbish\n1\n5 $JUNK\n4 Work\n6 Home\n");
	assert_int_equal(syncflag_wire_one(&t, "Play", 4), KEYWORD('h'));
	assert_int_equal(syncflag_save(&t, scratch, &e), 0);
	syncflag_free(&t);
	assert_int_equal(syncflag_load(&t, scratch, &e), 0);
	assert_int_equal(syncflag_wire_one(&t, "play", 4), KEYWORD('h'));
	assert_int_equal(t.changed, 0);
	syncflag_free(&t);
	assert_int_equal(files_in(scratch), 1);
}

static void
test_races(void **state)
{
	struct syncflag_table t;

	(void)state;
	put_text("0 $Junk\n");
	assert_int_equal(syncflag_load(&t, scratch, &e), 0);
	syncflag_wire_one(&t, "Ours", 4);
	put_text("0 $Junk\n1 Theirs\n");
	assert_int_equal(syncflag_save(&t, scratch, &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	check_file("0 $Junk\n1 Theirs\n");
	syncflag_free(&t);
}

/* A file that can't be written stays as it was; one that is none is an error that names it. */
static void
test_faults(void **state)
{
	struct syncflag_table t;
	char *big = calloc(1, 70000);

	(void)state;
	put_text("0 $Junk\n");
	assert_int_equal(syncflag_load(&t, scratch, &e), 0);
	syncflag_wire_one(&t, "Ours", 4);
	limit_files(10);
	assert_int_equal(syncflag_save(&t, scratch, &e), -1);
	limit_files(0);
	assert_int_equal(e.class, ERR_IO);
	assert_int_equal(t.changed, 1);
	check_file("0 $Junk\n");
	assert_int_equal(files_in(scratch), 1);
	assert_int_equal(syncflag_save(&t, scratch, &e), 0);
	check_file("0 $Junk\n1 Ours\n");
	syncflag_free(&t);
	put_file(in_scratch("dovecot-keywords"), big, 70000);
	assert_int_equal(syncflag_load(&t, scratch, &e), -1);
	assert_int_equal(e.class, ERR_DATA);
	syncflag_free(&t);
	assert_int_equal(unlink(in_scratch("dovecot-keywords")), 0);
	assert_int_equal(symlink("/etc/passwd", in_scratch("dovecot-keywords")), 0);
	assert_int_equal(syncflag_load(&t, scratch, &e), -1);
	syncflag_free(&t);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters), cmocka_unit_test(test_wire), cmocka_unit_test(test_many),
		cmocka_unit_test_setup_teardown(test_file, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_races, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(test_faults, scratch_make, scratch_remove),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
