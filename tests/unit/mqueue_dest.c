/* SPDX-License-Identifier: ISC */
/* dest, whereto: what is known of destinations, how it is told and forgotten, and what it means for an entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "../../cmd/mqueue/dest.h"
#include "../../cmd/mqueue/names.h"
#include "../../cmd/mqueue/spool.h"
#include "envelope.h"
#include "err.h"
#include "scratch.h"

#define NOW 1795344000

static const struct schedule normal = SCHEDULE_DEFAULT;
static struct whereto nowhere;
static struct spool queue = { .path = scratch };

static void
tell(const char *name, enum dest_news news, const char *why, int64_t now)
{
	struct err e = { 0 };

	assert_int_equal(dest_tell(&queue, name, news, why, &normal, now, &e), 0);
}

/* -1: nothing is known; else how long it is shut for an entry that has never been tried. */
static int64_t
shut(const char *account, int64_t arrived, int64_t now)
{
	char name[64];
	struct envelope env = { .account = name, .arrived = arrived };
	struct dests d;
	const struct dest *why;
	int64_t until;

	strlcpy(name, account, sizeof name);
	envelope_add(&env, "bob@example.net");
	dests_read(&d, &queue, &nowhere, &normal, now);
	until = dests_find(&d, account) == NULL ? -1 : dests_until(&d, &env, &why);
	dests_free(&d);
	env.account = NULL;
	envelope_free(&env);
	return until > 0 ? until - now : until;
}

static void
test_waits(void **state)
{
	int64_t at = NOW;

	(void)state;
	assert_int_equal(shut("one", 0, NOW), -1);
	tell("one", DEST_FAILED, "connection refused", at);
	assert_int_equal(shut("one", 0, at), 263);		/* seven eighths of five minutes */
	tell("two", DEST_FAILED, "x", at);
	at += 100;
	tell("one", DEST_FAILED, "again", at);		/* forced, or another's */
	assert_int_equal(shut("one", 0, at), 163);
	at += 200;
	assert_int_equal(shut("one", 0, at), 0);
	tell("one", DEST_FAILED, "again", at);
	assert_int_equal(shut("one", 0, at), 263);		/* no longer than it has been dead */
	at += 1000;
	tell("one", DEST_FAILED, "again", at);
	assert_int_equal(shut("one", 0, at), 1050);
	assert_int_equal(shut("one", at + 10, at + 10), 290);	/* a newcomer's */
	at += 86400;
	tell("one", DEST_FAILED, "again", at);
	at += 86400;
	tell("one", DEST_FAILED, "again", at);
	tell("one", DEST_REACHED, NULL, at + 5);
	assert_int_equal(shut("one", 0, at + 5), 0);
	tell("one", DEST_FAILED, "anew", at + 10);
	assert_int_equal(shut("one", 0, at + 10), 263);
	tell("one", DEST_FORGET, NULL, at + 10);
	assert_int_equal(shut("one", 0, at + 10), -1);
}

/* What is good news about nobody is not written down. */
static void
test_nothing(void **state)
{
	(void)state;
	tell("never heard of", DEST_REACHED, NULL, NOW);
	tell("never heard of", DEST_FORGET, NULL, NOW);
	assert_int_equal(shut("never heard of", 0, NOW), -1);
}

/* A year either way: nothing is shut for long, and what is old goes. */
static void
test_clock(void **state)
{
	(void)state;
	tell("clock", DEST_FAILED, "x", NOW);
	assert_int_equal(shut("clock", 0, NOW - 365 * 86400), -1);
	assert_int_equal(shut("clock", 0, NOW + 365 * 86400), -1);
	assert_int_equal(shut("clock", 0, NOW - 10), 273);	/* another machine's clock */
	tell("clock", DEST_REACHED, NULL, NOW + 1000);
	assert_int_equal(shut("clock", 0, NOW + 20000), -1);	/* old news */
}

static void
test_revived(void **state)
{
	char name[] = "revived";
	struct envelope env = { .account = name, .next = NOW + 5000, .tried = NOW };
	struct dests d;

	(void)state;
	envelope_add(&env, "bob@example.net");
	tell(name, DEST_FAILED, "x", NOW);
	tell(name, DEST_REACHED, NULL, NOW + 300);
	dests_read(&d, &queue, &nowhere, &normal, NOW + 400);
	assert_int_equal(dests_due(&d, &env), 1);
	env.tried = NOW + 300;
	assert_int_equal(dests_due(&d, &env), 0);
	env.tried = 0;
	assert_int_equal(dests_due(&d, &env), 0);
	env.next = NOW + 400;
	assert_int_equal(dests_due(&d, &env), 1);
	env.next = NOW + (int64_t)365 * 86400;		/* written while the clock was wrong */
	assert_int_equal(dests_due(&d, &env), 1);
	dests_free(&d);
	env.account = NULL;
	envelope_free(&env);
}

static void
test_hostile(void **state)
{
	char *text = malloc(DEST_LINE + 1), long_why[2000];
	struct dests d;
	int fd, i;

	(void)state;
	unlink(in_scratch("destinations"));
	memset(long_why, 'x', sizeof long_why - 1);
	long_why[sizeof long_why - 1] = '\0';
	memcpy(long_why, "a\nb\tc\033[2J\177", 10);
	tell("why", DEST_FAILED, long_why, NOW);
	fd = open(in_scratch("destinations"), O_RDWR);
	assert_int_equal(read(fd, text, DEST_LINE + 1), DEST_LINE);
	for (i = 0; i < DEST_LINE - 1; i++)
		assert_true(text[i] >= ' ' || (text[i] == '\t' && i == 64));
	/* Each octet of the line made another: it is read as it can be, or is none. */
	for (i = 0; i < DEST_LINE; i++) {
		static const char with[] = { 0, '\n', '\t', ' ', 'z', (char)0xff, '9' };
		size_t k;

		for (k = 0; k < sizeof with; k++) {
			assert_int_equal(pwrite(fd, &with[k], 1, i), 1);
			dests_read(&d, &queue, &nowhere, &normal, NOW);
			assert_true(d.count <= 1);
			dests_free(&d);
		}
		assert_int_equal(pwrite(fd, &text[i], 1, i), 1);
	}
	for (i = DEST_LINE - 1; i >= 0; i--) {
		assert_int_equal(ftruncate(fd, i), 0);
		dests_read(&d, &queue, &nowhere, &normal, NOW);
		assert_int_equal(d.count, 0);
		dests_free(&d);
	}
	close(fd);
	tell("after", DEST_FAILED, "x", NOW);
	assert_int_equal(shut("after", 0, NOW), 263);
	free(text);
}

static void
test_places(void **state)
{
	int fd[3], more;

	(void)state;
	fd[0] = dest_place(&queue, "p", 2);
	fd[1] = dest_place(&queue, "p", 2);
	assert_int_not_equal(fd[0], -1);
	assert_int_not_equal(fd[1], -1);
#ifdef F_OFD_SETLK
	assert_int_equal(dest_place(&queue, "p", 2), -1);
	more = dest_place(&queue, "p", 3);
	assert_int_not_equal(more, -1);
	close(more);
#else
	(void)more;
#endif
	fd[2] = dest_place(&queue, "q", 1);
	assert_int_not_equal(fd[2], -1);
	close(fd[0]);
	assert_int_not_equal(fd[0] = dest_place(&queue, "p", 2), -1);
	tell("p", DEST_FAILED, "places do not lock the lines", NOW);
	close(fd[0]);
	close(fd[1]);
	close(fd[2]);
}

static void
test_whereto(void **state)
{
	struct whereto w = { .at = NULL };
	char name[WHERETO_MAX + 1], direct[] = "direct", ann[] = "ann@EXAMPLE.org";
	struct envelope env = { .account = direct };

	(void)state;
	assert_int_equal(whereto_is_mx(&w, NULL), 0);
	whereto_line(&w, NULL, "send", "mx:");
	assert_int_equal(whereto_is_mx(&w, NULL), 1);
	assert_int_equal(whereto_is_mx(&w, "nobody"), 0);
	whereto_line(&w, "relay", "account", "relay");
	whereto_line(&w, "relay", "send", "smtps://relay.example.org");
	whereto_line(&w, "direct", "from", "Ann Example <ann@example.org>");
	assert_int_equal(whereto_is_mx(&w, NULL), 0);
	assert_int_equal(whereto_is_mx(&w, "relay"), 0);
	assert_int_equal(whereto_is_mx(&w, "direct"), 1);	/* by the line before the first account */
	assert_int_equal(whereto_is_mx(&w, ann), 1);
	assert_int_equal(whereto_is_mx(&w, "MX:"), 1);
	assert_int_equal(whereto_is_mx(&w, "smtp://localhost"), 0);
	envelope_add(&env, "bob@Example.NET");
	envelope_add(&env, "carl@example.net");
	assert_int_equal(whereto_one(&w, &env, name), 1);
	assert_string_equal(name, "@example.net");
	envelope_add(&env, "root");
	assert_int_equal(whereto_one(&w, &env, name), 0);
	whereto_name(&w, &env, 2, name);
	assert_string_equal(name, "@");
	env.rcpt[2].fate = FATE_SENT;
	assert_int_equal(whereto_one(&w, &env, name), 1);
	whereto_final(&w, "send", "smtp://relay.example.org");
	assert_int_equal(whereto_one(&w, &env, name), 1);
	assert_string_equal(name, "direct");
	env.account = NULL;
	envelope_free(&env);
	whereto_free(&w);
}

static void
test_names(void **state)
{
	struct names n = { .at = NULL };
	const char *first[1000];
	char text[32];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "%d.example", i);
		first[i] = names_add(&n, text);
	}
	for (i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "%d.example", i);
		assert_ptr_equal(names_add(&n, text), first[i]);
		assert_string_equal(first[i], text);
	}
	assert_int_equal(n.count, 1000);
	names_free(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits), cmocka_unit_test(test_nothing), cmocka_unit_test(test_clock),
		cmocka_unit_test(test_revived), cmocka_unit_test(test_hostile), cmocka_unit_test(test_places),
		cmocka_unit_test(test_whereto), cmocka_unit_test(test_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
