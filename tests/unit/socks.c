/* SPDX-License-Identifier: ISC */
/* socks: what is said to a proxy for each kind of host, every answer it can give, cut anywhere. The proxy's words wait in a socket
 * pair before ours are read. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "deadline.h"
#include "err.h"
#include "socks.h"

struct octets {
	const char *p;
	size_t n;
};
#define O(text) { text, sizeof(text) - 1 }
#define YES "\5\0\0\1\0\0\0\0\0\0"

/* The proxy says `its` and, if that is all of it, what the server says next: one octet, which must stay unread. What we said
 * comes to be in ours. */
static int
talk(const struct socks *o, const char *host, const char *its, size_t n, int all, char *ours, size_t *said, struct err *e)
{
	int sv[2], r;
	char next = 0;
	ssize_t got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	assert_int_equal(write(sv[1], its, n), (ssize_t)n);
	if (all && write(sv[1], "!", 1) != 1)
		return -2;
	shutdown(sv[1], SHUT_WR);
	memset(e, 0, sizeof *e);
	r = socks_connect(sv[0], o, host, "587", deadline_in(2000, 0), e);
	if (r == 0) {
		assert_int_equal(read(sv[0], &next, 1), 1);
		assert_int_equal(next, '!');
	}
	close(sv[0]);
	got = read(sv[1], ours, 600);
	*said = got > 0 ? (size_t)got : 0;
	close(sv[1]);
	return r;
}

static void
dialogues(void **state)
{
	static const struct { const char *host, *user, *password; struct octets its, ours; } t[] = {
		{ "mail.example.org", NULL, NULL, O("\5\0" YES), O("\5\1\0" "\5\1\0\3\20mail.example.org\2\113") },
		{ "192.0.2.7", NULL, NULL, O("\5\0" YES), O("\5\1\0" "\5\1\0\1\300\0\2\7\2\113") },
		{ "2001:db8::1", NULL, NULL, O("\5\0\5\0\0\4" "0123456789abcdef\0\1"),
		    O("\5\1\0" "\5\1\0\4\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\2\113") },
		{ "h", NULL, NULL, O("\5\0\5\0\0\3\4name\0\1"), O("\5\1\0" "\5\1\0\3\1h\2\113") },
		{ "h", "ann", "sesame", O("\5\2\1\0" YES), O("\5\2\0\2" "\1\3ann\6sesame" "\5\1\0\3\1h\2\113") },
		{ "h", "ann", "sesame", O("\5\0" YES), O("\5\2\0\2" "\5\1\0\3\1h\2\113") },
	};
	char ours[600];
	size_t said;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct socks o = { "proxy.example.org", NULL, t[i].user, t[i].password };

		if (talk(&o, t[i].host, t[i].its.p, t[i].its.n, 1, ours, &said, &e) != 0)
			fail_msg("%zu: %s", i, e.text);
		assert_int_equal(said, t[i].ours.n);
		assert_memory_equal(ours, t[i].ours.p, said);
		for (size_t cut = 0; cut < t[i].its.n; cut++) {
			assert_int_equal(talk(&o, t[i].host, t[i].its.p, cut, 0, ours, &said, &e), -1);
			assert_true(e.class == ERR_TEMP || e.class == ERR_PROTOCOL || e.class == ERR_PERM);
		}
	}
}

static void
refusals(void **state)
{
	static const struct { struct octets its; enum err_class class; const char *why; } t[] = {
		{ O("HTTP/1.1 400"), ERR_PROTOCOL, "proxy proxy.example.org port 9050 is no SOCKS 5 proxy" },
		{ O("\4\0"), ERR_PROTOCOL, "no SOCKS 5 proxy" },
		{ O("\5\377"), ERR_PERM, "wants another way to log in; give it a user" },
		{ O("\5\2"), ERR_PERM, "wants another way to log in" },
		{ O("\5\1"), ERR_PERM, "wants another way to log in" },
		{ O("\5\0\4\0\0\1"), ERR_PROTOCOL, "no SOCKS 5 proxy" },
		{ O("\5\0\5\1\0\1"), ERR_TEMP, "h port 587: it failed" },
		{ O("\5\0\5\2\0\1"), ERR_PERM, "not allowed" },
		{ O("\5\0\5\4\0\1"), ERR_TEMP, "the host is not reached" },
		{ O("\5\0\5\5\0\1"), ERR_TEMP, "h port 587: connection refused" },
		{ O("\5\0\5\10\0\1"), ERR_PROTOCOL, "addresses" },
		{ O("\5\0\5\11\0\1"), ERR_PROTOCOL, "unknown status 9" },
		{ O("\5\0\5\377\0\1"), ERR_PROTOCOL, "unknown status 255" },
		{ O("\5\0\5\0\0\2"), ERR_PROTOCOL, "unknown type 2" },
	};
	const struct socks o = { .host = "proxy.example.org", .port = "9050" };
	const struct socks ann = { "proxy.example.org", NULL, "ann", "wrong" };
	char ours[600], longest[300];
	size_t said;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_int_equal(talk(&o, "h", t[i].its.p, t[i].its.n, 1, ours, &said, &e), -1);
		assert_int_equal(e.class, t[i].class);
		if (!strstr(e.text, t[i].why))
			fail_msg("\"%s\" does not say \"%s\"", e.text, t[i].why);
	}
	assert_int_equal(talk(&ann, "h", "\5\2\1\1", 4, 1, ours, &said, &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	assert_non_null(strstr(e.text, "refuses the user ann or the password"));
	assert_null(strstr(e.text, "wrong"));
	memset(longest, 'a', sizeof longest);
	longest[256] = '\0';
	assert_int_equal(talk(&o, longest, "\5\0" YES, 12, 1, ours, &said, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	longest[255] = '\0';
	assert_int_equal(talk(&o, longest, "\5\0" YES, 12, 1, ours, &said, &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dialogues), cmocka_unit_test(refusals) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
