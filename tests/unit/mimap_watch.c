/* SPDX-License-Identifier: ISC */
/* watchbox: what responses do to what is known of a mailbox, and what is told of it. Numbers become UIDs; a look tells each thing once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/imap.h"
#include "../../cmd/mimap/update.h"
#include "../../cmd/mimap/watchbox.h"
#include "buf.h"
#include "err.h"
#include "xalloc.h"

static struct buf told;

static void
tell(void *ctx, const char *mailbox, const char *event, uint32_t uid, const char *flags)
{
	(void)ctx;
	(void)mailbox;
	buf_printf(&told, "%s %u%s%s;", event, uid, flags != NULL ? " " : "", flags != NULL ? flags : "");
}

static void
expect(const char *want)
{
	assert_string_equal(buf_str(&told), want);
	buf_cut(&told, 0);
}

static struct response r;

static const struct response *
say(const char *line)
{
	struct err e = { 0 };

	response_begin(&r);
	if (response_line(&r, line, strlen(line), &e) != RESPONSE_DONE)
		fail_msg("%s: %s", line, e.text);
	return &r;
}

/* A look: responses separated by newlines, and what the mailbox says it is. */
static int
look(struct watchbox *b, const char *lines, const struct imap_mailbox *m)
{
	struct watchbox_look l = { .searched = 0 };
	char *copy = xstrdup(lines), *rest = copy, *line;
	struct err e = { 0 };
	int got;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0' && watchbox_see(b, &l, say(line), &e) == -1)
			fail_msg("%s: %s", line, e.text);
	}
	free(copy);
	got = watchbox_settle(b, &l, m, tell, NULL, &e);
	if (got == -1)
		assert_int_equal(e.class, ERR_PROTOCOL);
	return got;
}

static struct watchbox
known(const char *set, uint32_t next, uint64_t modseq)
{
	struct watchbox b = { .name = xstrdup("INBOX"), .uidvalidity = 7, .uidnext = next, .modseq = modseq, .known = 1 };
	struct err e;

	if (*set != '\0')
		assert_int_equal(uidset_parse(&b.uids, set, strlen(set), &e), 0);
	return b;
}

static void
is_set(const struct watchbox *b, const char *want)
{
	struct buf out = { 0 };
	size_t pos = 0;

	uidset_piece(&b->uids, &pos, 10000, &out);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static void
test_places(void **state)
{
	struct watchbox b = known("2,5:7,4294967294", 9, 0);

	(void)state;
	assert_int_equal(watchbox_uid(&b.uids, 0), 0);
	assert_int_equal(watchbox_uid(&b.uids, 1), 2);
	assert_int_equal(watchbox_uid(&b.uids, 2), 5);
	assert_int_equal(watchbox_uid(&b.uids, 4), 7);
	assert_true(watchbox_uid(&b.uids, 5) == 4294967294u);
	assert_int_equal(watchbox_uid(&b.uids, 6), 0);
	assert_int_equal(watchbox_uid(&b.uids, UINT32_MAX), 0);
	watchbox_free(&b);
}

static void
test_live(void **state)
{
	static const struct { const char *line, *told, *left; int is; } cases[] = {
		{ "* 2 EXPUNGE", "expunge 5;", "2,6:7", 1 }, { "* 9 EXPUNGE", "", "2,5:7", 1 }, { "* 0 EXPUNGE", "", "2,5:7", 1 },
		{ "* VANISHED 1:5,9", "expunge 2;expunge 5;", "6:7", 1 }, { "* VANISHED (EARLIER) 7", "expunge 7;", "2,5:6", 1 },
		{ "* VANISHED 1:4294967295", "expunge 2;expunge 5;expunge 6;expunge 7;", "", 1 }, { "* VANISHED x", "", "2,5:7", -1 },
		{ "* 1 FETCH (FLAGS (\\Seen \\Recent a,b))", "flags 2 seen,a,b;", "2,5:7", 1 }, { "* 1 FETCH (FLAGS (\\Recent))", "flags 2 -;", "2,5:7", 1 },
		{ "* 9 FETCH (UID 6 FLAGS ())", "flags 6 -;", "2,5:7", 1 }, { "* 9 FETCH (FLAGS ())", "", "2,5:7", 1 },
		{ "* 1 FETCH (UID 8 FLAGS ())", "", "2,5:7", 1 }, { "* 1 FETCH (UID 3 FLAGS ())", "", "2,5:7", 1 },
		{ "* 1 FETCH (MODSEQ (3))", "", "2,5:7", 1 }, { "* 3 EXISTS", "", "2,5:7", 0 }, { "* FLAGS (x)", "", "2,5:7", 0 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct watchbox b = known("2,5:7", 8, 100);

		if (watchbox_live(&b, say(cases[i].line), tell, NULL, &e) != cases[i].is)
			fail_msg("%s", cases[i].line);
		expect(cases[i].told);
		is_set(&b, cases[i].left);
		watchbox_free(&b);
	}
}

static void
test_modseq(void **state)
{
	struct watchbox b = known("1:3", 4, 100);
	struct err e;

	(void)state;
	watchbox_live(&b, say("* 1 FETCH (MODSEQ (90))"), tell, NULL, &e);
	assert_true(b.modseq == 100);
	watchbox_live(&b, say("* 1 FETCH (UID 1 MODSEQ (120) FLAGS ())"), tell, NULL, &e);
	assert_true(b.modseq == 120);
	b.modseq = 0;			/* a mailbox without them stays so */
	watchbox_live(&b, say("* 1 FETCH (MODSEQ (130))"), tell, NULL, &e);
	assert_true(b.modseq == 0);
	expect("flags 1 -;");
	watchbox_free(&b);
}

static void
test_look(void **state)
{
	static const struct { const char *lines, *told, *left; struct imap_mailbox m; uint32_t next; uint64_t modseq; int is; } cases[] = {
		/* nothing has happened */
		{ "* SEARCH 2 5 6 7\n* 4 FETCH (UID 7 FLAGS (\\Seen) MODSEQ (80))", "", "2,5:7", { .exists = 4, .uidvalidity = 7, .uidnext = 8, .highestmodseq = 100 }, 8, 100, 0 },
		{ "* ESEARCH (TAG \"A2\") UID ALL 2,5:7", "", "2,5:7", { .exists = 4, .uidvalidity = 7, .uidnext = 8, .highestmodseq = 100 }, 8, 100, 0 },
		/* all kinds of things, out of order, twice, one of them told by itself */
		{ "* SEARCH 9 2 6 7 8\n* 5 FETCH (UID 9 FLAGS ())\n* 4 FETCH (UID 8 FLAGS (x))\n* 2 FETCH (UID 6 FLAGS (\\Seen) MODSEQ (103))\n"
		    "* 2 FETCH (UID 6 FLAGS (\\Seen) MODSEQ (103))\n* 3 FETCH (FLAGS (y) MODSEQ (104))",
		    "expunge 5;flags 6 seen;flags 7 y;new 8 x;new 9 -;", "2,6:9", { .exists = 5, .uidvalidity = 7, .uidnext = 9, .highestmodseq = 102 }, 10, 104, 0 },
		/* gone again while we looked */
		{ "* SEARCH 2 5 6 7 8\n* 5 FETCH (UID 8 FLAGS ())\n* 1 EXPUNGE", "expunge 2;new 8 -;", "5:8", { .exists = 4, .uidvalidity = 7, .uidnext = 9, .highestmodseq = 101 }, 9, 101, 0 },
		/* come after the search */
		{ "* SEARCH 2 5 6 7\n* 5 FETCH (UID 12 FLAGS () MODSEQ (130))", "new 12 -;", "2,5:7,12", { .exists = 5, .uidvalidity = 7, .uidnext = 8, .highestmodseq = 101 }, 13, 130, 0 },
		/* empty, by an answer without numbers or without ALL */
		{ "* SEARCH", "expunge 2;expunge 5;expunge 6;expunge 7;", "", { .uidvalidity = 7, .uidnext = 8, .highestmodseq = 100 }, 8, 100, 0 },
		{ "* ESEARCH (TAG \"A2\") UID", "expunge 2;expunge 5;expunge 6;expunge 7;", "", { .uidvalidity = 7, .uidnext = 8, .highestmodseq = 100 }, 8, 100, 0 },
		/* another mailbox under the same name */
		{ "* SEARCH 1\n* 1 FETCH (UID 1 FLAGS ())", "reset 0;", "1", { .exists = 1, .uidvalidity = 8, .uidnext = 2, .highestmodseq = 5 }, 2, 5, 0 },
		/* no more mod-sequences */
		{ "* SEARCH 2 5 6 7", "", "2,5:7", { .exists = 4, .uidvalidity = 7, .uidnext = 8, .nomodseq = 1 }, 8, 0, 0 },
		/* what can't be */
		{ "* SEARCH 1 2 3 4 5", "", "2,5:7", { .exists = 4, .uidvalidity = 7 }, 8, 100, -1 },
		{ "* ESEARCH UID ALL 1:4294967295", "", "2,5:7", { .exists = 4, .uidvalidity = 7 }, 8, 100, -1 },
		{ "* ESEARCH UID ALL 1:4294967294", "", "2,5:7", { .exists = UINT32_MAX, .uidvalidity = 7 }, 8, 100, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct watchbox b = known("2,5:7", 8, 100);

		if (look(&b, cases[i].lines, &cases[i].m) != cases[i].is)
			fail_msg("%s", cases[i].lines);
		expect(cases[i].told);
		is_set(&b, cases[i].left);
		assert_int_equal(b.uidnext, cases[i].next);
		assert_true(b.modseq == cases[i].modseq);
		watchbox_free(&b);
	}
}

static void
test_first_look(void **state)
{
	const struct imap_mailbox m = { .exists = 3, .uidvalidity = 7, .highestmodseq = 50 };
	struct watchbox b = { .name = xstrdup("INBOX") };

	(void)state;
	assert_int_equal(look(&b, "* SEARCH 4 5 9\n* 1 FETCH (FLAGS (x))", &m), 0);
	expect("");
	assert_true(b.known && b.uidnext == 10 && b.modseq == 50 && b.uidvalidity == 7);
	watchbox_free(&b);
}

/* Without a search: only what is above, in the mailbox that is open. */
static void
test_news(void **state)
{
	const struct imap_mailbox m = { .exists = 6, .uidvalidity = 7, .highestmodseq = 50 };
	struct watchbox b = known("2,5:7", 8, 0);

	(void)state;
	assert_int_equal(look(&b, "* 5 FETCH (UID 8 FLAGS ())\n* 1 FETCH (FLAGS (x))\n* 4 FETCH (UID 7 FLAGS (y))", &m), 0);
	expect("flags 2 x;new 8 -;");
	is_set(&b, "2,5:8");
	assert_int_equal(look(&b, "* 5 FETCH (UID 8 FLAGS ())", &m), 0);
	expect("");
	assert_int_equal(look(&b, "* 6 FETCH (UID 4294967295 FLAGS ())\n* 7 FETCH (UID 4294967295 FLAGS (x))", &m), 0);
	expect("new 4294967295 x;");
	assert_int_equal(look(&b, "* 6 FETCH (UID 4294967295 FLAGS (z))", &m), 0);
	buf_cut(&told, 0);
	watchbox_free(&b);
}

/* So much at once is one event, and what is known is right after it. */
static void
test_flood(void **state)
{
	const struct imap_mailbox m = { .exists = 300001, .uidvalidity = 7, .uidnext = 300002 }, none = { .uidvalidity = 7, .uidnext = 300002 };
	struct watchbox b = known("", 1, 0);
	struct watchbox_look l = { .searched = 0 };
	struct err e;
	char line[60];

	(void)state;
	watchbox_see(&b, &l, say("* ESEARCH UID ALL 1:300001"), &e);
	for (unsigned int i = 1; i <= WATCHBOX_EVENTS + 1; i++) {
		snprintf(line, sizeof(line), "* %u FETCH (UID %u FLAGS ())", i, i);
		watchbox_see(&b, &l, say(line), &e);
	}
	assert_int_equal(watchbox_settle(&b, &l, &m, tell, NULL, &e), 0);
	expect("reset 0;");
	is_set(&b, "1:300001");
	assert_int_equal(look(&b, "* SEARCH", &none), 0);
	expect("reset 0;");
	is_set(&b, "");
	watchbox_free(&b);
}

static void
test_status(void **state)
{
	static const struct { const char *line; int differs; } steps[] = {
		{ "* STATUS INBOX (MESSAGES 4 UIDNEXT 8 UIDVALIDITY 7 HIGHESTMODSEQ 100)", 1 },
		{ "* STATUS INBOX (MESSAGES 4 UIDNEXT 8 UIDVALIDITY 7 HIGHESTMODSEQ 100)", 0 }, { "* STATUS INBOX (UNSEEN 4)", 0 }, { "* STATUS INBOX ()", 0 },
		{ "* STATUS INBOX (HIGHESTMODSEQ 101)", 1 }, { "* STATUS INBOX (HIGHESTMODSEQ 101)", 0 }, { "* STATUS INBOX (MESSAGES 3)", 1 },
		{ "* STATUS INBOX (UIDNEXT 9)", 1 }, { "* STATUS INBOX (UIDVALIDITY 8)", 1 }, { "* STATUS INBOX (MESSAGES x)", 0 },
	};
	struct watchbox b = known("2,5:7", 8, 100);
	struct update_status s;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		assert_int_equal(update_status(say(steps[i].line), &s), 1);
		if (watchbox_status(&b, &s) != steps[i].differs)
			fail_msg("%s", steps[i].line);
	}
	watchbox_free(&b);
}

static int
end(void **state)
{
	(void)state;
	response_free(&r);
	buf_free(&told);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places), cmocka_unit_test(test_live), cmocka_unit_test(test_modseq), cmocka_unit_test(test_look),
		cmocka_unit_test(test_first_look), cmocka_unit_test(test_news), cmocka_unit_test(test_flood), cmocka_unit_test(test_status),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, end);
}
