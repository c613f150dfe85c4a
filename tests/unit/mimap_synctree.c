/* SPDX-License-Identifier: ISC */
/* synctree: mailbox names as directories, both ways and for hostile names; the walk; patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/synctree.h"
#include "buf.h"
#include "dir.h"
#include "err.h"
#include "scratch.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct { const char *name, *verbatim, *plusplus; } names[] = {
	{ "INBOX", "D/INBOX", "D" }, { "inbox", "D/INBOX", "D" }, { "Lists/c", "D/Lists/c", "D/.Lists.c" },
	{ "INBOX/x", "D/INBOX/x", "D/.INBOX.x" }, { "Grüße", "D/Grüße", "D/.Gr&APwA3w-e" }, { "a.b/c", "D/a.b/c", "D/.a%2Eb.c" },
	{ "a&b", "D/a&b", "D/.a&-b" }, { "50%", "D/50%", "D/.50%" }, { "50%25", "D/50%2525", "D/.50%2525" }, { "%zz", "D/%zz", "D/.%zz" },
	{ "cur", "D/%63ur", "D/.cur" }, { "INBOX/cur", "D/INBOX/%63ur", "D/.INBOX.cur" }, { "x/tmp/new", "D/x/%74mp/%6Eew", "D/.x.tmp.new" },
	{ "..", "D/%2E.", "D/.%2E%2E" }, { ".", "D/%2E", "D/.%2E" }, { "../../etc", "D/%2E./%2E./etc", "D/.%2E%2E.%2E%2E.etc" },
	{ ".hidden", "D/%2Ehidden", "D/.%2Ehidden" }, { "dovecot-keywords", "D/%64ovecot-keywords", "D/.dovecot-keywords" },
	{ "a b:2,S", "D/a b:2,S", "D/.a b:2,S" }, { "curious", "D/curious", "D/.curious" },
};

static void
test_names(void **state)
{
	struct buf out = { 0 };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		for (int plusplus = 0; plusplus < 2; plusplus++) {
			struct synctree t = { .dir = "D", .plusplus = plusplus };

			buf_cut(&out, 0);
			assert_int_equal(synctree_path(&t, names[i].name, &out, &e), 0);
			assert_string_equal(buf_str(&out), plusplus ? names[i].plusplus : names[i].verbatim);
		}
	}
	buf_free(&out);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", "a\xff", "\xc3", "a\n", "\x01", "a\x7f" };
	char deep[200] = "a", wide[1100];
	struct buf out = { 0 };
	struct err e;

	(void)state;
	for (int plusplus = 0; plusplus < 2; plusplus++) {
		struct synctree t = { .dir = "D", .plusplus = plusplus };

		for (size_t i = 0; i < COUNT(bad); i++) {
			assert_int_equal(synctree_path(&t, bad[i], &out, &e), -1);
			assert_int_equal(e.class, ERR_DATA);
			assert_int_equal(out.len, 0);
		}
		for (deep[1] = '\0'; strlen(deep) < 63; strcat(deep, "/a"))
			;
		assert_int_equal(synctree_path(&t, deep, &out, &e), 0);	/* 32 levels */
		buf_cut(&out, 0);
		assert_int_equal(synctree_path(&t, strcat(deep, "/a"), &out, &e), -1);
		memset(wide, 'w', sizeof(wide));
		wide[1000] = '\0';
		assert_int_equal(synctree_path(&t, wide, &out, &e), 0);
		buf_cut(&out, 0);
		wide[1000] = 'w';
		wide[1001] = '\0';
		assert_int_equal(synctree_path(&t, wide, &out, &e), -1);
	}
	buf_free(&out);
}

static void
make_maildir(const char *path)
{
	struct err e;
	char sub[1100];

	snprintf(sub, sizeof(sub), "%s/cur", path);
	assert_int_equal(dir_make(sub, &e), 0);
	snprintf(sub, sizeof(sub), "%s/new", path);
	assert_int_equal(dir_make(sub, &e), 0);
}

static struct buf odds;

static void
note_odd(const char *path)
{
	buf_adds(&odds, path + strlen(scratch) + 1);
	buf_addc(&odds, ' ');
}

/* Every name's directory is found again as that name. */
static void
test_walk_round(void **state)
{
	struct err e;

	(void)state;
	for (int plusplus = 0; plusplus < 2; plusplus++) {
		struct synctree t = { .dir = in_scratch(plusplus ? "round-pp" : "round"), .plusplus = plusplus };
		struct synctree_list list = { 0 };
		size_t made = 0;

		for (size_t i = 0; i < COUNT(names); i++) {
			struct buf path = { 0 };

			assert_int_equal(synctree_path(&t, names[i].name, &path, &e), 0);
			make_maildir(buf_str(&path));
			made += strcmp(names[i].name, "inbox") != 0;
			buf_free(&path);
		}
		assert_int_equal(synctree_walk(&t, &list, note_odd, &e), 0);
		assert_int_equal(list.count, made);
		assert_string_equal(list.folder[0].name, "INBOX");
		for (size_t i = 0; i < list.count; i++) {
			struct buf path = { 0 };
			size_t k;

			for (k = 0; k < COUNT(names) && strcmp(names[k].name, list.folder[i].name) != 0; k++)
				;
			assert_true(k < COUNT(names));
			assert_int_equal(synctree_path(&t, list.folder[i].name, &path, &e), 0);
			assert_string_equal(buf_str(&path), list.folder[i].path);
			assert_true(i == 0 || synctree_order(list.folder[i - 1].name, list.folder[i].name) < 0);
			buf_free(&path);
		}
		assert_int_equal(odds.len, 0);
		synctree_free(&list);
	}
}

/* Directories without cur/ are only on the way; hidden ones, links in circles and parts of maildirs are no folders; a maildir with
 * a name that no mailbox would get is told. */
static void
test_walk_odd(void **state)
{
	char dir[300];
	struct synctree t = { .dir = strcpy(dir, in_scratch("odd")), .plusplus = 0 };
	struct synctree_list list = { 0 };
	struct err e;

	(void)state;
	make_maildir(in_scratch("odd/a/b"));
	make_maildir(in_scratch("odd/.notmuch"));
	make_maildir(in_scratch("odd/a/b/cur/x"));
	make_maildir(in_scratch("odd/x%41"));
	make_maildir(in_scratch("odd/Inbox"));
	make_maildir(in_scratch("elsewhere/deep"));
	make_maildir(in_scratch("elsewhere"));
	assert_int_equal(symlink("..", in_scratch("odd/a/b/up")), 0);
	assert_int_equal(symlink("../elsewhere", in_scratch("odd/link")), 0);
	put_file(in_scratch("odd/file"), "x", 1);
	assert_int_equal(synctree_walk(&t, &list, note_odd, &e), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.folder[0].name, "a/b");
	assert_string_equal(list.folder[1].name, "link");
	assert_non_null(strstr(buf_str(&odds), "odd/x%41 "));
	assert_non_null(strstr(buf_str(&odds), "odd/Inbox "));
	buf_free(&odds);
	synctree_free(&list);
	t.dir = in_scratch("missing");
	assert_int_equal(synctree_walk(&t, &list, NULL, &e), 0);
	assert_int_equal(list.count, 0);
}

static void
test_wanted(void **state)
{
	static const struct { const char *patterns[3]; size_t count; const char *name; int wanted; } cases[] = {
		{ { NULL }, 0, "any", 1 }, { { "INBOX" }, 1, "inbox", 1 }, { { "INBOX" }, 1, "Lists", 0 },
		{ { "Lists/*" }, 1, "Lists/a/b", 1 }, { { "Lists/*" }, 1, "Lists", 0 }, { { "!Trash" }, 1, "Trash", 0 },
		{ { "!Trash" }, 1, "INBOX", 1 }, { { "*", "!Lists/*", "Lists/c" }, 3, "Lists/c", 1 },
		{ { "*", "!Lists/*", "Lists/c" }, 3, "Lists/d", 0 }, { { "Lists/c", "!Lists/*" }, 2, "Lists/c", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(synctree_wanted((char *const *)(uintptr_t)cases[i].patterns, cases[i].count, cases[i].name),
		    cases[i].wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_refused), cmocka_unit_test(test_walk_round),
		cmocka_unit_test(test_walk_odd), cmocka_unit_test(test_wanted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
