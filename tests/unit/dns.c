/* SPDX-License-Identifier: ISC */
/* dns: host names, answers of each type as they come over the wire, cut at each octet, too many records, bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "dns.h"
#include "err.h"

static void
hosts(void **state)
{
	static const char *const good[] = { "a", "example.net", "a-b.c_d.9", "192.0.2.1", "_25._tcp.mx.example.net" };
	static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "a b", "a\n", "a/b", "b\xc3\xbc" "cher.example" };
	char name[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(dns_host_ok(good[i]));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(dns_host_ok(bad[i]));
	memset(name, 'a', sizeof name);
	name[63] = '\0';
	assert_true(dns_host_ok(name));
	name[63] = 'a';
	name[64] = '\0';
	assert_false(dns_host_ok(name));
	for (i = 0; i < 127; i++)
		memcpy(name + 2 * i, "a.", 2);
	name[253] = '\0';
	assert_true(dns_host_ok(name));
	name[253] = '.';
	name[254] = 'a';
	name[255] = '\0';
	assert_false(dns_host_ok(name));
}

/* A reply with one question (root, type) and `count` answers. */
static void
begin(struct buf *m, int ad, int type, int count)
{
	const char flags = (char)(ad ? 0xa0 : 0x80);
	const char head[] = { 0, 1, (char)0x81, flags, 0, 1, 0, (char)count, 0, 0, 0, 0, 0, 0, (char)type, 0, 1 };

	buf_cut(m, 0);
	buf_add(m, head, sizeof head);
}

static void
answer(struct buf *m, int type, const char *data, size_t n)
{
	const char head[] = { 0, 0, (char)type, 0, 1, 0, 0, 0, 60, 0, (char)n };

	buf_add(m, head, sizeof head);
	buf_add(m, data, n);
}

static const struct {
	enum dns_type type;
	const char *data;
	size_t n;
	unsigned int number[3];
	const char *want;
	size_t len;
} cases[] = {
	{ DNS_A, "\300\0\2\1", 4, { 0, 0, 0 }, "192.0.2.1", 9 },
	{ DNS_A, "\300\0\2", 3, { 0, 0, 0 }, NULL, 0 },
	{ DNS_AAAA, "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, { 0, 0, 0 }, "2001:db8::1", 11 },
	{ DNS_AAAA, "\300\0\2\1", 4, { 0, 0, 0 }, NULL, 0 },
	{ DNS_MX, "\0\12\2mx\7example\0", 14, { 10, 0, 0 }, "mx.example", 10 },
	{ DNS_MX, "\0\0\0", 3, { 0, 0, 0 }, "", 0 },
	{ DNS_MX, "\0\0", 2, { 0, 0, 0 }, NULL, 0 },
	{ DNS_MX, "\0\12\3m x\0", 7, { 0, 0, 0 }, NULL, 0 },
	{ DNS_MX, "\0\12\3m.x\0", 7, { 0, 0, 0 }, NULL, 0 },
	{ DNS_SRV, "\0\1\0\2\1\321\2mx\0", 10, { 1, 2, 465 }, "mx", 2 },
	{ DNS_SRV, "\0\1\0\2\1\321\0", 7, { 1, 2, 465 }, "", 0 },
	{ DNS_SRV, "\0\1\0\2\1\321", 6, { 0, 0, 0 }, NULL, 0 },
	{ DNS_TXT, "\5v=STS\3 v1", 10, { 0, 0, 0 }, "v=STS v1", 8 },
	{ DNS_TXT, "\0", 1, { 0, 0, 0 }, "", 0 },
	{ DNS_TXT, "\3ab", 3, { 0, 0, 0 }, NULL, 0 },
	{ DNS_TLSA, "\3\1\1\0\377", 5, { 3, 1, 1 }, "\0\377", 2 },
	{ DNS_TLSA, "\3\1\1", 3, { 0, 0, 0 }, NULL, 0 },
};

static void
records(void **state)
{
	struct buf m = { 0 };
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_answer a = { 0 };

		begin(&m, (int)(i & 1), cases[i].type, 3);
		answer(&m, 5, "\1x\0", 3);	/* a CNAME before it */
		answer(&m, cases[i].type, cases[i].data, cases[i].n);
		answer(&m, 99, "\1\2\3", 3);
		assert_int_equal(dns_parse(&a, cases[i].type, (unsigned char *)m.data, m.len), 0);
		assert_int_equal(a.secure, i & 1);
		assert_int_equal(a.n, cases[i].want != NULL);
		assert_int_equal(a.bad, cases[i].want == NULL);
		if (a.n > 0) {
			assert_int_equal(a.v[0].len, cases[i].len);
			assert_memory_equal(a.v[0].data, cases[i].want, cases[i].len);
			for (k = 0; k < 3; k++)
				assert_int_equal(a.v[0].n[k], cases[i].number[k]);
		}
		dns_answer_free(&a);
	}
	buf_free(&m);
}

static void
cut(void **state)
{
	struct buf m = { 0 };
	size_t n;

	(void)state;
	begin(&m, 0, DNS_MX, 2);
	answer(&m, DNS_MX, "\0\12\2mx\7example\0", 14);
	answer(&m, DNS_MX, "\0\24\1b\0", 5);
	for (n = 0; n < m.len; n++) {
		unsigned char *copy = malloc(n + 1);	/* exactly as long as it is: a read beyond is seen by the sanitizers */
		struct dns_answer a = { 0 };

		memcpy(copy, m.data, n);
		copy = realloc(copy, n > 0 ? n : 1);
		assert_int_equal(dns_parse(&a, DNS_MX, copy, n), -1);
		dns_answer_free(&a);
		free(copy);
	}
	buf_free(&m);
}

static void
limit(void **state)
{
	struct dns_answer a = { 0 };
	struct buf m = { 0 };
	int i;

	(void)state;
	begin(&m, 0, DNS_A, DNS_RECORDS_MAX + 1);
	for (i = 0; i <= DNS_RECORDS_MAX; i++)
		answer(&m, DNS_A, "\177\0\0\1", 4);
	assert_int_equal(dns_parse(&a, DNS_A, (unsigned char *)m.data, m.len), 0);
	assert_int_equal(a.n, DNS_RECORDS_MAX);
	dns_answer_free(&a);
	buf_free(&m);
}

static void
resolvers(void **state)
{
	static const char *const bad[] = { "", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "[::1",
	    "[::1]x", "[::1]:0", "[]", "::g", "1.2.3", "127.0.0.1 ", "127.000.000.001.000.000" };
	struct dns *d = NULL;
	struct dns_answer a;
	struct err e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(dns_new(&d, bad[i], 0, &e), -1);
		assert_int_equal(e.class, ERR_CONFIG);
	}
	assert_int_equal(dns_new(&d, "192.0.2.1", 0, &e), 0);
	assert_false(dns_validates(d));
	dns_free(&d);
	assert_int_equal(dns_new(&d, "2001:db8::1", 0, &e), 0);
	assert_false(dns_validates(d));
	dns_free(&d);
	assert_int_equal(dns_new(&d, "[::1]:53", 0, &e), 0);
	assert_true(dns_validates(d));
	dns_free(&d);
	assert_int_equal(dns_new(&d, "127.0.0.53:1", 1, &e), 0);
	assert_true(dns_validates(d));
	assert_int_equal(dns_query(d, "no host", DNS_MX, &a, &e), DNS_NONAME);
	assert_int_equal(dns_query(d, "example.net", DNS_MX, &a, &e), DNS_TEMP);	/* the run's end has passed */
	assert_int_equal(e.class, ERR_TEMP);
	dns_free(&d);
	assert_int_equal(dns_new(&d, "127.0.0.1:1", 0, &e), 0);
	assert_int_equal(dns_query(d, "example.net", DNS_MX, &a, &e), DNS_TEMP);	/* nobody listens */
	assert_int_equal(e.class, ERR_TEMP);
	dns_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts), cmocka_unit_test(records), cmocka_unit_test(cut), cmocka_unit_test(limit),
		cmocka_unit_test(resolvers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
