/* SPDX-License-Identifier: ISC */
/* syncstate: rows and marks come back as they were committed, found by UID and NAME, wherever the file was torn; files that wait
 * in tmp/ are placed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncflag.h"
#include "../../cmd/mimap/syncstate.h"
#include "err.h"
#include "maildir.h"
#include "scratch.h"

#define LABEL "ann@example.org"
#define FILE_NAME ".pennypost-folder-" LABEL

static struct err e;

static struct syncstate *
opened(void)
{
	struct syncstate *s = NULL;

	if (syncstate_open(&s, scratch, LABEL, &e) == -1)
		fail_msg("%s", e.text);
	return s;
}

static void
put(struct syncstate *s, uint32_t uid, uint32_t flags, const char *name)
{
	syncstate_put(s, &(struct syncstate_row){ .uid = uid, .flags = flags, .ident = uid * UINT64_C(0x123456789abcdef), .size = uid, .name = name });
}

static void
committed(struct syncstate *s)
{
	if (syncstate_commit(s, &e) == -1)
		fail_msg("%s", e.text);
}

static void
test_rows(void **state)
{
	struct syncstate *s = opened();
	const struct syncstate_row *row;

	(void)state;
	assert_int_equal(syncstate_is_new(s), 1);
	put(s, 7, SYNCFLAG_SEEN | UINT32_C(1) << 31, "g h\n%,S=5");
	put(s, 3, 0, "c");
	put(s, 5, SYNCFLAG_STANDARD, "e");
	syncstate_put(s, &(struct syncstate_row){ .uid = UINT32_MAX, .name = "unknown" });
	for (int again = 0; again < 2; again++) {
		row = syncstate_uid(s, 7);
		assert_true(row != NULL && row->flags == (SYNCFLAG_SEEN | UINT32_C(1) << 31) && row->size == 7);
		assert_true(row->ident == 7 * UINT64_C(0x123456789abcdef));
		assert_string_equal(row->name, "g h\n%,S=5");
		assert_ptr_equal(syncstate_name(s, "g h\n%,S=5"), row);
		row = syncstate_name(s, "unknown");
		assert_true(row != NULL && row->uid == UINT32_MAX && row->ident == 0 && row->size == 0 && row->flags == 0);
		assert_null(syncstate_uid(s, 4));
		assert_null(syncstate_name(s, "d"));
		committed(s);
		assert_int_equal(syncstate_count(s), 4);
		assert_int_equal(syncstate_at(s, 0)->uid, 3);
		assert_int_equal(syncstate_at(s, 1)->uid, 5);
		assert_int_equal(syncstate_from(s, 4), 1);
		assert_int_equal(syncstate_from(s, 5), 1);
		assert_int_equal(syncstate_from(s, 8), 3);
		syncstate_free(&s);
		s = opened();
		assert_int_equal(syncstate_is_new(s), 0);
	}
	syncstate_free(&s);
}

/* One file, one row: it follows the file, also where the name given is the other row's own text. */
static void
test_one_file(void **state)
{
	struct syncstate *s = opened();
	struct syncstate_row row;

	(void)state;
	put(s, 1, 0, "a");
	put(s, 2, 0, "b");
	row = *syncstate_uid(s, 1);
	row.uid = 9;
	syncstate_put(s, &row);
	assert_null(syncstate_uid(s, 1));
	assert_string_equal(syncstate_uid(s, 9)->name, "a");
	put(s, 2, 0, "a");
	assert_null(syncstate_uid(s, 9));
	assert_null(syncstate_name(s, "b"));
	assert_int_equal(syncstate_name(s, "a")->uid, 2);
	syncstate_set_flags(s, 2, SYNCFLAG_SEEN);
	assert_string_equal(syncstate_uid(s, 2)->name, "a");
	assert_int_equal(syncstate_name(s, "a")->flags, SYNCFLAG_SEEN);
	committed(s);
	assert_int_equal(syncstate_count(s), 1);
	syncstate_free(&s);
}

/* A message that was left out has a row and no file, as many as there are; it may get a file, and lose it. */
static void
test_no_file(void **state)
{
	struct syncstate *s = opened();

	(void)state;
	put(s, 1, 0, NULL);
	put(s, 2, SYNCFLAG_SEEN, NULL);
	put(s, 3, 0, "c");
	for (int again = 0; again < 2; again++) {
		assert_int_equal(syncstate_count(s), 3);
		assert_true(syncstate_uid(s, 1) != NULL && syncstate_uid(s, 1)->name == NULL && syncstate_at(s, 0) != NULL);
		assert_true(syncstate_uid(s, 2)->name == NULL && syncstate_uid(s, 2)->flags == SYNCFLAG_SEEN);
		committed(s);
		syncstate_free(&s);
		s = opened();
	}
	put(s, 1, 0, "a");
	put(s, 3, 0, NULL);
	assert_null(syncstate_name(s, "c"));
	assert_int_equal(syncstate_name(s, "a")->uid, 1);
	syncstate_remove(s, 2);
	assert_null(syncstate_uid(s, 2));
	committed(s);
	assert_int_equal(syncstate_count(s), 2);
	syncstate_free(&s);
}

static int
count_pending(void *ctx, const char *name, uint32_t next, struct err *unused)
{
	(void)unused;
	buf_printf(ctx, "%s=%u ", name, next);
	return 0;
}

static void
test_marks(void **state)
{
	struct syncstate *s = opened();
	struct buf all = { 0 };
	char *mailbox = NULL;
	uint32_t validity = 0;

	(void)state;
	assert_null(syncstate_text(s, SYNCSTATE_MAILBOX));
	assert_int_equal(syncstate_number(s, SYNCSTATE_MODSEQ), 0);
	syncstate_set_text(s, SYNCSTATE_MAILBOX, "Lists/Bücher 50%");
	syncstate_set_number(s, SYNCSTATE_VALIDITY, UINT32_MAX);
	syncstate_set_number(s, SYNCSTATE_MODSEQ, INT64_MAX);
	syncstate_pend(s, "x", 12);
	syncstate_pend(s, "y", 13);
	syncstate_pend(s, "x", 14);
	assert_int_equal(syncstate_pendings(s), 2);
	syncstate_unpend(s, "y");
	syncstate_unpend(s, "z");
	put(s, 5, 0, "x");
	committed(s);
	syncstate_forget(s);
	assert_null(syncstate_uid(s, 5));
	committed(s);
	syncstate_free(&s);
	assert_int_equal(syncstate_origin(scratch, LABEL, &mailbox, &validity, &e), 1);
	assert_string_equal(mailbox, "Lists/Bücher 50%");
	assert_int_equal(validity, UINT32_MAX);
	free(mailbox);
	assert_int_equal(syncstate_origin(scratch, "bob@example.org", &mailbox, &validity, &e), 0);
	s = opened();
	assert_int_equal(syncstate_number(s, SYNCSTATE_MODSEQ), INT64_MAX);
	assert_int_equal(syncstate_pendings(s), 1);
	assert_int_equal(syncstate_pending(s, "x"), 14);
	assert_int_equal(syncstate_pending(s, "y"), 0);
	assert_int_equal(syncstate_each_pending(s, count_pending, &all, &e), 0);
	assert_string_equal(buf_str(&all), "x=14 ");
	assert_int_equal(syncstate_count(s), 0);
	syncstate_set_text(s, SYNCSTATE_MAILBOX, NULL);
	assert_null(syncstate_text(s, SYNCSTATE_MAILBOX));
	buf_free(&all);
	syncstate_free(&s);
}

#define UIDS 40

/* All of it as one text, in the order of the UIDs. */
static void
print(const struct syncstate *s, struct buf *out)
{
	const struct syncstate_row *row;

	for (uint32_t uid = 0; uid <= UIDS; uid++) {
		if ((row = syncstate_uid(s, uid)) == NULL)
			continue;
		buf_printf(out, "%u:%x:%s ", uid, row->flags, row->name != NULL ? row->name : "");
		if (row->name != NULL)
			assert_ptr_equal(syncstate_name(s, row->name), row);
	}
	syncstate_each_pending(s, count_pending, out, &e);
}

static void
change_at_random(struct syncstate *s)
{
	uint32_t uid = 1 + (uint32_t)random() % UIDS;
	char name[20];

	snprintf(name, sizeof name, "n%ld", random() % UIDS);
	switch (random() % 8) {
	case 0: case 1: case 2: put(s, uid, (uint32_t)random(), random() % 9 == 0 ? NULL : name); break;
	case 3: syncstate_remove(s, uid); break;
	case 4: syncstate_set_flags(s, uid, (uint32_t)random()); break;
	case 5: syncstate_pend(s, name, uid); break;
	case 6: syncstate_unpend(s, name); break;
	default: if (random() % 20 == 0) syncstate_forget(s); break;
	}
}

/* Whatever was done: a walk sees what a look-up does, and after a commit it is what a new start reads. */
static void
check_walk(const struct syncstate *s)
{
	size_t rows = 0, found = 0;

	for (size_t i = 0; i < syncstate_count(s); i++)
		rows += syncstate_at(s, i) != NULL;
	for (uint32_t uid = 0; uid <= UIDS; uid++)
		found += syncstate_uid(s, uid) != NULL;
	assert_int_equal(rows, found);
}

static void
test_histories(void **state)
{
	struct syncstate *s = opened();

	(void)state;
	srandom(3);
	for (int i = 0; i < 400; i++) {
		struct buf before = { 0 }, after = { 0 };

		for (long n = random() % 30; n > 0; n--) {
			change_at_random(s);
			check_walk(s);
		}
		committed(s);
		print(s, &before);
		check_walk(s);
		for (size_t j = 1; j < syncstate_count(s); j++)
			assert_true(syncstate_at(s, j - 1)->uid < syncstate_at(s, j)->uid);
		if (i % 3 == 0) {
			change_at_random(s);		/* not committed: lost */
			syncstate_free(&s);
			s = opened();
			print(s, &after);
			assert_string_equal(buf_str(&after), buf_str(&before));
		}
		buf_free(&before);
		buf_free(&after);
	}
	syncstate_free(&s);
}

/* Torn anywhere in the last commit, the state has each row as before or as after. */
static void
test_torn(void **state)
{
	struct syncstate *s = opened();
	struct buf old, new;
	const struct syncstate_row *row;

	(void)state;
	put(s, 1, 0, "a");
	put(s, 2, 0, "b");
	committed(s);
	old = get_file(in_scratch(FILE_NAME));
	put(s, 1, SYNCFLAG_SEEN, "a");
	syncstate_remove(s, 2);
	put(s, 3, 0, "c");
	committed(s);
	syncstate_free(&s);
	new = get_file(in_scratch(FILE_NAME));
	for (size_t n = old.len; n <= new.len; n++) {
		put_file(in_scratch(FILE_NAME), new.data, n);
		s = opened();
		assert_non_null(row = syncstate_uid(s, 1));
		assert_true(row->flags == 0 || row->flags == SYNCFLAG_SEEN);
		assert_true((row = syncstate_uid(s, 2)) == NULL || strcmp(row->name, "b") == 0);
		assert_true((row = syncstate_uid(s, 3)) == NULL || strcmp(row->name, "c") == 0);
		syncstate_free(&s);
	}
	buf_free(&old);
	buf_free(&new);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "+x\tS - 0 a\n", "+0\tS - 0 a\n", "+4294967296\tS - 0 a\n", "+1\tS - 18446744073709551615 a\n", "+1\tS - 0\n", "+1\t\n", "+1\tS x 0 a\n",
		"+1\tS - x a\n", "+1\tS - 0 a/b\n", "+1 \tS - 0 a\n", "+-1\tS - 0 a\n" };
	struct syncstate *s = NULL;
	struct buf text = { 0 }, got;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_cut(&text, 0);
		buf_printf(&text, "pennypost-ledger 1 sync folder " LABEL "\n%s", bad[i]);
		put_file(in_scratch(FILE_NAME), text.data, text.len);
		assert_int_equal(syncstate_open(&s, scratch, LABEL, &e), -1);
		assert_int_equal(e.class, ERR_DATA);
		got = get_file(in_scratch(FILE_NAME));
		assert_string_equal(buf_str(&got), buf_str(&text));
		buf_free(&got);
	}
	assert_int_equal(unlink(in_scratch(FILE_NAME)), 0);
	s = opened();
	assert_int_equal(syncstate_open(&(struct syncstate *){ NULL }, scratch, LABEL, &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	syncstate_free(&s);
	buf_free(&text);
}

/* A commit that does not fit leaves what was there; the rows wait for the next one. */
static void
test_full(void **state)
{
	struct syncstate *s = opened();

	(void)state;
	put(s, 1, 0, "a");
	committed(s);
	put(s, 2, 0, "b");
	limit_files(80);
	assert_int_equal(syncstate_commit(s, &e), -1);
	limit_files(0);
	assert_int_equal(e.class, ERR_IO);
	committed(s);
	syncstate_free(&s);
	s = opened();
	assert_string_equal(syncstate_uid(s, 2)->name, "b");
	syncstate_free(&s);
}

/* Ended between the commit and the moves: the files are placed under the flags of their rows. One that the disc cut short is
 * dropped, and so is its row. */
static void
test_place(void **state)
{
	static const uint32_t flags[] = { 0, SYNCFLAG_SEEN, SYNCFLAG_SEEN | UINT32_C(1) << SYNCFLAG_KEYWORD, 0 };
	struct syncstate *s = opened();
	struct maildir *m = NULL;
	char name[4][256], letters[SYNCFLAG_TEXT], path[400];

	(void)state;
	assert_int_equal(maildir_open(&m, scratch, &e), 0);
	for (uint32_t i = 0; i < 4; i++) {
		syncflag_text(flags[i], letters);
		assert_int_equal(maildir_begin(m, &e), 0);
		assert_int_equal(maildir_write(m, "x\n", 2, &e), 0);
		assert_int_equal(maildir_stage(m, letters, 0, &e), 0);
		snprintf(name[i], sizeof name[i], "%s", maildir_name(m));
		put(s, i + 1, flags[i], name[i]);
	}
	put(s, 5, 0, ".5");	/* of a message that has no file */
	assert_int_equal(maildir_sync(m, &e), 0);
	syncstate_set_number(s, SYNCSTATE_UNPLACED, 1);
	committed(s);
	maildir_free(&m);
	syncstate_free(&s);
	snprintf(path, sizeof path, "tmp/%.*s", (int)strcspn(name[3], ","), name[3]);
	assert_int_equal(truncate(in_scratch(path), 1), 0);
	s = opened();
	snprintf(path, sizeof path, "new/%s", name[0]);
	assert_int_equal(access(in_scratch(path), F_OK), 0);
	snprintf(path, sizeof path, "cur/%s:2,S", name[1]);
	assert_int_equal(access(in_scratch(path), F_OK), 0);
	snprintf(path, sizeof path, "cur/%s:2,Sa", name[2]);
	assert_int_equal(access(in_scratch(path), F_OK), 0);
	assert_null(syncstate_uid(s, 4));
	assert_int_equal(syncstate_count(s), 4);
	assert_null(syncstate_text(s, SYNCSTATE_UNPLACED));
	assert_int_equal(files_in(in_scratch("tmp")), 0);
	syncstate_free(&s);
}

/* As many as a large folder has, put in no order, half of them removed. */
static void
test_many(void **state)
{
	enum { N = 50000 };
	struct syncstate *s = opened();
	char name[40];

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		uint32_t uid = i * 7919 % 50021 + 1;

		snprintf(name, sizeof name, "%u.host.example.org", uid);
		put(s, uid, uid % 64, name);
	}
	for (size_t i = 0; i < N; i++)
		if (syncstate_at(s, i)->uid % 2 == 0)
			syncstate_remove(s, syncstate_at(s, i)->uid);
	committed(s);
	syncstate_free(&s);
	s = opened();
	for (size_t i = 0; i < syncstate_count(s); i++) {
		uint32_t uid = syncstate_at(s, i)->uid;

		snprintf(name, sizeof name, "%u.host.example.org", uid);
		assert_true(uid % 2 == 1 && syncstate_at(s, i)->flags == uid % 64 && syncstate_name(s, name)->uid == uid);
	}
	assert_in_range(syncstate_count(s), 24900, 25011);
	syncstate_free(&s);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_rows), TEST(test_one_file), TEST(test_no_file), TEST(test_marks), TEST(test_histories), TEST(test_torn), TEST(test_refused), TEST(test_full),
		TEST(test_place), TEST(test_many),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
