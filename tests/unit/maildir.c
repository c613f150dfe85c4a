/* SPDX-License-Identifier: ISC */
/* maildir: batches, what is left after an end at each step, recovery, places that are no maildir, failing writes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err.h"
#include "maildir.h"
#include "scratch.h"

static struct err e;

static struct maildir *
opened(void)
{
	struct maildir *m = NULL;

	if (maildir_open(&m, in_scratch("Mail"), &e) == -1)
		fail_msg("%s", e.text);
	return m;
}

static void
staged(struct maildir *m, const char *text, size_t n, const char *flags, time_t mtime)
{
	assert_int_equal(maildir_begin(m, &e), 0);
	assert_int_equal(maildir_write(m, text, n, &e), 0);
	assert_int_equal(maildir_stage(m, flags, mtime, &e), 0);
}

static void
synced(struct maildir *m)
{
	if (maildir_sync(m, &e) == -1)
		fail_msg("%s", e.text);
}

static void
keep_path(void *ctx, const char *path)
{
	buf_adds(ctx, path);
	buf_addc(ctx, '\n');
}

static const struct { const char *flags; const char *dir; const char *suffix; size_t size, chunk; time_t mtime; } delivered[] = {
	{ NULL, "/new/", "", 0, 1, 0 },
	{ NULL, "/new/", "", 1, 1, 0 },
	{ "", "/new/", "", 5000, 7, 0 },
	{ "S", "/cur/", ":2,S", 65535, 4096, 1000000000 },
	{ "SRF", "/cur/", ":2,FRS", 65536, 65536, 0 },
	{ "S/../:x", "/cur/", ":2,Sx", 65537, 65537, 0 },
	{ "T", "/cur/", ":2,T", 200000, 333, 0 },
	{ NULL, "/new/", "", 9000000, 100000, 0 },
};

static void
check_delivered(const char *path, const char *text, size_t i)
{
	struct buf got = get_file(path);
	struct stat st;
	char size[64];

	snprintf(size, sizeof size, ",S=%zu%s", delivered[i].size, delivered[i].suffix);
	assert_int_equal(got.len, delivered[i].size);
	assert_memory_equal(buf_str(&got), text, got.len);
	assert_non_null(strstr(path, delivered[i].dir));
	assert_string_equal(path + strlen(path) - strlen(size), size);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	if (delivered[i].mtime != 0)
		assert_int_equal(st.st_mtime, delivered[i].mtime);
	buf_free(&got);
}

static void
test_deliver(void **state)
{
	struct maildir *m = opened();
	struct buf paths = {0};
	char *text = malloc(9000000), *line, *rest;
	size_t i, n;

	(void)state;
	assert_non_null(text);
	for (n = 0; n < 9000000; n++)
		text[n] = (char)(n * 31 % 251);
	for (i = 0; i < sizeof delivered / sizeof *delivered; i++) {
		assert_int_equal(maildir_begin(m, &e), 0);
		for (size_t at = 0; at < delivered[i].size; at += n) {
			n = delivered[i].size - at < delivered[i].chunk ? delivered[i].size - at : delivered[i].chunk;
			assert_int_equal(maildir_write(m, text + at, n, &e), 0);
		}
		assert_int_equal(maildir_stage(m, delivered[i].flags, delivered[i].mtime, &e), 0);
		assert_int_equal(maildir_count(m), i + 1);
	}
	synced(m);
	assert_int_equal(files_in(in_scratch("Mail/new")) + files_in(in_scratch("Mail/cur")), 0);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), i);
	assert_int_equal(maildir_place(m, keep_path, &paths, &e), 0);
	assert_int_equal(maildir_count(m), 0);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), 0);
	for (i = 0, rest = paths.data; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; i++)
		check_delivered(line, text, i);
	assert_int_equal(i, sizeof delivered / sizeof *delivered);
	free(text);
	buf_free(&paths);
	maildir_free(&m);
	assert_null(m);
}

/* More than descriptors are kept for: all are staged, no two have the same name. */
static void
test_many(void **state)
{
	struct maildir *m = opened();

	(void)state;
	for (int i = 0; i < 600; i++)
		staged(m, "x\n", 2, NULL, 0);
	assert_int_equal(maildir_count(m), 600);
	assert_int_equal(maildir_place(m, NULL, NULL, &e), 0);
	assert_int_equal(files_in(in_scratch("Mail/new")), 600);
	maildir_free(&m);
}

/* Ended before the sync, the files go; after it they stay, and each is placed by its name, once. */
static void
test_recover(void **state)
{
	struct maildir *m = opened();
	char name[3][256];

	(void)state;
	staged(m, "x\n", 2, NULL, 0);
	assert_int_equal(maildir_begin(m, &e), 0);
	maildir_free(&m);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), 0);

	m = opened();
	for (int i = 0; i < 3; i++) {
		staged(m, "hello\n", 6, NULL, 1000000000);
		strlcpy(name[i], maildir_name(m), sizeof name[i]);
	}
	synced(m);
	maildir_free(&m);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), 3);

	m = opened();
	maildir_tidy(m);
	assert_int_equal(maildir_recover(m, name[0], NULL, &e), 1);
	assert_int_equal(maildir_recover(m, name[1], "S", &e), 1);
	assert_int_equal(maildir_recover(m, name[2], "", &e), 1);
	for (int i = 0; i < 3; i++)		/* also those that were not there when the directories were read */
		assert_int_equal(maildir_has(m, name[i]), 1);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), 0);
	assert_int_equal(files_in(in_scratch("Mail/new")), 2);
	assert_int_equal(files_in(in_scratch("Mail/cur")), 1);
	assert_int_equal(maildir_recover(m, name[0], NULL, &e), 0);
	maildir_free(&m);
	m = opened();
	assert_int_equal(maildir_recover(m, name[0], NULL, &e), 0);
	assert_int_equal(maildir_recover(m, "1.M2P3Q4.elsewhere,S=5", NULL, &e), 0);
	maildir_free(&m);
}

static void
test_recover_odd(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".x", "a/b", "/etc/passwd", "../x,S=1" };
	struct maildir *m = opened();
	char longer[300];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(maildir_recover(m, bad[i], NULL, &e), -1);
		assert_int_equal(e.class, ERR_DATA);
	}
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(maildir_recover(m, longer, NULL, &e), -1);

	put_file(in_scratch("Mail/tmp/short"), "abc", 3);
	put_file(in_scratch("Mail/tmp/nosize"), "abc", 3);
	put_file(in_scratch("Mail/tmp/garbled"), "abc", 3);
	put_file(in_scratch("Mail/tmp/both"), "abc", 3);
	assert_int_equal(link(in_scratch("Mail/tmp/both"), in_scratch("Mail/cur/both,S=3:2,S")), 0);
	assert_int_equal(symlink("/etc/passwd", in_scratch("Mail/tmp/link")), 0);
	assert_int_equal(maildir_recover(m, "short,S=4", NULL, &e), 2);
	assert_int_equal(maildir_recover(m, "garbled,S=3x", NULL, &e), 2);
	assert_int_equal(maildir_recover(m, "link", NULL, &e), 2);
	assert_int_equal(maildir_recover(m, "both,S=3", NULL, &e), 0);
	assert_int_equal(maildir_recover(m, "nosize", NULL, &e), 1);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), 0);
	assert_int_equal(files_in(in_scratch("Mail/new")), 1);
	assert_int_equal(files_in(in_scratch("Mail/cur")), 1);
	maildir_free(&m);
}

static void
test_has(void **state)
{
	static const struct { const char *name; int want; } t[] = {
		{ "fresh,S=1", 1 }, { "seen,S=2", 1 }, { "other,S=3", 1 }, { "see,S=2", 0 }, { "seen2,S=2", 0 }, { "gone,S=1", 0 },
	};
	struct maildir *m = opened();

	(void)state;
	put_file(in_scratch("Mail/new/fresh,S=1"), "x", 1);
	put_file(in_scratch("Mail/cur/seen,S=2:2,FS"), "x", 1);
	put_file(in_scratch("Mail/cur/other,S=3,W=4:2,"), "x", 1);
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		assert_int_equal(maildir_has(m, t[i].name), t[i].want);
	maildir_free(&m);
}

/* What is there is never replaced; what could not be placed is still staged. */
static void
test_existing(void **state)
{
	static const char *const flags[] = { NULL, "S" };
	char target[600];
	struct buf got;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct maildir *m = opened();

		staged(m, "first\n", 6, flags[i], 0);
		staged(m, "second\n", 7, flags[i], 0);
		snprintf(target, sizeof target, "%s/%s/%s%s", maildir_path(m), i == 0 ? "new" : "cur", maildir_name(m), i == 0 ? "" : ":2,S");
		put_file(target, "theirs", 6);
		assert_int_equal(maildir_place(m, NULL, NULL, &e), -1);
		assert_non_null(strstr(e.text, maildir_name(m)));
		assert_int_equal(maildir_count(m), 1);
		got = get_file(target);
		assert_string_equal(buf_str(&got), "theirs");
		buf_free(&got);
		unlink(target);
		assert_int_equal(maildir_place(m, NULL, NULL, &e), 0);
		assert_int_equal(maildir_count(m), 0);
		maildir_free(&m);
	}
}

static void
test_places(void **state)
{
	static const struct { const char *make, *open; const char *want; enum err_class class; } t[] = {
		{ "", "fresh", NULL, 0 },
		{ "", "a/b//c/", NULL, 0 },
		{ "mkdir empty", "empty", NULL, 0 },
		{ "mkdir -p half/cur; echo >half/notes", "half", NULL, 0 },
		{ "mkdir led; echo >led/.pennypost-mpop-ann@example.org", "led/", NULL, 0 },
		{ "mkdir mount mount/lost+found", "mount", NULL, 0 },
		{ "mkdir real; ln -s real link", "link", NULL, 0 },
		{ "mkdir docs; echo >docs/letter", "docs", "docs is not a maildir", ERR_CANTCREAT },
		{ "mkdir home; echo >home/.profile", "home", "home is not a maildir", ERR_CANTCREAT },
		{ "echo >file", "file", "file is not a directory", ERR_CANTCREAT },
		{ "echo >file", "file/in", "file is not a directory", ERR_CANTCREAT },
		{ "mkdir -p trap/tmp elsewhere; ln -s ../elsewhere trap/new", "trap", "trap/new", 0 },
		{ "mkdir -p odd/cur odd/tmp; echo >odd/new", "odd", "odd/new", 0 },
		{ "ln -s nowhere dangling", "dangling", "dangling", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct maildir *m = NULL;
		char command[600];
		int r;

		snprintf(command, sizeof command, "cd '%s' && { :; %s; }", scratch, *t[i].make == '\0' ? ":" : t[i].make);
		assert_int_equal(system(command), 0);
		r = maildir_open(&m, in_scratch(t[i].open), &e);
		if (r != (t[i].want == NULL ? 0 : -1))
			fail_msg("%s: %d %s", t[i].open, r, e.text);
		if (t[i].want != NULL && strstr(e.text, t[i].want) == NULL)
			fail_msg("%s: %s", t[i].open, e.text);
		if (t[i].class != 0)
			assert_int_equal(e.class, t[i].class);
		maildir_free(&m);
	}
	assert_int_equal(access(in_scratch("docs/tmp"), F_OK), -1);
	assert_int_equal(files_in(in_scratch("elsewhere")), 0);
	assert_int_equal(access(in_scratch("a/b/c/new"), F_OK), 0);
}

/* A file that can't be written is dropped; the ones before and after it are not touched by that. */
static void
test_full(void **state)
{
	struct maildir *m = opened();
	char big[100000] = "";

	(void)state;
	staged(m, "before\n", 7, NULL, 0);
	limit_files(70000);
	assert_int_equal(maildir_begin(m, &e), 0);
	assert_int_equal(maildir_write(m, big, 60000, &e), 0);
	assert_int_equal(maildir_write(m, big, 60000, &e), 0);
	assert_int_equal(maildir_stage(m, NULL, 0, &e), -1);
	assert_int_equal(e.class, err_file(EFBIG));
	assert_non_null(strstr(e.text, "Mail/tmp/"));
	assert_int_equal(maildir_write(m, big, 1, &e), -1);
	assert_int_equal(maildir_stage(m, NULL, 0, &e), -1);
	assert_int_equal(maildir_begin(m, &e), 0);
	assert_int_equal(maildir_write(m, big, sizeof big, &e), -1);
	limit_files(0);
	assert_int_equal(files_in(in_scratch("Mail/tmp")), 1);
	staged(m, "after\n", 6, NULL, 0);
	assert_int_equal(maildir_place(m, NULL, NULL, &e), 0);
	assert_int_equal(files_in(in_scratch("Mail/new")), 2);
	maildir_free(&m);
}

static void
test_read_only(void **state)
{
	struct maildir *m = opened();
	struct maildir *n = NULL;

	(void)state;
	staged(m, "x\n", 2, NULL, 0);
	assert_int_equal(chmod(in_scratch("Mail/tmp"), 0555), 0);
	assert_int_equal(chmod(in_scratch("Mail/new"), 0555), 0);
	assert_int_equal(chmod(in_scratch("Mail"), 0555), 0);
	be_nobody(1);
	assert_int_equal(maildir_begin(m, &e), -1);
	assert_int_equal(e.class, ERR_CANTCREAT);
	assert_int_equal(maildir_place(m, NULL, NULL, &e), -1);
	assert_int_equal(maildir_count(m), 1);
	assert_int_equal(maildir_open(&n, in_scratch("Mail/sub"), &e), -1);
	assert_int_equal(e.class, ERR_CANTCREAT);
	be_nobody(0);
	assert_int_equal(chmod(in_scratch("Mail/tmp"), 0700), 0);
	assert_int_equal(chmod(in_scratch("Mail/new"), 0700), 0);
	assert_int_equal(maildir_place(m, NULL, NULL, &e), 0);
	assert_int_equal(files_in(in_scratch("Mail/new")), 1);
	assert_int_equal(chmod(in_scratch("Mail"), 0700), 0);
	maildir_free(&m);
}

/* By the inode's own time, so a message dated years ago is not taken for a leftover. */
static void
test_tidy(void **state)
{
	struct maildir *m = opened();

	(void)state;
	staged(m, "x\n", 2, NULL, 1);
	synced(m);
	maildir_tidy(m);
	assert_int_equal(maildir_place(m, NULL, NULL, &e), 0);
	assert_int_equal(files_in(in_scratch("Mail/new")), 1);
	maildir_free(&m);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(test_deliver), IN_SCRATCH(test_many), IN_SCRATCH(test_recover), IN_SCRATCH(test_recover_odd),
		IN_SCRATCH(test_has), IN_SCRATCH(test_existing), IN_SCRATCH(test_places), IN_SCRATCH(test_full),
		IN_SCRATCH(test_read_only), IN_SCRATCH(test_tidy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
