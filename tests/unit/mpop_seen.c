/* SPDX-License-Identifier: ISC */
/* seen: what is remembered of a mailbox, for how long, and what a crash between record and placing leaves to be done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../cmd/mpop/seen.h"
#include "account.h"
#include "err.h"
#include "ledger.h"
#include "xalloc.h"

static char dir[] = "/tmp/pp-seen.XXXXXX";
static char *path;
static struct account account;

static int
set_up(void **state)
{
	(void)state;
	account.url = (struct url){ .scheme = xstrdup("pop3s"), .user = xstrdup("ann"), .host = xstrdup("Pop.Example.Org") };
	if (mkdtemp(strcpy(dir, "/tmp/pp-seen.XXXXXX")) == NULL)
		return -1;
	path = seen_path(&account, dir, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	char *command = xasprintf("rm -rf %s", dir);
	int r = system(command);

	(void)state;
	free(command);
	free(path);
	account_free(&account);
	return r;
}

static struct seen *
open_seen(int headers)
{
	struct seen *s;
	struct err e;

	if (seen_open(&s, path, &account, headers, &e) == -1)
		fail_msg("%s", e.text);
	return s;
}

static void
close_seen(struct seen **s)
{
	struct err e;

	assert_int_equal(seen_commit(*s, &e), 0);
	seen_free(s);
}

/* What the ledger itself holds, past seen's own functions. */
static void
write_raw(const char *key, const char *value)
{
	struct ledger *l;
	struct err e;

	assert_int_equal(ledger_open(&l, path, "mpop ann@pop.example.org", &e), 0);
	ledger_put(l, key, value);
	assert_int_equal(ledger_commit(l, &e), 0);
	ledger_free(&l);
}

static struct listing_msg
msg(const char *uid, uint64_t size, unsigned int twin)
{
	return (struct listing_msg){ .number = 1, .uid = uid, .size = size, .twin = twin };
}

static int
known(const struct seen *s, const char *uid, uint64_t size, unsigned int twin)
{
	struct listing_msg m = msg(uid, size, twin);
	struct seen_entry entry;

	return seen_get(s, &m, &entry);
}

static void
test_paths(void **state)
{
	static const struct { const char *user, *host, *port, *path, *want; } cases[] = {
		{ "ann", "Pop.Example.Org", NULL, NULL, "m/.pennypost-mpop-ann@pop.example.org" },
		{ "ann", "pop.example.org", "995", NULL, "m/.pennypost-mpop-ann@pop.example.org" },
		{ "ann", "pop.example.org", "2995", NULL, "m/.pennypost-mpop-ann@pop.example.org:2995" },
		{ "ann@example.org", "2001:db8::1", NULL, NULL, "m/.pennypost-mpop-ann@example.org@2001:db8::1" },
		{ "../../a b", "h", NULL, NULL, "m/.pennypost-mpop-..%2F..%2Fa%20b@h" },
		{ "ann", NULL, NULL, "ssh x", "m/.pennypost-mpop-ann@exec-0b4a1083b920a9a1" },
	};
	struct account a = { 0 };
	char *got;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		a.url = (struct url){ .user = xstrdup(cases[i].user),
		    .host = cases[i].host != NULL ? xstrdup(cases[i].host) : NULL,
		    .port = cases[i].port != NULL ? xstrdup(cases[i].port) : NULL,
		    .path = cases[i].path != NULL ? xstrdup(cases[i].path) : NULL };
		got = seen_path(&a, "m", NULL);
		assert_string_equal(got, cases[i].want);
		free(got);
		account_free(&a);
	}
}

static void
test_long_names(void **state)
{
	struct account a = { 0 }, b = { 0 };
	char user[2][600], *one, *two;

	(void)state;
	memset(user, 'x', sizeof user);
	user[0][599] = user[1][599] = '\0';
	user[1][598] = 'y';
	a.url = (struct url){ .user = xstrdup(user[0]), .host = xstrdup("h") };
	b.url = (struct url){ .user = xstrdup(user[1]), .host = xstrdup("h") };
	one = seen_path(&a, "m", NULL);
	two = seen_path(&b, "m", NULL);
	assert_true(strlen(one) < 250);
	assert_string_not_equal(one, two);
	free(one);
	free(two);
	account_free(&a);
	account_free(&b);
}

static void
test_put_and_get(void **state)
{
	struct listing_msg a = msg("a\tb %", 100, 0), twin = msg("t", 5, 2);
	struct seen_entry entry;
	struct seen *s = open_seen(0);

	(void)state;
	seen_put(s, &a, "name,S=1", NULL);
	seen_put(s, &twin, "-", NULL);
	close_seen(&s);
	s = open_seen(0);
	assert_int_equal(seen_count(s), 2);
	assert_true(seen_get(s, &a, &entry));
	assert_string_equal(entry.name, "name,S=1");
	assert_int_equal(entry.size, 100);
	assert_false(entry.deleted);
	assert_true(known(s, "a\tb %", 7, 0));	/* sizes may be told otherwise */
	assert_false(known(s, "t", 5, 0));
	assert_true(known(s, "t", 5, 2));
	assert_false(known(s, "t", 6, 2));
	assert_false(known(s, "t", 5, 1));
	assert_false(known(s, NULL, 5, 0));
	seen_free(&s);
	s = open_seen(1);
	assert_false(known(s, "a\tb %", 100, 0));	/* its headers were not fetched alone */
	seen_free(&s);
	assert_int_equal(seen_count(NULL), 0);
	assert_false(known(NULL, "a", 1, 0));
}

static void
test_deleted(void **state)
{
	struct listing_msg a = msg("a", 100, 0), b = msg("b", LISTING_NO_SIZE, 0);
	struct seen *s = open_seen(0);

	(void)state;
	seen_put(s, &a, "name", NULL);
	seen_put(s, &b, "name2", NULL);
	seen_deleted(s, &a);
	seen_deleted(s, &b);
	close_seen(&s);
	s = open_seen(0);
	assert_true(known(s, "a", 100, 0));
	assert_true(known(s, "a", LISTING_NO_SIZE, 0));
	assert_false(known(s, "a", 101, 0));	/* the UID is used again */
	assert_true(known(s, "b", 5, 0));
	seen_free(&s);
}

/* Values that we did not write count as delivered. */
static void
test_odd_values(void **state)
{
	static const char *const odd[] = { "", "x", "12", "12 ", "12 x y", "99999999999999999999 1 d n", "12 5 d ", "12 5 d" };
	struct seen_entry entry;
	struct seen *s;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct listing_msg m = msg("odd", 100, 0);

		write_raw("u:odd", odd[i]);
		s = open_seen(0);
		assert_true(seen_get(s, &m, &entry));
		assert_false(entry.deleted);
		assert_non_null(entry.name);
		seen_free(&s);
	}
}

static void
list(struct listing *l, const char *line)
{
	struct err e;

	assert_int_equal(listing_uidl(l, line, strlen(line), &e), 0);
}

static void
test_prune(void **state)
{
	struct listing l = { 0 }, none = { 0 };
	struct listing_msg keep = msg("keep", 1, 0), gone = msg("gone", 1, 0), deleted = msg("deleted", 1, 0),
	    twin = msg("twin", 1, 1), tab = msg("ta\tb", 1, 0);
	struct seen *s = open_seen(0);

	(void)state;
	seen_put(s, &keep, "n", NULL);
	seen_put(s, &gone, "n", NULL);
	seen_put(s, &deleted, "n", NULL);
	seen_put(s, &twin, "n", NULL);
	seen_put(s, &tab, "n", NULL);
	seen_deleted(s, &deleted);
	listing_end(&none);
	seen_prune(s, &none);	/* a server without a message: only what we deleted there is forgotten */
	assert_int_equal(seen_count(s), 4);
	list(&l, "1 keep");
	list(&l, "2 twin");
	list(&l, "3 ta\tb");
	listing_end(&l);
	seen_prune(s, &l);
	assert_int_equal(seen_count(s), 3);
	assert_true(known(s, "keep", 1, 0));
	assert_true(known(s, "twin", 1, 1));
	assert_true(known(s, "ta\tb", 1, 0));
	listing_free(&l);
	listing_free(&none);
	seen_free(&s);
}

static char *
stage(struct maildir *m, const char *text)
{
	struct err e;

	assert_int_equal(maildir_begin(m, &e), 0);
	assert_int_equal(maildir_write(m, text, strlen(text), &e), 0);
	assert_int_equal(maildir_stage(m, NULL, 0, &e), 0);
	assert_int_equal(maildir_sync(m, &e), 0);
	return xstrdup(maildir_name(m));
}

static void
count_path(void *ctx, const char *p)
{
	assert_int_equal(access(p, F_OK), 0);
	++*(int *)ctx;
}

/* One file waits in tmp/, one was placed, one is nowhere: recorded just now it was moved on by its reader, long ago it was swept
 * away. */
static void
test_recover(void **state)
{
	struct listing_msg waits = msg("waits", 1, 0), placed = msg("placed", 1, 0), nowhere = msg("nowhere", 1, 0);
	struct maildir *m;
	struct seen *s = open_seen(0);
	struct err e;
	char *name;
	int paths = 0;

	(void)state;
	assert_int_equal(maildir_open(&m, dir, &e), 0);
	name = stage(m, "placed\n");
	assert_int_equal(maildir_place(m, NULL, NULL, &e), 0);
	seen_put(s, &placed, name, NULL);
	free(name);
	name = stage(m, "waits\n");
	seen_put(s, &waits, name, NULL);
	free(name);
	seen_put(s, &nowhere, "1.M1P1Q1.host,S=1", NULL);
	close_seen(&s);
	maildir_free(&m);
	assert_int_equal(maildir_open(&m, dir, &e), 0);
	s = open_seen(0);
	assert_int_equal(seen_recover(s, m, count_path, &paths, &e), 0);
	assert_int_equal(paths, 1);
	assert_int_equal(seen_count(s), 3);
	close_seen(&s);
	s = open_seen(0);
	assert_int_equal(seen_recover(s, m, count_path, &paths, &e), 0);	/* nothing left to do */
	assert_int_equal(paths, 1);
	seen_free(&s);
	write_raw("u:nowhere", "1000 1 d 1.M1P1Q1.host,S=1");
	write_raw("!unplaced", "1000");
	s = open_seen(0);
	assert_int_equal(seen_recover(s, m, count_path, &paths, &e), 0);
	assert_false(known(s, "nowhere", 1, 0));
	assert_int_equal(seen_count(s), 2);
	seen_free(&s);
	maildir_free(&m);
}

static void
test_peek(void **state)
{
	struct seen *s, *second;
	struct err e;

	(void)state;
	assert_int_equal(seen_peek(&s, path, &account, 0, &e), 0);
	assert_null(s);
	assert_int_equal(access(path, F_OK), -1);	/* looking makes nothing */
	s = open_seen(0);
	assert_int_equal(seen_open(&second, path, &account, 0, &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_null(second);
	seen_free(&s);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_paths), T(test_long_names), T(test_put_and_get), T(test_deleted), T(test_odd_values),
		T(test_prune), T(test_recover), T(test_peek),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
