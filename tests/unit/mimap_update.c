/* SPDX-License-Identifier: ISC */
/* update: what single responses tell, as plain values; what makes no sense is refused, and nothing hostile runs away. caps: names that
 * are left out, and what others stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/caps.h"
#include "../../cmd/mimap/response.h"
#include "../../cmd/mimap/update.h"
#include "buf.h"
#include "err.h"

static void
say(struct response *r, const char *line)
{
	struct err e = { 0 };

	response_begin(r);
	if (response_line(r, line, strlen(line), &e) != RESPONSE_DONE)
		fail_msg("%s: %s", line, e.text);
}

static void
test_fetch(void **state)
{
	static const struct { const char *in; int is; uint32_t number, uid; uint64_t modseq, size; int flags; const char *email, *thread; } cases[] = {
		{ "* 12 FETCH (UID 827 FLAGS (\\Seen $x) MODSEQ (917162500))", 1, 12, 827, 917162500, 0, 1, NULL, NULL },
		{ "* 1 FETCH (MODSEQ (9223372036854775807) UID 4294967295)", 1, 1, UINT32_MAX, INT64_MAX, 0, 0, NULL, NULL },
		{ "* 1 FETCH (MODSEQ (9223372036854775808) UID 4294967296)", 1, 1, 0, 0, 0, 0, NULL, NULL },
		{ "* 3 FETCH (RFC822.SIZE 44 EMAILID (M6d99) THREADID (T1))", 1, 3, 0, 0, 44, 0, "M6d99", "T1" },
		{ "* 3 FETCH (EMAILID NIL THREADID NIL MODSEQ NIL FLAGS NIL)", 1, 3, 0, 0, 0, 0, NULL, NULL },
		{ "* 3 FETCH (EMAILID () THREADID (()) MODSEQ () FLAGS ())", 1, 3, 0, 0, 0, 1, NULL, NULL },
		{ "* 3 FETCH (UID)", 1, 3, 0, 0, 0, 0, NULL, NULL }, { "* 3 FETCH", 1, 3, 0, 0, 0, 0, NULL, NULL },
		{ "* 3 FETCH UID 7", 1, 3, 0, 0, 0, 0, NULL, NULL }, { "* FETCH (UID 7)", 0, 0, 0, 0, 0, 0, NULL, NULL },
		{ "* 3 EXISTS", 0, 3, 0, 0, 0, 0, NULL, NULL },
	};
	struct response r = { 0 };
	struct update_fetch f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		say(&r, cases[i].in);
		assert_int_equal(update_fetch(&r, &f), cases[i].is);
		assert_true(f.number == cases[i].number && f.uid == cases[i].uid && f.modseq == cases[i].modseq && f.size == cases[i].size);
		assert_int_equal(f.flags != NULL, cases[i].flags);
		assert_string_equal(f.email != NULL ? f.email : "none", cases[i].email != NULL ? cases[i].email : "none");
		assert_string_equal(f.thread != NULL ? f.thread : "none", cases[i].thread != NULL ? cases[i].thread : "none");
	}
	response_free(&r);
}

static void
test_status(void **state)
{
	struct response r = { 0 };
	struct update_status s;

	(void)state;
	say(&r, "* STATUS \"a b\" (MESSAGES 231 UIDNEXT 44292 HIGHESTMODSEQ 7011231777 SIZE 8000000000 DELETED 1 UNSEEN 0 RECENT 2 UIDVALIDITY 9"
	    " MAILBOXID (F2212ea87-6097))");
	assert_int_equal(update_status(&r, &s), 1);
	assert_string_equal(s.wire, "a b");
	assert_true(s.messages == 231 && s.uidnext == 44292 && s.highestmodseq == 7011231777 && s.size == 8000000000 && s.deleted == 1);
	assert_true(s.unseen == 0 && s.recent == 2 && s.uidvalidity == 9 && s.told == 0xff);
	assert_string_equal(s.id, "F2212ea87-6097");
	say(&r, "* STATUS INBOX (UIDNEXT 4294967296 MESSAGES x UNSEEN 3 HIGHESTMODSEQ)");
	assert_int_equal(update_status(&r, &s), 1);
	assert_int_equal(s.told, UPDATE_UNSEEN);
	assert_null(s.id);
	say(&r, "* STATUS INBOX");
	assert_int_equal(update_status(&r, &s), 1);
	assert_int_equal(s.told, 0);
	say(&r, "* STATUS (INBOX) (UNSEEN 3)");
	assert_int_equal(update_status(&r, &s), 0);
	say(&r, "* STATUS");
	assert_int_equal(update_status(&r, &s), 0);
	response_free(&r);
}

static void
test_sets(void **state)
{
	static const struct { const char *in; int (*read)(const struct response *, struct uidset *, struct err *); int is; const char *set; } cases[] = {
		{ "A1 OK [MODIFIED 7,9:12] done", update_modified, 1, "7,9:12" }, { "A1 NO [MODIFIED 7] done", update_modified, 1, "7" },
		{ "A1 OK [MODIFIED] done", update_modified, -1, "" }, { "A1 OK [MODIFIED 1:*] done", update_modified, -1, "" },
		{ "A1 OK [MODIFIED x] done", update_modified, -1, "" }, { "A1 OK done", update_modified, 0, "" },
		{ "* MODIFIED 7", update_modified, 0, "" },
	};
	struct response r = { 0 };
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct uidset set = { 0 };
		struct buf out = { 0 };
		size_t pos = 0;

		say(&r, cases[i].in);
		assert_int_equal(cases[i].read(&r, &set, &e), cases[i].is);
		uidset_piece(&set, &pos, 1000, &out);
		assert_string_equal(buf_str(&out), cases[i].set);
		uidset_free(&set);
		buf_free(&out);
	}
	assert_int_equal(e.class, ERR_PROTOCOL);
	response_free(&r);
}

static void
test_vanished(void **state)
{
	static const struct { const char *in; int is, earlier; uint64_t size; } cases[] = {
		{ "* VANISHED (EARLIER) 300:310,405", 1, 1, 12 }, { "* VANISHED 7", 1, 0, 1 }, { "* vanished (earlier) 1", 1, 1, 1 },
		{ "* VANISHED () 1", 1, 0, 1 }, { "* VANISHED (EARLIER) 1:4294967295", 1, 1, UINT32_MAX }, { "* VANISHED", -1, 0, 0 },
		{ "* VANISHED (EARLIER)", -1, 1, 0 }, { "* VANISHED 1:*", -1, 0, 0 }, { "* VANISHED 0", -1, 0, 0 }, { "* VANISHED \"1\"", -1, 0, 0 },
		{ "* VANISHED 1,,2", -1, 0, 0 }, { "* EXPUNGE 1", 0, 0, 0 },
	};
	struct response r = { 0 };
	struct err e = { 0 };
	int earlier;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct uidset set = { 0 };

		say(&r, cases[i].in);
		assert_int_equal(update_vanished(&r, &set, &earlier, &e), cases[i].is);
		assert_int_equal(earlier, cases[i].earlier);
		assert_true(uidset_size(&set) == cases[i].size);
		uidset_free(&set);
	}
	response_free(&r);
}

static void
test_appended(void **state)
{
	struct response r = { 0 };
	struct uidset set = { 0 };
	struct err e = { 0 };
	uint32_t validity = 0;

	(void)state;
	say(&r, "A1 OK [APPENDUID 38505 3955:3957] done");
	assert_int_equal(update_appended(&r, &validity, &set, &e), 1);
	assert_true(validity == 38505 && uidset_size(&set) == 3 && uidset_has(&set, 3956));
	say(&r, "A1 OK [APPENDUID 38505] done");
	assert_int_equal(update_appended(&r, &validity, &set, &e), -1);
	say(&r, "A1 OK [APPENDUID x 1] done");
	assert_int_equal(update_appended(&r, &validity, &set, &e), -1);
	uidset_free(&set);
	response_free(&r);
}

static int
note_pair(void *ctx, uint32_t from, uint32_t to, struct err *e)
{
	(void)e;
	buf_printf(ctx, "%u>%u ", from, to);
	return 0;
}

/* The sets say which became which by their order, which need not be that of the numbers. */
static void
test_copied(void **state)
{
	static const struct { const char *in; int is; const char *pairs; } cases[] = {
		{ "A1 OK [COPYUID 38505 304,319:320 3956:3958] done", 1, "304>3956 319>3957 320>3958 " },
		{ "* OK [COPYUID 38505 9,2 20,21] moved", 1, "9>20 2>21 " }, { "A1 OK [COPYUID 1 5 6]", 1, "5>6 " },
		{ "A1 OK [COPYUID 1 5:6 6]", -1, "5>6 " }, { "A1 OK [COPYUID 1 5 6:7]", -1, "5>6 " }, { "A1 OK [COPYUID 1 5]", -1, "" },
		{ "A1 OK [COPYUID 1 x 6]", -1, "" }, { "A1 OK [COPYUID 1 5 *]", -1, "" }, { "A1 OK [COPYUID]", -1, "" },
		{ "A1 OK [COPYUID 1 1:4294967295 1:4294967295]", -1, "1>1 2>2 3>3 4>4 5>5 " }, { "A1 OK", 0, "" },
	};
	struct response r = { 0 };
	struct err e = { 0 };
	uint32_t validity;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = { 0 };

		say(&r, cases[i].in);
		if (update_copied(&r, &validity, 5, note_pair, &out, &e) != cases[i].is)
			fail_msg("%s", cases[i].in);
		assert_string_equal(buf_str(&out), cases[i].pairs);
		buf_free(&out);
	}
	response_free(&r);
}

static void
test_caps(void **state)
{
	struct caps c = { .without = "compress,SORT IMAP4rev1, idle" };

	(void)state;
	caps_read(&c, "IMAP4rev1 IMAP4rev2 COMPRESS=DEFLATE SORT=DISPLAY SORT SORTED QRESYNC AUTH=PLAIN");
	assert_false(caps_has(&c, CAP_COMPRESS) || caps_has(&c, CAP_SORT) || caps_has(&c, CAP_SORT_DISPLAY) || caps_has(&c, CAP_REV1));
	assert_false(caps_has(&c, CAP_IDLE));			/* though IMAP4rev2 contains it */
	assert_true(caps_has(&c, CAP_REV2) && caps_has(&c, CAP_MOVE) && caps_has(&c, CAP_QRESYNC) && caps_has(&c, CAP_CONDSTORE));
	assert_string_equal(buf_str(&c.auth), "PLAIN");
	caps_clear(&c);
	assert_true(caps_bits("QRESYNC x") == ((uint64_t)1 << CAP_QRESYNC | (uint64_t)1 << CAP_CONDSTORE));
	for (enum cap cap = 0; cap < CAP_COUNT; cap++)		/* each has a name, and its name means it */
		assert_true(caps_bits(caps_name(cap)) >> cap & 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetch), cmocka_unit_test(test_status), cmocka_unit_test(test_sets), cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_appended), cmocka_unit_test(test_copied), cmocka_unit_test(test_caps),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
