/* SPDX-License-Identifier: ISC */
/* dkim: the RFCs' own examples, canonical forms in pieces of every size, and the order in which fields are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../cmd/msend/dkim_canon.h"
#include "../../cmd/msend/dkim_key.h"
#include "base64.h"
#include "buf.h"
#include "err.h"
#include "scratch.h"

/* RFC 8463 appendix A.1 and A.3. */
static const char ed25519_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
static const char rsa_pem[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n"
    "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n"
    "KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"
    "AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n"
    "6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n"
    "zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n"
    "6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n"
    "uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n"
    "WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n"
    "WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n"
    "licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n"
    "o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n"
    "uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n"
    "-----END RSA PRIVATE KEY-----\n";
static const char football[] =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n";
static const char football_body[] = "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
static const char football_list[] = "from:to:subject:date:message-id:from:subject:date";
static const char football_hash[] = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=";

static const struct {
	const char *pem, *algorithm, *field, *signature;
} examples[] = {
	{ ed25519_pem, "ed25519-sha256",
	    " v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=",
	    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==" },
	{ rsa_pem, "rsa-sha256",
	    " v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n"
	    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n"
	    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=",
	    "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz"
	    "dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=" },
};

static void
key_file(char *path, size_t size, const char *pem, mode_t mode)
{
	FILE *f;

	snprintf(path, size, "%s/key.pem", scratch);
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(pem, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
test_examples(void **state)
{
	struct buf text = { 0 }, octets = { 0 }, signature = { 0 };
	struct dkim_key *key;
	struct err e = { 0 };
	char path[600];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		key_file(path, sizeof(path), examples[i].pem, 0600);
		assert_int_equal(dkim_key_read(&key, path, &e), 0);
		assert_string_equal(dkim_key_algorithm(key), examples[i].algorithm);
		dkim_relax_listed(&text, football, strlen(football), football_list);
		dkim_relax_field(&text, "DKIM-Signature", 14, examples[i].field, strlen(examples[i].field));
		assert_int_equal(dkim_key_sign(key, &text, &octets, &e), 0);
		base64_encode(&signature, octets.data, octets.len);
		assert_string_equal(buf_str(&signature), examples[i].signature);
		dkim_key_free(&key);
		assert_null(key);
		buf_free(&text);
		buf_free(&octets);
		buf_free(&signature);
	}
}

static void
hashed(struct buf *out, const char *body)
{
	unsigned char digest[SHA256_OCTETS];
	struct sha256 *sum = sha256_new();
	struct dkim_body b;
	struct err e = { 0 };

	buf_cut(out, 0);
	dkim_body_begin(&b, sha256_write, sum);
	assert_int_equal(dkim_body_write(&b, body, strlen(body), &e), 0);
	assert_int_equal(dkim_body_end(&b, &e), 0);
	assert_int_equal(sha256_end(sum, digest, &e), 0);
	sha256_free(&sum);
	base64_encode(out, digest, sizeof(digest));
}

static void
test_body_hash(void **state)
{
	struct buf hash = { 0 };

	(void)state;
	hashed(&hash, football_body);
	assert_string_equal(buf_str(&hash), football_hash);
	hashed(&hash, "");	/* RFC 6376 3.4.4 gives this one */
	assert_string_equal(buf_str(&hash), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	hashed(&hash, "\r\n \r\n\t\r\n");
	assert_string_equal(buf_str(&hash), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	buf_free(&hash);
}

static void
test_body(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n" },	/* RFC 6376 3.4.5 */
		{ "", "" },
		{ "\r\n", "" },
		{ " \t\r\n\r\n", "" },
		{ "a", "a\r\n" },
		{ "a\r\n", "a\r\n" },
		{ "a \t\r\n", "a\r\n" },
		{ "\r\n\r\na\r\n", "\r\n\r\na\r\n" },
		{ "a\r\n \r\n\t\r\nb \r\n \r\n", "a\r\n\r\n\r\nb\r\n" },
		{ "\t\ta  b\t c\r\n", " a b c\r\n" },
	};
	struct buf out = { 0 };
	struct dkim_body b;
	struct err e = { 0 };
	size_t i, at, len, piece;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (piece = 1; piece <= strlen(cases[i].in) + 1; piece++) {
			buf_cut(&out, 0);
			dkim_body_begin(&b, sink_buf, &out);
			for (at = 0; at < strlen(cases[i].in); at += len) {
				len = strnlen(cases[i].in + at, piece);
				assert_int_equal(dkim_body_write(&b, cases[i].in + at, len, &e), 0);
			}
			assert_int_equal(dkim_body_end(&b, &e), 0);
			assert_string_equal(buf_str(&out), cases[i].out);
		}
	}
	buf_free(&out);
}

/* More than the buffer: words, and line ends held back. */
static void
test_body_long(void **state)
{
	struct buf in = { 0 }, out = { 0 };
	struct dkim_body b;
	struct err e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 9000; i++)
		buf_adds(&in, "x");
	for (i = 0; i < 9000; i++)
		buf_adds(&in, "\r\n");
	buf_adds(&in, "y\r\n");
	dkim_body_begin(&b, sink_buf, &out);
	assert_int_equal(dkim_body_write(&b, in.data, in.len, &e), 0);
	assert_int_equal(dkim_body_end(&b, &e), 0);
	assert_string_equal(out.data, in.data);
	buf_free(&in);
	buf_free(&out);
}

static void
test_listed(void **state)
{
	static const struct { const char *head, *list, *out; } cases[] = {
		{ "A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n", "a:b", "a:X\r\nb:Y Z\r\n" },	/* RFC 6376 3.4.5 */
		{ "A: 1\r\nA: 2\r\nB: 3\r\nA: 4\r\n\r\n", "a:b:a", "a:4\r\nb:3\r\na:2\r\n" },
		{ "A: 1\r\n\r\n", "a:a:a", "a:1\r\n" },
		{ "A: 1\r\n\r\n", "b:c", "" },
		{ "A: 1\r\n", "A", "a:1\r\n" },
		{ "A:\r\n \r\nB:\r\n\r\n", "b:a", "b:\r\na:\r\n" },
		{ "AA: 1\r\n\r\n", "a", "" },
		{ "A: 1\r\n\r\nB: 2\r\n", "b", "" },
		{ "", "a", "" },
	};
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_cut(&out, 0);
		dkim_relax_listed(&out, cases[i].head, strlen(cases[i].head), cases[i].list);
		assert_string_equal(buf_str(&out), cases[i].out);
	}
	buf_free(&out);
}

static void
test_key_files(void **state)
{
	struct dkim_key *key = NULL;
	struct err e = { 0 };
	char path[600];

	(void)state;
	key_file(path, sizeof(path), rsa_pem, 0640);
	assert_int_equal(dkim_key_read(&key, path, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, "chmod 600"));
	key_file(path, sizeof(path), "", 0600);
	assert_int_equal(dkim_key_read(&key, path, &e), -1);
	assert_non_null(strstr(e.text, "holds no private key in PEM"));
	unlink(path);
	assert_int_equal(dkim_key_read(&key, path, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	assert_null(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples), cmocka_unit_test(test_body_hash), cmocka_unit_test(test_body), cmocka_unit_test(test_body_long),
		cmocka_unit_test(test_listed), cmocka_unit_test(test_key_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
