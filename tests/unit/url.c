/* SPDX-License-Identifier: ISC */
/* url: what is read out of each form, what is refused, and that a refused password is not repeated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "url.h"

static const struct { const char *text; struct url want; } good[] = {
	{ "smtp://ann@mail.example.org:587", { "smtp", "ann", "mail.example.org", "587", NULL } },
	{ "SMTPS://mail.example.org", { "smtps", NULL, "mail.example.org", NULL, NULL } },
	{ "smtps://mail.example.org/", { "smtps", NULL, "mail.example.org", NULL, NULL } },
	{ "imaps://ann%40example.org@mail.example.org/a/b", { "imaps", "ann@example.org", "mail.example.org", NULL, "/a/b" } },
	{ "imaps://ann@example.org@mail.example.org", { "imaps", "ann@example.org", "mail.example.org", NULL, NULL } },
	{ "imaps://a%3Ab%25%C3%BC@h", { "imaps", "a:b%\xc3\xbc", "h", NULL, NULL } },
	{ "pop3s://[::1]", { "pop3s", NULL, "::1", NULL, NULL } },
	{ "pop3s://u@[fe80::1%eth0]:995", { "pop3s", "u", "fe80::1%eth0", "995", NULL } },
	{ "smtp://127.0.0.1:1", { "smtp", NULL, "127.0.0.1", "1", NULL } },
	{ "smtp://h:65535", { "smtp", NULL, "h", "65535", NULL } },
	{ "lmtp+unix:/run/lmtp", { "lmtp+unix", NULL, NULL, NULL, "/run/lmtp" } },
	{ "maildir:~/Mail", { "maildir", NULL, NULL, NULL, "~/Mail" } },
	{ "exec:ssh host 'imapd -x' 2>&1 #?", { "exec", NULL, NULL, NULL, "ssh host 'imapd -x' 2>&1 #?" } },
	{ "mx:", { "mx", NULL, NULL, NULL, "" } },
};

static const struct { const char *text, *says; } bad[] = {
	{ "", "no URL" }, { "work", "no URL" }, { "ann@example.org", "no URL" }, { "://host", "no URL" }, { "1a:b", "no URL" },
	{ "a:b", "no URL" },
	{ "smtp://", "no host" }, { "smtp:///path", "no host" }, { "smtp://ann@", "no host" }, { "smtp://@host", "no user" },
	{ "smtp://host:", "bad port" }, { "smtp://host:0", "bad port" }, { "smtp://host:65536", "bad port" },
	{ "smtp://host:+25", "bad port" },
	{ "smtp://host:25x", "bad port" }, { "smtp://host:smtp", "bad port" }, { "smtp://host:123456", "bad port" },
	{ "smtp://ann:sesame@host", "password" }, { "smtp://ann:@host", "password" }, { "smtp://a@b:sesame@host", "password" },
	{ "smtp://ho st", "bad host" }, { "smtp://h\xc3\xb6st", "bad host" }, { "smtp://h%41", "bad host" },
	{ "smtp://a\"b", "bad host" },
	{ "smtp://[::1", "bad address" }, { "smtp://[]", "bad address" }, { "smtp://[host]", "bad address" },
	{ "smtp://[::1]x", "bad host" },
	{ "smtp://[::1]:", "bad port" }, { "smtp://[::1$]", "bad host" }, { "smtp://host?x", "nothing may follow" },
	{ "smtp://host/a#b", "nothing may follow" },
	{ "smtp://a%@host", "escape" }, { "smtp://a%4@host", "escape" }, { "smtp://a%zz@host", "escape" },
	{ "smtp://a%00b@host", "escape" },
	{ "smtp://a%0ab@host", "escape" }, { "smtp://a%7f@host", "escape" }, { "smtp://host\r\n", "control" },
	{ "exec:a\nb", "control" },
	{ "maildir:\x7f", "control" },
};

static void
same(const char *text, const char *got, const char *want)
{
	if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0))
		fail_msg("%s: %s, want %s", text, got != NULL ? got : "none", want != NULL ? want : "none");
}

static void
test_good(void **state)
{
	struct err e = { 0 };
	struct url u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		if (url_parse(&u, good[i].text, &e) == -1)
			fail_msg("%s: %s", good[i].text, e.text);
		assert_true(url_is(good[i].text));
		same(good[i].text, u.scheme, good[i].want.scheme);
		same(good[i].text, u.user, good[i].want.user);
		same(good[i].text, u.host, good[i].want.host);
		same(good[i].text, u.port, good[i].want.port);
		same(good[i].text, u.path, good[i].want.path);
		url_free(&u);
		assert_null(u.scheme);
	}
}

static void
test_bad(void **state)
{
	struct err e;
	struct url u = { .scheme = (char *)1 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		err_clear(&e);
		if (url_parse(&u, bad[i].text, &e) != -1)
			fail_msg("%s was taken", bad[i].text);
		assert_int_equal(e.class, ERR_CONFIG);
		if (strstr(e.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].text, e.text);
		assert_null(strstr(e.text, "sesame"));
		assert_ptr_equal(u.scheme, (char *)1);	/* written only on success */
	}
}

static void
test_limits(void **state)
{
	struct err e = { 0 };
	struct url u;
	char text[5000];

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, "exec:", 5);
	text[4096] = '\0';
	assert_int_equal(url_parse(&u, text, &e), 0);
	url_free(&u);
	text[4096] = 'a';
	text[4097] = '\0';
	assert_int_equal(url_parse(&u, text, &e), -1);
	memcpy(text, "smtp://", 7);
	text[7 + 255] = '\0';
	assert_int_equal(url_parse(&u, text, &e), 0);
	url_free(&u);
	text[7 + 255] = 'a';
	text[7 + 256] = '\0';
	assert_int_equal(url_parse(&u, text, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
