/* SPDX-License-Identifier: ISC */
/* message: fields, addresses, names, stamps, and the completed header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "err.h"
#include "message.h"

#define BYTES(s) s, sizeof(s) - 1

static const struct { const char *text; size_t n; int end; size_t len; } headers[] = {
	{ BYTES(""), 0, 0 }, { BYTES("\n"), 1, 1 }, { BYTES("\r\n"), 1, 2 }, { BYTES("\nbody"), 1, 1 },
	{ BYTES("A: b\n\nbody\n"), 1, 6 }, { BYTES("A: b\r\n\r\nbody"), 1, 8 }, { BYTES("A: b\n"), 0, 5 }, { BYTES("A: b\n\r"), 0, 6 },
	{ BYTES("A: b"), 0, 4 }, { BYTES("A"), 0, 1 }, { BYTES("A: b\nno field\n"), 1, 5 }, { BYTES("A: b\nno field"), 0, 13 },
	{ BYTES("no field\nA: b\n\n"), 1, 0 }, { BYTES(" A: b\n\n"), 1, 0 }, { BYTES("A: b\n c\n\td\n\n"), 1, 12 },
	{ BYTES("A: b\n \n\n"), 1, 8 }, { BYTES(":\n\n"), 1, 0 }, { BYTES("A :b\n\n"), 1, 6 }, { BYTES("A B:c\n\n"), 1, 0 },
	{ BYTES("From ann Sun Nov 22 10:00:00 2026\nA: b\n\nx"), 1, 40 }, { BYTES(">From ann\nA: b\n\nx"), 1, 16 },
	{ BYTES("From : ann\n\nx"), 1, 12 }, { BYTES("A: b\nFrom ann\n\nx"), 1, 5 }, { BYTES("From ann"), 0, 8 },
	{ BYTES("\xc3\xa4: b\n\n"), 1, 0 }, { BYTES("A: \0\xff\x80\n\0: x\n\n"), 1, 7 }, { BYTES("A:\r\r\n\r\n"), 1, 7 },
};

static void
test_header(void **state)
{
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		for (size_t cut = 0; cut <= headers[i].n; cut++) {
			char *exact = malloc(cut + 1);	/* so that a read past the end is seen */
			int end;

			assert_non_null(exact);
			memcpy(exact, headers[i].text, cut);
			exact = realloc(exact, cut == 0 ? 1 : cut);
			end = message_header(exact, cut, &len);
			if (cut == headers[i].n && (end != headers[i].end || len != headers[i].len))
				fail_msg("%zu: %d %zu", i, end, len);
			if (end == 0)
				assert_int_equal(len, cut);
			else
				assert_true(len <= cut);
			free(exact);
		}
}

static void
test_fields(void **state)
{
	static const char text[] = "From x\nA: b\r\n c\r\nSubject : two\n\twords  \nEmpty:\nLast: e\rnd";
	static const struct { const char *name, *raw, *value; } want[] = {
		{ "a", "A: b\r\n c\r\n", " b\r\n c" }, { "SUBJECT", "Subject : two\n\twords  \n", " two\n\twords  " },
		{ "Empty", "Empty:\n", "" }, { "Last", "Last: e\rnd", " e\rnd" },
	};
	struct field f;
	size_t pos = 0, i;

	(void)state;
	for (i = 0; message_field(text, sizeof text - 1, &pos, &f); i++) {
		assert_true(i < 4);
		assert_true(message_is(&f, want[i].name));
		assert_false(message_is(&f, "Sub"));
		assert_int_equal(f.raw_len, strlen(want[i].raw));
		assert_memory_equal(f.raw, want[i].raw, f.raw_len);
		assert_int_equal(f.value_len, strlen(want[i].value));
		assert_memory_equal(f.value, want[i].value, f.value_len);
	}
	assert_int_equal(i, 4);
	assert_int_equal(pos, sizeof text - 1);
}

static void
test_get(void **state)
{
	static const char text[] = "A:  \t b \r\n\tc\n d\t \nA: second\nB:\nC: \n \nD: x\0y\n\nE: body\n";
	static const struct { const char *name, *value; size_t n; int there; } t[] = {
		{ "a", BYTES("b \tc d"), 1 }, { "B", BYTES(""), 1 }, { "C", BYTES(""), 1 }, { "D", BYTES("x\0y"), 1 },
		{ "E", BYTES(""), 0 }, { "", BYTES(""), 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf v = {0};

		buf_adds(&v, " kept");
		assert_int_equal(message_get(text, sizeof text - 1, t[i].name, &v), t[i].there);
		assert_int_equal(v.len, 5 + t[i].n);
		assert_memory_equal(v.data + 5, t[i].value, t[i].n);
		buf_free(&v);
	}
}

static const struct { const char *text, *want; } addresses[] = {
	{ "", "" }, { " \t\r\n ", "" }, { ",, ,", "" }, { "ann@example.org", "[]ann@example.org;" },
	{ "Ann Example <ann@example.org>", "[Ann Example]ann@example.org;" },
	{ "\"Example, Ann\" <ann@example.org>", "[Example, Ann]ann@example.org;" },
	{ "\"a \\\"b\\\\\" <ann@example.org>", "[a \"b\\]ann@example.org;" },
	{ "ann@example.org (Ann Example)", "[Ann Example]ann@example.org;" },
	{ "root (Cron Daemon)", "[Cron Daemon]root;" }, { "root", "[]root;" }, { "<root>", "[]root;" },
	{ "(a(b)\\)c) ann@example.org", "[a(b))c]ann@example.org;" },
	{ "a@x.org, b@y.org,c@z.org", "[]a@x.org;[]b@y.org;[]c@z.org;" },
	{ "Pete <pete@silly.test>, ann (later) @ (x) example . org", "[Pete]pete@silly.test;[x]ann@example.org;" },
	{ "A Group:Ed Jones <joe@where.test>,\r\n john@one.test;", "[Ed Jones]joe@where.test;[]john@one.test;" },
	{ "undisclosed-recipients:;", "" }, { "undisclosed-recipients:", "" }, { "x:; , a@b, y: c@d;", "[]a@b;[]c@d;" },
	{ "<@a.test,@b.test:ann@example.org>", "[]ann@example.org;" },
	{ "J.R. \"Bob\" Dobbs <bob@example.org>", "[J.R. Bob Dobbs]bob@example.org;" },
	{ "ann@example.org <ann@example.org>", "[ann@example.org]ann@example.org;" },
	{ "\"a b\"@example.org", "[]\"a b\"@example.org;" }, { "a.\"b\\\"c\".d@example.org", "[]a.\"b\\\"c\".d@example.org;" },
	{ "ann@[127.0.0.1]", "[]ann@[127.0.0.1];" }, { "ann@[IPv6:::1]", "[]ann@[IPv6:::1];" },
	{ "Z\xc3\xb6" "e <z\xc3\xb6" "e@ex\xc3\xa4mple.org>", "[Z\xc3\xb6" "e]z\xc3\xb6" "e@ex\xc3\xa4mple.org;" },
	{ "=?UTF-8?Q?Z=C3=B6e?= <zoe@example.org>", "[=?UTF-8?Q?Z=C3=B6e?=]zoe@example.org;" },
	{ "Ann\r\n Example\r\n <ann@example.org>", "[Ann Example]ann@example.org;" },
	{ "\"Ann\r\n Example\" <ann@example.org> (work)", "[Ann Example]ann@example.org;" },
	{ "\"\" <ann@example.org>", "[]ann@example.org;" }, { "a..b.@example.org", "[]a..b.@example.org;" },
	{ "a+tag=x!y#z@example.org", "[]a+tag=x!y#z@example.org;" }, { "< ann@example.org >", "[]ann@example.org;" },
};

static const char *const not_addresses[] = {
	"ann example", "a@x.org b@y.org", "a@x.org <", "<", "<>", "<a@x.org", "a@x.org>", "<a@x.org> <b@x.org>", "<a@x.org> b", ">",
	"\"ann", "(ann", "ann (x", "ann)", "[ann", "ann]", "ann\\ b", ":", ":;", ";", "a: b: c;", "a@x.org;", "@", "@x.org", "ann@", "a@b@c",
	"ann@x..org", "ann@.x.org", "ann@x.org.", "ann@[127.0.0.1", "ann@[]", "ann@x[1]", "ann@x y.org", "<@a.test ann@x.org>", "<@a.test>",
	"ann@x.org\x01", "\x7f", "ann\"x\"@y.org", "\"x\"y@z.org", "<a b@x.org>", "<a@x.org,b@x.org>", "ann@x!y.org", "(\\",
	"good@x.org, bad@", "\"\\\r\"",
};

static int
add_address(void *ctx, const char *name, const char *addr, struct err *e)
{
	(void)e;
	buf_printf(ctx, "[%s]%s;", name, addr);
	return 0;
}

static void
test_addresses(void **state)
{
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		const char *text = addresses[i].text;

		for (size_t cut = 0; cut <= strlen(text); cut++) {
			char *exact = malloc(cut == 0 ? 1 : cut);
			struct buf got = {0};
			int r;

			memcpy(exact, text, cut);
			r = message_addresses(exact, cut, add_address, &got, &e);
			if (cut == strlen(text) && (r == -1 || strcmp(buf_str(&got), addresses[i].want) != 0))
				fail_msg("%s: %s", text, r == -1 ? e.text : buf_str(&got));
			buf_free(&got);
			free(exact);
		}
	}
}

static void
test_not_addresses(void **state)
{
	struct err e;
	struct buf got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof not_addresses / sizeof *not_addresses; i++) {
		e.class = ERR_NONE;
		if (message_addresses(not_addresses[i], strlen(not_addresses[i]), add_address, &got, &e) != -1)
			fail_msg("accepted: %s", not_addresses[i]);
		assert_int_equal(e.class, ERR_DATA);
		assert_non_null(strstr(e.text, "can't read the address \""));
	}
	assert_int_equal(message_addresses("a\0b", 3, add_address, &got, &e), -1);
	assert_int_equal(message_addresses("a@x.org, b@ ", 12, add_address, &got, &e), -1);
	assert_string_equal(e.text, "can't read the address \"b@ \"");
	buf_free(&got);
}

static int
refuse(void *ctx, const char *name, const char *addr, struct err *e)
{
	(void)name;
	++*(int *)ctx;
	return err_set(e, ERR_USAGE, "no %s", addr);
}

static void
test_address_stop(void **state)
{
	struct err e;
	int calls = 0;

	(void)state;
	assert_int_equal(message_addresses(BYTES("a@x.org, b@x.org"), refuse, &calls, &e), -1);
	assert_int_equal(calls, 1);
	assert_string_equal(e.text, "no a@x.org");
	assert_int_equal(message_addresses(BYTES("a@x.org"), refuse, &calls, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

static void
test_addr_ok(void **state)
{
	static const char *const good[] = { "a", "a@b", "a.b@c.d", "\"a b\"@c", "\"\\\"\"", "a@[::1]", "-a@b", "\xc3\xa4@\xc3\xa4.org", "a@b_c" };
	static const char *const bad[] = { "", "@", "a@", "a b", "a@b c", "<a>", "a\n@b", "a@b\r\n", "\"a", "\"a\\", "\"a\n\"@b", "a@b@c",
		"a,b@c", "a@b\x80>", "a@[b", "a@[b]c", "a@[\t]", "a@b\x7f", "a\\b@c", "(a)@b" };
	char longest[514];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!message_addr_ok(good[i]))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (message_addr_ok(bad[i]))
			fail_msg("accepted: %s", bad[i]);
	memset(longest, 'a', sizeof longest);
	longest[513] = '\0';
	assert_false(message_addr_ok(longest));
	longest[512] = '\0';
	assert_true(message_addr_ok(longest));
}

static const struct { const char *name, *want; } mailboxes[] = {
	{ NULL, "a@b" }, { "", "a@b" }, { "Ann", "Ann <a@b>" }, { "Ann B. Example", "\"Ann B. Example\" <a@b>" },
	{ "a \"b\" \\c", "\"a \\\"b\\\" \\\\c\" <a@b>" }, { " Ann", "\" Ann\" <a@b>" }, { "Ann  B", "\"Ann  B\" <a@b>" },
	{ "Ann\nBcc: x", "\"Ann Bcc: x\" <a@b>" }, { "Z\xc3\xb6" "e", "=?UTF-8?Q?Z=C3=B6e?= <a@b>" },
	{ "\xe5\x96\x9c\xe5\xa4\x9a", "=?UTF-8?B?5Zac5aSa?= <a@b>" }, { "Bad \xff", "Bad ? <a@b>" },
	{ "=?UTF-8?Q?Z=C3=B6e?=", "=?UTF-8?Q?Z=C3=B6e?= <a@b>" },
};

static void
test_mailbox(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof mailboxes / sizeof *mailboxes; i++) {
		struct buf out = {0};

		message_mailbox(&out, mailboxes[i].name, "a@b");
		assert_string_equal(buf_str(&out), mailboxes[i].want);
		buf_free(&out);
	}
}

static const struct { const char *text, *want; } words[] = {
	{ "", "" }, { "plain text, \"quoted\" = ?", "plain text, \"quoted\" = ?" }, { "a\r\nBcc: x\tb\x7f", "a  Bcc: x b " },
	{ "caf\xc3\xa9 au lait =1?", "=?UTF-8?Q?caf=C3=A9_au_lait_=3D1=3F?=" }, { "=?not a word", "=?UTF-8?Q?=3D=3Fnot_a_word?=" },
	{ "\xc3", "?" }, { "\xc3\xa4\x80", "=?UTF-8?B?w6Q/?=" }, { "\xf0\x9f\x93\xae", "=?UTF-8?B?8J+Trg==?=" },
};

/* Long ones: each word within the limits of RFC 2047, no character cut in two. */
static void
test_words(void **state)
{
	struct buf text = {0}, out = {0};
	char *word, *rest;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		buf_cut(&out, 0);
		message_encode_words(&out, words[i].text);
		assert_string_equal(buf_str(&out), words[i].want);
	}
	for (size_t length = 1; length < 120; length += 7) {
		buf_cut(&text, 0);
		buf_cut(&out, 0);
		for (size_t i = 0; i < length; i++)
			buf_adds(&text, length % 2 ? "\xe5\x96\x9c" : "n\xc3\xa4 ord ");
		message_encode_words(&out, buf_str(&text));
		for (rest = out.data; (word = strsep(&rest, "\n")) != NULL; count++) {
			if (*word == ' ')
				word++;
			assert_true(strlen(word) <= 60);
			assert_memory_equal(word, "=?UTF-8?", 8);
			assert_string_equal(word + strlen(word) - 2, "?=");
			if (word[8] == 'Q')
				assert_null(strstr(word, "_=A4"));
			else
				assert_int_equal((strlen(word) - 12) % 4, 0);
		}
	}
	assert_true(count > 17);
	buf_free(&text);
	buf_free(&out);
}

static void
test_date(void **state)
{
	static const struct { const char *zone; time_t when; const char *want; } t[] = {
		{ "UTC0", 0, "Thu, 01 Jan 1970 00:00:00 +0000" }, { "XXX-1", 1795338000, "Sun, 22 Nov 2026 10:00:00 +0100" },
		{ "XXX+3:30", 1795338000, "Sun, 22 Nov 2026 05:30:00 -0330" }, { "XXX-14", 951782400, "Tue, 29 Feb 2000 14:00:00 +1400" },
		{ "XXX+0:30", 0, "Wed, 31 Dec 1969 23:30:00 -0030" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf out = {0};

		setenv("TZ", t[i].zone, 1);
		tzset();
		message_date(&out, t[i].when);
		assert_string_equal(buf_str(&out), t[i].want);
		buf_free(&out);
	}
}

static void
test_id(void **state)
{
	struct buf a = {0}, b = {0};
	const char *host = message_hostname();

	(void)state;
	message_id(&a, "example.org");
	message_id(&b, "example.org");
	assert_string_not_equal(buf_str(&a), buf_str(&b));
	assert_int_equal(a.data[0], '<');
	assert_string_equal(a.data + a.len - 13, "@example.org>");
	assert_true(message_addr_ok(host) && *host != '\0' && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == strlen(host));
	buf_free(&a);
	buf_free(&b);
}

/* %D and %I in want stand for a line of Date and of Message-ID. */
static const struct { const char *text; size_t n; struct message_from from; const char *want; size_t want_n; } completed[] = {
	{ BYTES(""), { NULL, "a@b" }, BYTES("%DFrom: a@b\n%I\n") },
	{ BYTES("\nbody"), { "Ann", "a@b" }, BYTES("%DFrom: Ann <a@b>\n%I\n") },
	{ BYTES("body, no header\n"), { NULL, NULL }, BYTES("%D%I\n") },
	{ BYTES("Date: x\nfrom: y\nMESSAGE-ID: z\n\nbody"), { NULL, "a@b" }, BYTES("Date: x\nfrom: y\nMESSAGE-ID: z\n\n") },
	{ BYTES("From ann Sun Nov 22\nSubject: s\r\n folded\r\n\r\n"), { NULL, "a@b" }, BYTES("Subject: s\n folded\n%DFrom: a@b\n%I\n") },
	{ BYTES("To: x\nBcc: y,\n z\nResent-BCC : q\nCc: w"), { NULL, "a@b" }, BYTES("To: x\nCc: w\n%DFrom: a@b\n%I\n") },
	{ BYTES("X: \0\xff\x80\r\r\n\tmore\nDate: d\nMessage-ID: m\nFrom:\n\n"), { NULL, "a@b" },
	  BYTES("X: \0\xff\x80\n\tmore\nDate: d\nMessage-ID: m\nFrom:\n\n") },
	{ BYTES("A: b\rBcc: x\r\nFrom: y\r\r\n\n"), { NULL, "a@b" }, BYTES("A: b Bcc: x\nFrom: y\n%D%I\n") },
	{ BYTES("Bcc: only@example.org"), { NULL, "a@b" }, BYTES("%DFrom: a@b\n%I\n") },
	{ BYTES("A: b\nFrom: x\nstray\nB: c\n\n"), { NULL, "a@b" }, BYTES("A: b\nFrom: x\n%D%I\n") },
};

static void
take_line(struct buf *out, const char *name)
{
	char *lf = memchr(out->data, '\n', out->len);

	assert_non_null(lf);
	assert_memory_equal(out->data, name, strlen(name));
	buf_drop(out, (size_t)(lf + 1 - out->data));
}

static void
test_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof completed / sizeof *completed; i++) {
		const char *want = completed[i].want, *end = want + completed[i].want_n;
		struct buf out = {0};
		size_t len;

		message_complete(&out, completed[i].text, completed[i].n, &completed[i].from);
		assert_int_equal(message_header(out.data, out.len, &len), 1);
		assert_int_equal(len, out.len);
		for (; want < end; want++) {
			assert_true(out.len > 0);
			if (*want == '%') {
				take_line(&out, *++want == 'D' ? "Date: " : "Message-ID: <");
				continue;
			}
			assert_int_equal(out.data[0], *want);
			buf_drop(&out, 1);
		}
		assert_int_equal(out.len, 0);
		buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header), cmocka_unit_test(test_fields), cmocka_unit_test(test_get), cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_not_addresses), cmocka_unit_test(test_address_stop), cmocka_unit_test(test_addr_ok),
		cmocka_unit_test(test_mailbox), cmocka_unit_test(test_words), cmocka_unit_test(test_date), cmocka_unit_test(test_id),
		cmocka_unit_test(test_complete),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
