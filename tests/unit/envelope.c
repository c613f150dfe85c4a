/* SPDX-License-Identifier: ISC */
/* envelope: what is written is read; what changes in place changes nothing else; broken files are refused at each octet. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "envelope.h"
#include "err.h"
#include "scratch.h"

#define REPLY "451 4.7.1 come back in five minutes                                                                                     "
#define BLANK "                                                                                                                        "
#define WHOLE \
	"Penny-Queue: 1 0000000664\n" \
	"Penny-State: active\n" \
	"Penny-Arrived: 0001795344000\n" \
	"Penny-Next: 0001795344060\n" \
	"Penny-Tries: 0012\n" \
	"Penny-From: <ann@example.org>\n" \
	"Penny-Account: work\n" \
	"Penny-To: w <bob@example.net>\n" \
	"Penny-Reply: " REPLY "\n" \
	"Penny-To: s <\"odd>\"@example.net>\n" \
	"Penny-Reply: " BLANK "\n" \
	"Penny-To: r <eve@example.net>\n" \
	"Penny-Reply: " BLANK "\n"
#define FULL \
	"Penny-Queue: 1 0000000750\n" \
	"Penny-State: active\n" \
	"Penny-Arrived: 0001795344000\n" \
	"Penny-Next: 0001795344060\n" \
	"Penny-Tries: 0001\n" \
	"Penny-From: <ann@example.org>\n" \
	"Penny-Tried: 0001795344001 0000000003600\n" \
	"Penny-Warned: n\n" \
	"Penny-Ret: hdrs\n" \
	"Penny-Envid: QQ+3D314\n" \
	"Penny-To: d <bob@example.net>\n" \
	"Penny-Remote: mx.example.net                                                  \n" \
	"Penny-Reply: " REPLY "\n" \
	"Penny-Notify: success,failure,delay\n" \
	"Penny-Orcpt: rfc822;robert+2Bx@example.net\n" \
	"Penny-To: w <eve@example.net>\n" \
	"Penny-Reply: " BLANK "\n" \
	"Penny-Notify: never\n"
#define MESSAGE "Subject: hello\n\nPenny-To: w <mallory@example.net>\n"

static struct err e;

static int
put_open(const char *text, size_t n)
{
	int fd;

	put_file(in_scratch("entry"), text, n);
	fd = open(in_scratch("entry"), O_RDWR);
	assert_int_not_equal(fd, -1);
	return fd;
}

static void
test_read(void **state)
{
	struct envelope v;
	struct buf again = {0};
	int fd = put_open(WHOLE MESSAGE, sizeof WHOLE MESSAGE - 1);

	(void)state;
	if (envelope_read(fd, &v, &e) == -1)
		fail_msg("%s", e.text);
	assert_string_equal(v.from, "ann@example.org");
	assert_string_equal(v.account, "work");
	assert_int_equal(v.held, 0);
	assert_int_equal(v.arrived, 1795344000);
	assert_int_equal(v.next, 1795344060);
	assert_int_equal(v.tries, 12);
	assert_int_equal(v.rcpts, 3);
	assert_string_equal(v.rcpt[0].addr, "bob@example.net");
	assert_string_equal(v.rcpt[0].reply, "451 4.7.1 come back in five minutes");
	assert_int_equal(v.rcpt[0].fate, FATE_WAITING);
	assert_string_equal(v.rcpt[1].addr, "\"odd>\"@example.net");
	assert_string_equal(v.rcpt[1].reply, "");
	assert_int_equal(v.rcpt[1].fate, FATE_SENT);
	assert_int_equal(v.rcpt[2].fate, FATE_REFUSED);
	assert_int_equal(v.message_at, sizeof WHOLE - 1);
	envelope_write(&again, &v);
	assert_string_equal(buf_str(&again), WHOLE);
	buf_free(&again);
	envelope_free(&v);
	close(fd);
}

/* The lines that only some files have; the others' readers find their values where there are none. */
static void
test_optional(void **state)
{
	struct envelope v;
	struct buf again = {0};
	int fd = put_open(FULL MESSAGE, sizeof FULL MESSAGE - 1);

	(void)state;
	if (envelope_read(fd, &v, &e) == -1)
		fail_msg("%s", e.text);
	assert_null(v.account);
	assert_int_equal(v.tried, 1795344001);
	assert_int_equal(v.offline, 3600);
	assert_int_equal(v.warned, WARNED_NO);
	assert_int_equal(v.ret, RET_HDRS);
	assert_string_equal(v.envid, "QQ+3D314");
	assert_int_equal(v.rcpt[0].fate, FATE_UNTOLD);
	assert_int_equal(v.rcpt[0].notify, NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY);
	assert_string_equal(v.rcpt[0].orcpt, "rfc822;robert+2Bx@example.net");
	assert_int_equal(v.rcpt[1].notify, NOTIFY_NEVER);
	assert_null(v.rcpt[1].orcpt);
	envelope_write(&again, &v);
	assert_string_equal(buf_str(&again), FULL);
	assert_string_equal(v.rcpt[0].remote, "mx.example.net");
	assert_null(v.rcpt[1].remote);
	assert_int_equal(envelope_set_remote(fd, &v, 0, "a.example.net", &e), 0);
	assert_int_equal(envelope_set_remote(fd, &v, 1, "a.example.net", &e), 0);	/* no room, no harm */
	assert_int_equal(envelope_set_tried(fd, &v, 1795344500, 4000, &e), 0);
	assert_int_equal(envelope_set_warned(fd, &v, &e), 0);
	envelope_free(&v);
	assert_int_equal(envelope_read(fd, &v, &e), 0);
	assert_int_equal(v.tried, 1795344500);
	assert_int_equal(v.offline, 4000);
	assert_int_equal(v.warned, WARNED_YES);
	assert_string_equal(v.rcpt[0].remote, "a.example.net");
	assert_string_equal(v.rcpt[0].reply, "451 4.7.1 come back in five minutes");
	assert_int_equal(envelope_set_remote(fd, &v, 0, "this-name-is-longer-than-the-room-that-there-is-for-one.a.example.net", &e), 0);
	envelope_free(&v);
	assert_int_equal(envelope_read(fd, &v, &e), 0);
	assert_string_equal(v.rcpt[0].remote, "");
	envelope_free(&v);
	close(fd);

	fd = put_open(WHOLE, sizeof WHOLE - 1);
	assert_int_equal(envelope_read(fd, &v, &e), 0);
	assert_int_equal(v.tried, -1);
	assert_int_equal(v.warned, WARNED_NEVER);
	assert_int_equal(envelope_set_tried(fd, &v, 1, 1, &e), 0);
	assert_int_equal(envelope_set_warned(fd, &v, &e), 0);
	assert_int_equal(v.tried, -1);
	assert_int_equal(v.warned, WARNED_NEVER);
	envelope_free(&v);
	close(fd);
	buf_free(&again);
}

static void
test_words(void **state)
{
	static const struct { const char *text; int ok; unsigned int notify; const char *back; } t[] = {
		{ "never", 1, NOTIFY_NEVER, "never" }, { "DELAY,Failure", 1, NOTIFY_DELAY | NOTIFY_FAILURE, "failure,delay" },
		{ "success", 1, NOTIFY_SUCCESS, "success" }, { "", 0, 0, "" }, { ",", 0, 0, "" }, { "never,delay", 0, 0, "" },
		{ "delay,delay", 0, 0, "" }, { "delay,", 0, 0, "" }, { "delay ", 0, 0, "" }, { "fail", 0, 0, "" },
	};
	static const struct { const char *text; int ok; } x[] = {
		{ "rfc822;bob@example.net", 1 }, { "utf-8;b+C3+B6b@example.net", 1 }, { "rfc822;", 0 }, { ";bob", 0 }, { "rfc822", 0 },
		{ "rfc822;a b", 0 }, { "rfc822;a=b", 0 }, { "rfc822;a+2b", 0 }, { "rfc822;a+2", 0 }, { "rfc822;a+", 0 }, { "rf c;a", 0 },
		{ "rfc822;\xc3\xb6", 0 },
	};
	struct buf xt = {0};
	unsigned int notify = 77;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct buf back = {0};

		notify = 77;
		assert_int_equal(envelope_notify_parse(t[i].text, &notify), t[i].ok ? 0 : -1);
		assert_int_equal(notify, t[i].ok ? t[i].notify : 77);
		if (t[i].ok)
			envelope_notify_text(&back, notify);
		assert_string_equal(buf_str(&back), t[i].back);
		buf_free(&back);
	}
	for (size_t i = 0; i < sizeof x / sizeof *x; i++)
		if (envelope_orcpt_ok(x[i].text) != x[i].ok)
			fail_msg("%s", x[i].text);
	envelope_xtext(&xt, "a+b= \xc3\xb6");
	assert_string_equal(buf_str(&xt), "a+2Bb+3D+20+C3+B6");
	assert_true(envelope_xtext_ok(buf_str(&xt), 17));
	buf_free(&xt);
	assert_true(envelope_xtext_ok("abc", 3));
	assert_false(envelope_xtext_ok("abcd", 3));
	assert_false(envelope_xtext_ok("", 3));
}

static void
assert_text(const char *want)
{
	struct buf got = get_file(in_scratch("entry"));

	assert_string_equal(buf_str(&got), want);
	buf_free(&got);
}

static void
test_update(void **state)
{
	char longer[200], want[sizeof WHOLE MESSAGE + 1];
	struct envelope v;
	int fd = put_open(WHOLE MESSAGE, sizeof WHOLE MESSAGE - 1);

	(void)state;
	assert_int_equal(envelope_read(fd, &v, &e), 0);
	assert_int_equal(envelope_set_held(fd, &v, 1, &e), 0);
	assert_int_equal(v.held, 1);
	assert_int_equal(envelope_set_next(fd, &v, 1800000000, 13, &e), 0);
	assert_int_equal(v.tries, 13);
	memset(longer, 'y', sizeof longer - 1);
	memcpy(longer, "550 \n\x1b", 6);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(envelope_set_fate(fd, &v, 2, FATE_BOUNCED, longer, &e), 0);
	assert_int_equal(envelope_set_fate(fd, &v, 0, FATE_SENT, "250 ok ", &e), 0);
	assert_string_equal(v.rcpt[0].reply, "250 ok");
	assert_int_equal(v.rcpt[0].fate, FATE_SENT);
	envelope_free(&v);

	assert_int_equal(envelope_read(fd, &v, &e), 0);
	assert_int_equal(v.held, 1);
	assert_int_equal(v.next, 1800000000);
	assert_int_equal(v.tries, 13);
	assert_int_equal(v.rcpt[2].fate, FATE_BOUNCED);
	assert_int_equal(strlen(v.rcpt[2].reply), 120);
	assert_memory_equal(v.rcpt[2].reply, "550 ??y", 7);
	assert_string_equal(v.rcpt[0].reply, "250 ok");

	assert_int_equal(envelope_set_held(fd, &v, 0, &e), 0);
	assert_int_equal(envelope_set_next(fd, &v, 1795344060, 12, &e), 0);
	assert_int_equal(envelope_set_fate(fd, &v, 2, FATE_REFUSED, "", &e), 0);
	assert_int_equal(envelope_set_fate(fd, &v, 0, FATE_WAITING, "451 4.7.1 come back in five minutes", &e), 0);
	strlcpy(want, WHOLE MESSAGE, sizeof want);
	assert_text(want);
	envelope_free(&v);
	close(fd);
}

static void
test_update_fails(void **state)
{
	struct envelope v;
	int fd = put_open(WHOLE MESSAGE, sizeof WHOLE MESSAGE - 1), ro;

	(void)state;
	ro = open(in_scratch("entry"), O_RDONLY);
	assert_int_equal(envelope_read(ro, &v, &e), 0);
	assert_int_equal(envelope_set_held(ro, &v, 1, &e), -1);
	assert_int_equal(envelope_set_next(ro, &v, 1, 1, &e), -1);
	assert_int_equal(envelope_set_fate(ro, &v, 0, FATE_SENT, "250 ok", &e), -1);
	assert_int_equal(v.held, 0);
	assert_int_equal(v.tries, 12);
	assert_int_equal(v.rcpt[0].fate, FATE_WAITING);
	assert_text(WHOLE MESSAGE);
	envelope_free(&v);
	close(ro);
	close(fd);
}

static void
test_write(void **state)
{
	struct envelope v = {.held = 1, .arrived = -5, .next = INT64_MAX, .tries = 123456}, back;
	struct buf text = {0};
	int fd;

	(void)state;
	envelope_add(&v, "bob@example.net\nPenny-To: w <mallory@example.net>");
	for (int i = 0; i < 100; i++)
		envelope_add(&v, "list@example.net");
	buf_adds(&text, "before");
	envelope_write(&text, &v);
	buf_drop(&text, 6);
	fd = put_open(text.data, text.len);
	assert_int_equal(envelope_read(fd, &back, &e), 0);
	assert_string_equal(back.from, "");
	assert_null(back.account);
	assert_int_equal(back.held, 1);
	assert_int_equal(back.arrived, 0);
	assert_int_equal(back.next, 9999999999999);
	assert_int_equal(back.tries, 9999);
	assert_int_equal(back.rcpts, 101);
	assert_string_equal(back.rcpt[0].addr, "bob@example.net?Penny-To: w <mallory@example.net>");
	assert_string_equal(back.rcpt[100].addr, "list@example.net");
	envelope_add(&back, "one@example.net");
	assert_int_equal(back.rcpts, 102);
	envelope_free(&v);
	envelope_free(&back);
	buf_free(&text);
	close(fd);
}

static void
refused(const char *text, size_t n)
{
	struct envelope v;
	int fd = put_open(text, n);

	if (envelope_read(fd, &v, &e) != -1)
		fail_msg("accepted: %.*s", (int)n, text);
	assert_int_equal(e.class, ERR_DATA);
	assert_int_equal(v.rcpts, 0);
	assert_null(v.from);
	close(fd);
}

/* Cut short at each octet, and with each octet of the fixed parts made a control or a letter out of place. */
static void
test_broken(void **state)
{
	static const struct { const char *old, *new; } t[] = {
		{ "Penny-Queue: 1", "Penny-Queue: 2" }, { "1 0000000664", "1 0000000663" }, { "1 0000000664", "1 0000000665" },
		{ "1 0000000664", "1 9999999999" }, { "1 0000000664", "1 0000000000" }, { "1 0000000664", "1 -000000664" },
		{ "1 0000000664", "1 0000006x4" }, { "active", "asleep" }, { "0001795344000", "000179534400x" },
		{ "Tries: 0012", "Tries: +012" }, { "From: <ann@example.org>", "From: [ann@example.org]" }, { "To: w", "To: x" },
		{ "To: w", "To:  " }, { "To: w <", "To: w  " }, { "Penny-Reply", "Penny-Xeply" }, { "bob@", "bo\r@" }, { "bob@", "bo\n@" },
		{ "bob@", "bo\x7f@" }, { "Penny-State", "penny-State" },
	};
	static const struct { const char *old, *new; } f[] = {
		{ "Tried: 0", "Tried: x" }, { "1 0000000003600\n", "1.0000000003600\n" }, { "Warned: n", "Warned: x" }, { "hdrs", "hdr " },
		{ "Envid: Q", "Envid: =" }, { "To: d", "To: e" }, { "success,failure", "failure,success" }, { "never", "maybe" },
		{ "+2B", "+2b" }, { "rfc822;", "rfc822:" },
	};
	char text[sizeof WHOLE], full[sizeof FULL];

	(void)state;
	for (size_t cut = 0; cut < sizeof WHOLE - 1; cut++)
		refused(WHOLE, cut);
	for (size_t cut = 0; cut < sizeof FULL - 1; cut++)
		refused(FULL, cut);
	for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
		char *at;

		memcpy(full, FULL, sizeof full);
		at = strstr(full, f[i].old);
		assert_non_null(at);
		memcpy(at, f[i].new, strlen(f[i].new));
		refused(full, sizeof FULL - 1);
	}
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char *at;

		memcpy(text, WHOLE, sizeof text);
		at = strstr(text, t[i].old);
		assert_non_null(at);
		memcpy(at, t[i].new, strlen(t[i].new));
		refused(text, sizeof WHOLE - 1);
	}
	memcpy(text, WHOLE, sizeof text);
	for (size_t i = 0; i < sizeof WHOLE - 1; i++) {
		char before = text[i];

		text[i] = '\0';
		refused(text, sizeof WHOLE - 1);
		text[i] = before;
	}
	refused("Subject: no queue file\n\n", 24);
	refused("", 0);
}

static void
test_limits(void **state)
{
	char addr[514];
	struct envelope v = {0}, back;
	struct buf text = {0};
	int fd;

	(void)state;
	memset(addr, 'a', sizeof addr);
	addr[512] = '\0';
	envelope_add(&v, addr);
	envelope_write(&text, &v);
	fd = put_open(text.data, text.len);
	assert_int_equal(envelope_read(fd, &back, &e), 0);
	assert_string_equal(back.rcpt[0].addr, addr);
	envelope_free(&back);
	close(fd);
	addr[512] = 'a';
	addr[513] = '\0';
	envelope_add(&v, addr);
	buf_cut(&text, 0);
	envelope_write(&text, &v);
	refused(text.data, text.len);
	fd = open(scratch, O_RDONLY | O_DIRECTORY);
	assert_int_equal(envelope_read(fd, &back, &e), -1);
	assert_int_equal(e.class, ERR_IO);
	close(fd);
	buf_free(&text);
	envelope_free(&v);
}

#define IN_SCRATCH(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(test_read), IN_SCRATCH(test_optional), cmocka_unit_test(test_words), IN_SCRATCH(test_update), IN_SCRATCH(test_update_fails), IN_SCRATCH(test_write),
		IN_SCRATCH(test_broken), IN_SCRATCH(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
