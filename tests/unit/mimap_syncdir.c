/* SPDX-License-Identifier: ISC */
/* syncdir: folders made, renamed and removed, in both layouts, with what lies in them and below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncdir.h"
#include "../../cmd/mimap/synctree.h"
#include "buf.h"
#include "err.h"
#include "scratch.h"

#define LABEL "ann@example.org"

static char root[300];
static struct err e;

static void
put(const char *path)
{
	char full[600];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	put_file(full, "x", 1);
}

static int
there(const char *path)
{
	char full[600];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	return lstat(full, &st) == 0;
}

static struct synctree
tree(const char *name, int plusplus)
{
	snprintf(root, sizeof(root), "%s/%s", scratch, name);
	return (struct synctree){ .dir = root, .plusplus = plusplus };
}

static void
test_create(void **state)
{
	struct synctree t = tree("create", 0);

	(void)state;
	assert_int_equal(syncdir_create(&t, "a/b", &e), 0);
	assert_true(there("a/b/cur") && there("a/b/new") && there("a/b/tmp") && !there("a/cur"));
	assert_int_equal(syncdir_create(&t, "a/b", &e), 0);
	assert_int_equal(syncdir_create(&t, "a//b", &e), -1);
	assert_int_equal(e.class, ERR_DATA);
	t.plusplus = 1;
	assert_int_equal(syncdir_create(&t, "a/b", &e), 0);
	assert_int_equal(syncdir_create(&t, "INBOX", &e), 0);
	assert_true(there(".a.b/cur") && there("cur"));
}

static void
test_rename_whole(void **state)
{
	struct synctree t = tree("whole", 0);

	(void)state;
	assert_int_equal(syncdir_create(&t, "a", &e), 0);
	assert_int_equal(syncdir_create(&t, "a/in", &e), 0);
	put("a/cur/1:2,S");
	put("a/mine");
	assert_int_equal(syncdir_rename(&t, "a", "far/b", 1, LABEL, &e), 0);
	assert_true(there("far/b/cur/1:2,S") && there("far/b/mine") && there("far/b/in/cur") && !there("a"));
	assert_int_equal(syncdir_rename(&t, "far/b", "far/b/deeper", 1, LABEL, &e), 0);	/* into itself: by parts */
	assert_true(there("far/b/deeper/cur/1:2,S") && there("far/b/in/cur") && there("far/b/mine") && !there("far/b/cur"));
}

static void
test_rename_parts(void **state)
{
	struct synctree t = tree("parts", 0);

	(void)state;
	assert_int_equal(syncdir_create(&t, "a", &e), 0);
	assert_int_equal(syncdir_create(&t, "a/stays", &e), 0);
	assert_int_equal(syncdir_create(&t, "b/in", &e), 0);
	put("a/new/1");
	put("a/dovecot-keywords");
	put("a/.pennypost-folder-" LABEL);
	assert_int_equal(syncdir_rename(&t, "a", "b", 0, LABEL, &e), 0);
	assert_true(there("b/new/1") && there("b/cur") && there("b/tmp") && there("b/dovecot-keywords"));
	assert_true(there("b/.pennypost-folder-" LABEL) && there("a/stays/cur") && !there("a/cur") && there("b/in/cur"));
	assert_int_equal(syncdir_rename(&t, "b", "a/stays", 1, LABEL, &e), -1);
	assert_int_equal(e.class, ERR_CANTCREAT);
	assert_true(there("b/new/1"));
	assert_int_equal(syncdir_rename(&t, "b", "a", 1, LABEL, &e), 0);	/* the directory is there, for what is below it */
	assert_true(there("a/new/1") && there("a/stays/cur") && there("b/in/cur") && !there("b/cur"));
}

/* As a kill left it: some parts are there already. */
static void
test_rename_again(void **state)
{
	struct synctree t = tree("again", 0);
	char from[400], to[400];

	(void)state;
	assert_int_equal(syncdir_create(&t, "a", &e), 0);
	put("a/new/1");
	put("a/cur/2:2,");
	snprintf(from, sizeof(from), "%s/b", root);
	assert_int_equal(mkdir(from, 0700), 0);
	snprintf(from, sizeof(from), "%s/a/new", root);
	snprintf(to, sizeof(to), "%s/b/new", root);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(syncdir_rename(&t, "a", "b", 1, LABEL, &e), 0);
	assert_true(there("b/new/1") && there("b/cur/2:2,") && there("b/tmp") && !there("a"));
}

static void
test_rename_plusplus(void **state)
{
	struct synctree t = tree("plusplus", 1);

	(void)state;
	assert_int_equal(syncdir_create(&t, "INBOX", &e), 0);
	assert_int_equal(syncdir_create(&t, "a", &e), 0);
	put(".a/cur/1");
	put("new/2");
	assert_int_equal(syncdir_rename(&t, "a", "b/c", 1, LABEL, &e), 0);
	assert_true(there(".b.c/cur/1") && !there(".a"));
	assert_int_equal(syncdir_rename(&t, "INBOX", "old", 1, LABEL, &e), 0);
	assert_true(there(".old/new/2") && there(".b.c/cur/1") && !there("cur"));
}

static void
test_remove(void **state)
{
	struct synctree t = tree("remove", 0);

	(void)state;
	assert_int_equal(syncdir_create(&t, "INBOX", &e), 0);
	assert_int_equal(syncdir_create(&t, "a/b/c", &e), 0);
	put("a/b/c/.pennypost-folder-" LABEL);
	put("a/b/c/dovecot-keywords");
	assert_int_equal(syncdir_remove(&t, "a/b/c", LABEL, &e), 0);
	assert_true(!there("a") && there("INBOX/cur"));
	assert_int_equal(syncdir_create(&t, "a", &e), 0);
	put("a/cur/1");
	assert_int_equal(syncdir_remove(&t, "a", LABEL, &e), -1);
	assert_int_equal(e.class, ERR_DATA);
	assert_true(there("a/cur/1") && there("a/new") && there("a/tmp"));
	assert_int_equal(syncdir_create(&t, "d/e", &e), 0);
	assert_int_equal(syncdir_create(&t, "d", &e), 0);
	put("d/mine");
	assert_int_equal(syncdir_remove(&t, "d", LABEL, &e), 0);
	assert_true(there("d/e/cur") && there("d/mine") && !there("d/cur"));
	t.plusplus = 1;
	assert_int_equal(syncdir_remove(&t, "INBOX", LABEL, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create), cmocka_unit_test(test_rename_whole), cmocka_unit_test(test_rename_parts),
		cmocka_unit_test(test_rename_again), cmocka_unit_test(test_rename_plusplus), cmocka_unit_test(test_remove),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
