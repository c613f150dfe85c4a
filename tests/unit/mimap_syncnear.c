/* SPDX-License-Identifier: ISC */
/* syncnear: what a scan sees, what it refuses to believe, and that nothing is done to a file that is not as it was seen. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../cmd/mimap/syncflag.h"
#include "../../cmd/mimap/syncnear.h"
#include "err.h"
#include "scratch.h"

static struct err e;

static int
maildir_make(void **state)
{
	static const char *const part[] = { "a", "a/cur", "a/new", "a/tmp", "b", "b/cur", "b/new", "b/tmp" };

	if (scratch_make(state) != 0)
		return -1;
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (mkdir(in_scratch(part[i]), 0700) == -1)
			return -1;
	return 0;
}

static void
touch(const char *name)
{
	put_file(in_scratch(name), "x\n", 2);
}

static struct near *
scanned(const char *dir)
{
	struct near *n = NULL;

	if (near_open(&n, in_scratch(dir), &e) != 0)
		fail_msg("%s: not opened: %s", dir, e.text);
	assert_int_equal(near_scan(n, &e), 0);
	assert_int_equal(near_stable(n), 0);
	return n;
}

static struct near_file *
found(struct near *n, const char *name)
{
	struct near_file *f = near_find(n, name);

	if (f == NULL)
		fail_msg("%s is not found", name);
	return f;
}

static int
exists(const char *name)
{
	return access(in_scratch(name), F_OK) == 0;
}

static void
test_scan(void **state)
{
	static const struct { const char *file, *name; uint32_t flags; int in_new; enum near_odd odd; } want[] = {
		{ "new/1.host", "1.host", 0, 1, NEAR_FINE },
		{ "cur/2.host:2,", "2.host", 0, 0, NEAR_FINE },
		{ "cur/3.host:2,FSa", "3.host", SYNCFLAG_FLAGGED | SYNCFLAG_SEEN | UINT32_C(1) << SYNCFLAG_KEYWORD, 0, NEAR_FINE },
		{ "cur/4.host,U=5,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,S", "4.host,U=5,FMD5=7e33429f656f1e6e9d79b29c3f82c57e", SYNCFLAG_SEEN, 0, NEAR_FINE },
		{ "cur/5.host", "5.host", 0, 0, NEAR_FINE },
		{ "cur/6.host:1,weird", "6.host", 0, 0, NEAR_FINE },
		{ "new/7.host:2,R", "7.host", SYNCFLAG_ANSWERED, 1, NEAR_FINE },
		{ "cur/8 with blanks\n:2,SX!", "8 with blanks\n", SYNCFLAG_SEEN, 0, NEAR_FINE },
		{ "cur/9.host;2,S", "9.host;2,S", 0, 0, NEAR_SEMICOLON },
	};
	char path[300], name[256];
	struct near *n;

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		snprintf(path, sizeof path, "a/%s", want[i].file);
		touch(path);
	}
	touch("a/cur/.hidden");
	assert_int_equal(mkdir(in_scratch("a/cur/10.dir:2,S"), 0700), 0);
	assert_int_equal(symlink("2.host:2,", in_scratch("a/cur/11.link:2,S")), 0);
	assert_int_equal(mkfifo(in_scratch("a/new/12.pipe"), 0600), 0);
	n = scanned("a");
	assert_int_equal(near_count(n), sizeof want / sizeof *want + 3);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct near_file *f = found(n, want[i].name);

		assert_string_equal(f->file, want[i].file + 4);
		assert_int_equal(f->flags, want[i].flags);
		assert_int_equal(f->in_new, want[i].in_new);
		assert_int_equal(f->odd, want[i].odd);
		near_name(f, name);
		assert_string_equal(name, want[i].name);
	}
	assert_int_equal(found(n, "10.dir")->odd, NEAR_DIRECTORY);
	assert_int_equal(found(n, "11.link")->odd, NEAR_LINK);
	assert_int_equal(found(n, "12.pipe")->odd, NEAR_SPECIAL);
	assert_null(near_find(n, ".hidden"));
	assert_null(near_find(n, "1"));
	near_free(&n);
	assert_null(n);
}

/* Two files of one name: one is the message, the other one is left alone. */
static void
test_twice(void **state)
{
	struct near *n;
	size_t odd = 0;

	(void)state;
	touch("a/new/1.host");
	touch("a/cur/1.host:2,");
	touch("a/cur/1.host:2,S");
	assert_int_equal(mkdir(in_scratch("a/cur/2.host:2,S"), 0700), 0);
	touch("a/cur/2.host:2,");
	n = scanned("a");
	assert_string_equal(found(n, "1.host")->file, "1.host:2,S");
	assert_string_equal(found(n, "2.host")->file, "2.host:2,");
	for (size_t i = 0; i < near_count(n); i++)
		odd += near_at(n, i)->odd == NEAR_TWICE;
	assert_int_equal(odd, 2);
	assert_int_equal(near_set_flags(n, found(n, "1.host"), 0, UINT32_MAX, &e), 1);	/* its name is taken */
	assert_true(exists("a/cur/1.host:2,S") && exists("a/cur/1.host:2,"));
	near_free(&n);
}

static void
test_missing(void **state)
{
	struct near *n = NULL;
	char stamp[NEAR_STAMP];

	(void)state;
	assert_int_equal(near_open(&n, in_scratch("c"), &e), 1);
	assert_null(n);
	assert_int_equal(rmdir(in_scratch("b/new")), 0);
	assert_int_equal(near_open(&n, in_scratch("b"), &e), 1);
	assert_false(exists("b/new"));
	near_stamp(in_scratch("b"), stamp);
	assert_string_equal(stamp, "0");
	put_file(in_scratch("b/new"), "", 0);
	assert_int_equal(near_open(&n, in_scratch("b"), &e), -1);
	n = scanned("a");
	assert_int_equal(rename(in_scratch("a"), in_scratch("z")), 0);
	assert_int_equal(near_scan(n, &e), -1);		/* never an empty folder */
	near_free(&n);
}

static void
check_flags(struct near *n, const char *name, uint32_t flags, uint32_t mask, const char *want)
{
	char path[300];

	assert_int_equal(near_set_flags(n, found(n, name), flags, mask, &e), 0);
	snprintf(path, sizeof path, "a/%s", want);
	assert_true(exists(path));
	assert_string_equal(found(n, name)->file, want + 4);
	assert_int_equal(near_sync(n, &e), 0);
}

static void
test_flags(void **state)
{
	struct near *n;
	uint32_t a = UINT32_C(1) << SYNCFLAG_KEYWORD, all = UINT32_MAX;

	(void)state;
	touch("a/new/1");
	touch("a/cur/2:2,SXa");
	touch("a/cur/3:1,x");
	touch("a/cur/4");
	n = scanned("a");
	check_flags(n, "1", 0, all, "new/1");
	check_flags(n, "1", SYNCFLAG_SEEN | SYNCFLAG_DRAFT, all, "cur/1:2,DS");
	check_flags(n, "1", 0, all, "cur/1:2,");
	check_flags(n, "2", SYNCFLAG_FLAGGED, SYNCFLAG_STANDARD, "cur/2:2,FXa");	/* a is none of the folder's keywords */
	check_flags(n, "2", SYNCFLAG_FLAGGED, all, "cur/2:2,FX");
	check_flags(n, "2", a, all, "cur/2:2,Xa");
	check_flags(n, "3", SYNCFLAG_SEEN, all, "cur/3:2,S");
	check_flags(n, "4", SYNCFLAG_SEEN, all, "cur/4:2,S");
	assert_int_equal(files_in(in_scratch("a/cur")), 4);
	near_free(&n);
}

/* Whoever was first wins. */
static void
test_races(void **state)
{
	struct near *n, *b;
	int fd;

	(void)state;
	touch("a/cur/1:2,");
	touch("a/cur/2:2,");
	touch("a/cur/3:2,");
	touch("b/cur/3:2,S");
	n = scanned("a");
	b = scanned("b");
	assert_int_equal(rename(in_scratch("a/cur/1:2,"), in_scratch("a/cur/1:2,S")), 0);
	assert_int_equal(near_set_flags(n, found(n, "1"), SYNCFLAG_FLAGGED, UINT32_MAX, &e), 1);
	assert_int_equal(near_remove(n, found(n, "1"), &e), 1);
	assert_int_equal(near_read(n, found(n, "1"), &fd, &e), 1);
	assert_int_equal(near_move(n, found(n, "1"), b, 0, NULL, &e), 1);
	assert_true(exists("a/cur/1:2,S"));
	touch("a/cur/2:2,F");
	assert_int_equal(near_set_flags(n, found(n, "2"), SYNCFLAG_FLAGGED, UINT32_MAX, &e), 1);
	assert_int_equal(near_move(n, found(n, "3"), b, 0, NULL, &e), 1);	/* one of that name is there */
	assert_true(exists("a/cur/2:2,") && exists("a/cur/3:2,") && exists("b/cur/3:2,S"));
	assert_int_equal(unlink(in_scratch("a/cur/2:2,")), 0);
	assert_int_equal(symlink("/etc/passwd", in_scratch("a/cur/2:2,")), 0);
	assert_int_equal(near_read(n, found(n, "2"), &fd, &e), -1);
	near_free(&n);
	near_free(&b);
}

static void
test_move(void **state)
{
	struct near *n, *b;
	struct near_file *moved = NULL;
	char name[40];
	int fd;

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "a/new/%d.x", i);
		touch(name);
	}
	n = scanned("a");
	b = scanned("b");
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "%d.x", i);
		assert_int_equal(near_move(n, found(n, name), b, i % 2 ? SYNCFLAG_SEEN : 0, &moved, &e), 0);
		assert_null(near_find(n, name));
		assert_ptr_equal(near_find(b, name), moved);
		assert_int_equal(moved->flags, i % 2 ? SYNCFLAG_SEEN : 0);
	}
	assert_int_equal(near_move(b, found(b, "7.x"), n, 0, &moved, &e), 0);	/* and back */
	assert_ptr_equal(near_find(n, "7.x"), moved);
	assert_int_equal(near_remove(b, found(b, "8.x"), &e), 0);
	assert_null(near_find(b, "8.x"));
	assert_int_equal(near_read(b, found(b, "9.x"), &fd, &e), 0);
	close(fd);
	assert_int_equal(near_sync(n, &e), 0);
	assert_int_equal(near_sync(b, &e), 0);
	assert_int_equal(files_in(in_scratch("a/new")), 0);
	assert_true(exists("a/cur/7.x:2,") && exists("b/cur/9.x:2,S") && files_in(in_scratch("b/cur")) == 298);
	near_free(&n);
	near_free(&b);
}

static void
test_odd_untouched(void **state)
{
	struct near *n;
	struct near_file *f;

	(void)state;
	touch("a/cur/1;2,S");
	n = scanned("a");
	f = found(n, "1;2,S");
	assert_int_equal(near_set_flags(n, f, SYNCFLAG_SEEN, UINT32_MAX, &e), 1);
	assert_int_equal(near_remove(n, f, &e), 1);
	assert_int_equal(near_move(n, f, n, 0, NULL, &e), 1);
	assert_true(exists("a/cur/1;2,S"));
	near_free(&n);
}

static void
test_stamp(void **state)
{
	struct near *n;
	char before[NEAR_STAMP], after[NEAR_STAMP];

	(void)state;
	touch("a/cur/1:2,");
	n = scanned("a");
	near_stamp(in_scratch("a"), before);
	assert_string_equal(before, near_settled_stamp(n));
	assert_null(strchr(before, ' '));
	assert_int_equal(near_set_flags(n, found(n, "1"), SYNCFLAG_SEEN, UINT32_MAX, &e), 0);
	near_stamp(in_scratch("a"), after);
	assert_string_not_equal(before, after);		/* as the scan waited for the tick, any change after it shows */
	near_free(&n);
}

/* The names that are too long for their flags, a directory that can't be written, one that can't be read. */
static void
test_faults(void **state)
{
	char path[300] = "a/cur/";
	struct near *n;
	int fd;

	(void)state;
	memset(path + 6, 'x', 251);
	strcpy(path + 257, ":2,");
	touch(path);
	touch("a/cur/1:2,");
	assert_int_equal(chown(in_scratch("a/cur/1:2,"), 65534, 65534) == 0 || geteuid() != 0, 1);
	n = scanned("a");
	path[257] = '\0';
	assert_int_equal(near_set_flags(n, found(n, path + 6), SYNCFLAG_STANDARD, UINT32_MAX, &e), -1);
	assert_int_equal(e.class, ERR_DATA);
	assert_int_equal(chmod(in_scratch("a/cur/1:2,"), 0), 0);
	assert_int_equal(chmod(in_scratch("a/cur"), 0555), 0);
	be_nobody(1);
	assert_int_equal(near_set_flags(n, found(n, "1"), SYNCFLAG_SEEN, UINT32_MAX, &e), -1);
	assert_int_equal(near_remove(n, found(n, "1"), &e), -1);
	assert_int_equal(near_read(n, found(n, "1"), &fd, &e), -1);
	be_nobody(0);
	assert_true(exists("a/cur/1:2,"));
	assert_int_equal(chmod(in_scratch("a/cur"), 0700), 0);
	near_free(&n);
}

/* Renames files of a/ to and fro until it is killed. */
static pid_t
start_mover(void)
{
	pid_t pid = fork();

	for (unsigned int i = 0; pid == 0; i++) {
		rename(in_scratch("a/new/0.x"), in_scratch("a/cur/0.x:2,S"));
		rename(in_scratch("a/cur/1.x:2,"), in_scratch("a/cur/1.x:2,S"));
		rename(in_scratch("a/cur/0.x:2,S"), in_scratch("a/cur/0.x:2,FS"));
		rename(in_scratch("a/cur/1.x:2,S"), in_scratch("a/cur/1.x:2,"));
		rename(in_scratch("a/cur/0.x:2,FS"), in_scratch("a/new/0.x"));
	}
	return pid;
}

/* While files are renamed, a scan is either not believed, or has them all. */
static void
test_moving(void **state)
{
	struct near *n = NULL;
	char name[40];
	pid_t pid;
	int r;

	(void)state;
	for (int i = 1; i < 500; i++) {
		snprintf(name, sizeof name, "a/cur/%d.x:2,", i);
		touch(name);
	}
	touch("a/new/0.x");
	assert_int_equal(near_open(&n, in_scratch("a"), &e), 0);
	pid = start_mover();
	r = near_scan(n, &e);
	for (int i = 0; r == 0 && i < 500; i++) {
		snprintf(name, sizeof name, "%d.x", i);
		found(n, name);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(r == 0 || (r == 1 && near_stable(n) == 1 && strcmp(near_settled_stamp(n), "0") == 0));
	for (size_t i = 0; r == 1 && i < near_count(n); i++)
		assert_true(near_at(n, i)->odd == NEAR_FINE || near_at(n, i)->gone);
	assert_int_equal(near_scan(n, &e), 0);
	assert_int_equal(near_count(n), 500);
	near_free(&n);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, maildir_make, scratch_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_scan), TEST(test_twice), TEST(test_missing), TEST(test_flags), TEST(test_races), TEST(test_move),
		TEST(test_odd_untouched), TEST(test_stamp), TEST(test_faults), TEST(test_moving),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
