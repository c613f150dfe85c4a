/* SPDX-License-Identifier: ISC */
/* sasl: the exchanges that the RFCs print, channel bindings, tokens, and which mechanism is chosen with what the account has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base64.h"
#include "buf.h"
#include "err.h"
#include "sasl.h"

#define ALL "LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-1-PLUS SCRAM-SHA-256-PLUS XOAUTH2 OAUTHBEARER EXTERNAL"

static struct sasl *
new(const struct sasl_opts *o)
{
	struct sasl *s = NULL;
	struct err e = { 0 };

	if (sasl_new(&s, o, &e) == -1)
		fail_msg("%s", e.text);
	return s;
}

static void
is64(const char *text, const char *want)
{
	struct buf out = { 0 };

	assert_non_null(text);
	assert_int_equal(base64_decode(&out, text, strlen(text)), 0);
	assert_string_equal(buf_str(&out), want);
	buf_free(&out);
}

static int
step(struct sasl *s, const char *challenge, const char **response, struct err *e)
{
	struct buf text = { 0 };
	int r;

	base64_encode(&text, challenge, strlen(challenge));
	r = sasl_step(s, buf_str(&text), response, e);
	buf_free(&text);
	return r;
}

static void
scram_sha_1_as_in_rfc_5802(void **state)
{
	struct sasl *s = new(&(struct sasl_opts){ .offered = "SCRAM-SHA-1", .user = "user", .secret = "pencil",
	    .nonce = "fyko+d2lbbFgONRv9qkxdawL" });
	const char *response;
	struct err e;

	(void)state;
	assert_string_equal(sasl_name(s), "SCRAM-SHA-1");
	is64(sasl_initial(s), "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
	assert_int_equal(step(s, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096", &response, &e), 0);
	is64(response, "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
	assert_int_equal(step(s, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", &response, &e), 0);
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	sasl_free(&s);
}

static void
cram_md5_as_in_rfc_2195(void **state)
{
	struct sasl *s = new(&(struct sasl_opts){ .offered = "CRAM-MD5", .user = "tim", .secret = "tanstaaftanstaaf", .safe = 1 });
	const char *response;
	struct err e;

	(void)state;
	assert_null(sasl_initial(s));
	assert_int_equal(sasl_done(s, NULL, &e), -1);
	assert_int_equal(step(s, "<1896.697170952@postoffice.reston.mci.net>", &response, &e), 0);
	is64(response, "tim b913a602c7eda7a495b4e6e7334d3890");
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	assert_int_equal(step(s, "<again>", &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);

	s = new(&(struct sasl_opts){ .offered = "CRAM-MD5", .user = "tim", .secret = "x", .safe = 1 });
	assert_int_equal(sasl_step(s, "", &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);
}

static void
oauthbearer_as_in_rfc_7628(void **state)
{
	const struct sasl_opts o = { .offered = "OAUTHBEARER", .user = "user@example.com", .safe = 1, .host = "server.example.com",
	    .port = "143", .token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==" };
	struct sasl *s = new(&o);
	const char *response;
	struct err e;

	(void)state;
	assert_string_equal(sasl_initial(s), "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRx"
	    "bVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	assert_string_equal(sasl_advice(s), "check the user and token");
	assert_int_equal(step(s, "{\"status\":\"invalid_token\",\"scope\":\"example_scope\"}", &response, &e), 0);
	assert_string_equal(response, "AQ==");
	assert_string_equal(sasl_advice(s), "check the user and token (invalid_token)");
	assert_int_equal(sasl_done(s, NULL, &e), -1);
	assert_int_equal(step(s, "{}", &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);
}

/* The example that Google and Microsoft print. */
static void
xoauth2(void **state)
{
	static const struct { const char *json, *advice; } t[] = {
		{ "{\"status\":\"401\",\"schemes\":\"bearer mac\"}", "check the user and token (401)" },
		{ "{ \"status\" : \"400\"}", "check the user and token (400)" },
		{ "", "check the user and token (the server gives no reason)" },
		{ "{\"status\":401}", "check the user and token (the server gives no reason)" },
		{ "{\"status\":\"", "check the user and token (the server gives no reason)" },
		{ "{\"status\":\"a\\\"b\"}", "check the user and token (the server gives no reason)" },
		{ "{\"status\":\"0123456789012345678901234567890123456789012345678901234567890\"}",
		    "check the user and token (the server gives no reason)" },
	};
	const struct sasl_opts o = { .offered = "XOAUTH2 OAUTHBEARER PLAIN", .only = "xoauth2", .user = "someuser@example.com",
	    .token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", .safe = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct sasl *s = new(&o);
		const char *response;
		struct err e;

		is64(sasl_initial(s), "user=someuser@example.com\001auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\001\001");
		assert_int_equal(step(s, t[i].json, &response, &e), 0);
		assert_string_equal(response, "");
		assert_string_equal(sasl_advice(s), t[i].advice);
		assert_int_equal(sasl_done(s, NULL, &e), -1);
		sasl_free(&s);
	}
}

static void
external(void **state)
{
	struct sasl_opts o = { .offered = "PLAIN EXTERNAL", .user = "ann", .external = "", .safe = 1 };
	struct sasl *s = new(&o);
	const char *response;
	struct err e;

	(void)state;
	assert_string_equal(sasl_name(s), "EXTERNAL");
	assert_string_equal(sasl_initial(s), "=");
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	assert_string_equal(sasl_advice(s), "check the user and client certificate");
	assert_int_equal(sasl_step(s, "", &response, &e), 0);
	assert_string_equal(response, "");
	assert_int_equal(sasl_step(s, "", &response, &e), -1);
	sasl_free(&s);

	o.external = "ann@example.org";
	s = new(&o);
	is64(sasl_initial(s), "ann@example.org");
	assert_int_equal(step(s, "who?", &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);
}

/* A session that has the bindings named in ctx. */
static int
binding(void *ctx, const char *kind, struct buf *out)
{
	if (!strstr(ctx, kind))
		return -1;
	buf_add(out, "\0\1\2\377binding", 11);
	return 0;
}

#define EXP "tls-exporter"
#define END "tls-server-end-point"

/* Client and server over the same words: the server's side is written again here from RFC 5802 3. */
static void
server_final(char *out, size_t size, const char *auth, const char *password, struct buf *proof)
{
	unsigned char salted[32], client[32], stored[32], key[32], sig[32];
	struct buf b = { 0 };

	PKCS5_PBKDF2_HMAC(password, (int)strlen(password), (const unsigned char *)"salt", 4, 4096, EVP_sha256(), 32, salted);
	HMAC(EVP_sha256(), salted, 32, (const unsigned char *)"Client Key", 10, client, NULL);
	EVP_Digest(client, 32, stored, NULL, EVP_sha256(), NULL);
	HMAC(EVP_sha256(), stored, 32, (const unsigned char *)auth, strlen(auth), sig, NULL);
	for (int i = 0; i < 32; i++)
		sig[i] ^= client[i];
	base64_encode(proof, sig, 32);
	HMAC(EVP_sha256(), salted, 32, (const unsigned char *)"Server Key", 10, key, NULL);
	HMAC(EVP_sha256(), key, 32, (const unsigned char *)auth, strlen(auth), sig, NULL);
	base64_encode(&b, sig, 32);
	snprintf(out, size, "v=%s", buf_str(&b));
	buf_free(&b);
}

static void
gs2_headers_and_bindings(void **state)
{
	static const struct { const char *offered, *only, *has, *name, *header; size_t bound; } t[] = {
		{ "SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, EXP END, "SCRAM-SHA-256-PLUS", "p=tls-exporter,,", 11 },
		{ "SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, END, "SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,", 11 },
		{ "SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, "none", "SCRAM-SHA-256", "n,,", 0 },
		{ "SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, NULL, "SCRAM-SHA-256", "n,,", 0 },
		{ "SCRAM-SHA-256-PLUS SCRAM-SHA-256", "scram-sha-256", EXP, "SCRAM-SHA-256", "n,,", 0 },
		{ "SCRAM-SHA-256", NULL, EXP, "SCRAM-SHA-256", "y,,", 0 },	/* struck off? the server would notice */
		{ "SCRAM-SHA-256", NULL, NULL, "SCRAM-SHA-256", "n,,", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct sasl *s = new(&(struct sasl_opts){ .offered = t[i].offered, .only = t[i].only, .user = "user", .secret = "pencil",
		    .safe = 1, .nonce = "ours", .binding = t[i].has ? binding : NULL, .binding_ctx = (void *)(uintptr_t)t[i].has });
		struct buf bound = { 0 }, want = { 0 }, proof = { 0 };
		char first[80], auth[300], final[80];
		const char *response;
		struct err e;

		assert_string_equal(sasl_name(s), t[i].name);
		snprintf(first, sizeof first, "%sn=user,r=ours", t[i].header);
		is64(sasl_initial(s), first);
		assert_int_equal(step(s, "r=ours+theirs,s=c2FsdA==,i=4096", &response, &e), 0);
		buf_adds(&bound, t[i].header);
		buf_add(&bound, "\0\1\2\377binding", t[i].bound);
		buf_adds(&want, "c=");
		base64_encode(&want, bound.data, bound.len);
		buf_adds(&want, ",r=ours+theirs");
		snprintf(auth, sizeof auth, "n=user,r=ours,r=ours+theirs,s=c2FsdA==,i=4096,%s", buf_str(&want));
		server_final(final, sizeof final, auth, "pencil", &proof);
		buf_printf(&want, ",p=%s", buf_str(&proof));
		is64(response, buf_str(&want));
		assert_int_equal(step(s, final, &response, &e), 0);
		assert_int_equal(sasl_done(s, NULL, &e), 0);
		buf_free(&bound);
		buf_free(&want);
		buf_free(&proof);
		sasl_free(&s);
	}
}

/* What is tried, in order, until nothing is left. */
static void
order(void **state)
{
	static const struct { const char *offered, *only, *has, *secret, *token, *external; int safe; const char *want; } t[] = {
		{ ALL, NULL, EXP END, "s", NULL, NULL, 1, "SCRAM-SHA-256-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN" },
		{ ALL, NULL, NULL, "s", NULL, NULL, 1, "SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN" },
		{ "SCRAM-SHA-1-PLUS SCRAM-SHA-1", NULL, EXP, "s", NULL, NULL, 1, "SCRAM-SHA-1-PLUS SCRAM-SHA-1" },
		{ "SCRAM-SHA-1 PLAIN", NULL, EXP, "s", NULL, NULL, 1, "SCRAM-SHA-1 PLAIN" },
		{ ALL, NULL, NULL, "s", NULL, NULL, 0, "SCRAM-SHA-256" },
		{ "PLAIN CRAM-MD5", "cram-md5", NULL, "s", NULL, NULL, 0, "CRAM-MD5" },
		{ ALL, NULL, EXP, NULL, "t", NULL, 1, "OAUTHBEARER XOAUTH2" },
		{ ALL, NULL, NULL, "s", "t", NULL, 1, "OAUTHBEARER XOAUTH2 SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN" },
		{ "XOAUTH2 PLAIN", NULL, NULL, NULL, "t", NULL, 1, "XOAUTH2" },
		{ ALL, "xoauth2", NULL, "s", "t", NULL, 1, "XOAUTH2" },
		{ ALL, NULL, NULL, NULL, NULL, "", 1, "EXTERNAL" },
		{ ALL, NULL, NULL, "s", NULL, "", 1, "EXTERNAL SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN" },
		{ ALL, "external", NULL, NULL, NULL, NULL, 1, "EXTERNAL" },
		{ "EXTERNAL PLAIN", NULL, NULL, "s", NULL, NULL, 1, "PLAIN" },	/* it was not asked for */
		{ ALL, "scram-sha-256-plus", EXP END, "s", NULL, NULL, 1, "SCRAM-SHA-256-PLUS SCRAM-SHA-256-PLUS" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct sasl *s = new(&(struct sasl_opts){ .offered = t[i].offered, .only = t[i].only, .user = "ann", .secret = t[i].secret,
		    .token = t[i].token, .external = t[i].external, .safe = t[i].safe, .binding = t[i].has ? binding : NULL,
		    .binding_ctx = (void *)(uintptr_t)t[i].has });
		struct buf got = { 0 };
		struct err e = { 0 };

		do
			buf_printf(&got, "%s%s", got.len > 0 ? " " : "", sasl_name(s));
		while (sasl_next(s, &e) == 0);
		assert_string_equal(buf_str(&got), t[i].want);
		buf_free(&got);
		sasl_free(&s);
	}
}

static void
a_refused_token_is_not_tried_again(void **state)
{
	struct sasl *s = new(&(struct sasl_opts){ .offered = "OAUTHBEARER XOAUTH2 PLAIN", .user = "ann", .token = "t", .safe = 1 });
	const char *response;
	struct err e = { 0 };

	(void)state;
	sasl_initial(s);
	assert_int_equal(step(s, "{\"status\":\"invalid_token\"}", &response, &e), 0);
	assert_int_equal(sasl_next(s, &e), -1);
	assert_string_equal(sasl_advice(s), "check the user and token (invalid_token)");
	sasl_free(&s);
}

static void
none_will_do(void **state)
{
	static const struct { const char *offered, *only, *secret, *token; int safe; enum err_class class; const char *why; } t[] = {
		{ "PLAIN LOGIN SCRAM-SHA-256", NULL, NULL, "t", 1, ERR_PERM, "no authentication by token, but: PLAIN LOGIN" },
		{ "OAUTHBEARER XOAUTH2", NULL, "s", NULL, 1, ERR_PERM, "no authentication known here" },
		{ "OAUTHBEARER PLAIN", NULL, NULL, "t", 0, ERR_PERM, "OAUTHBEARER would show the token" },
		{ "OAUTHBEARER", "oauthbearer", "s", NULL, 1, ERR_CONFIG, "needs a token" },
		{ "PLAIN", "plain", NULL, "t", 1, ERR_CONFIG, "needs a password" },
		{ "CRAM-MD5", NULL, "s", NULL, 0, ERR_PERM, "CRAM-MD5 would show the password" },
		{ "SCRAM-SHA-256-PLUS", "scram-sha-256-plus", "s", NULL, 1, ERR_PERM, "needs TLS" },
		{ "PLAIN", "external", NULL, NULL, 1, ERR_PERM, "does not offer external" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct sasl_opts o = { .offered = t[i].offered, .only = t[i].only, .user = "ann", .secret = t[i].secret,
		    .token = t[i].token, .safe = t[i].safe };
		struct sasl *s = NULL;
		struct err e = { 0 };

		assert_int_equal(sasl_new(&s, &o, &e), -1);
		assert_int_equal(e.class, t[i].class);
		if (!strstr(e.text, t[i].why))
			fail_msg("\"%s\" does not say \"%s\"", e.text, t[i].why);
	}
}

static void
bad_tokens(void **state)
{
	static const char *const bad[] = { "", "a\001b", "a\nb" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct sasl_opts o = { .offered = ALL, .user = "ann", .token = bad[i], .safe = 1 };
		struct sasl *s = NULL;
		struct err e = { 0 };

		assert_int_equal(sasl_new(&s, &o, &e), -1);
		assert_int_equal(e.class, ERR_CONFIG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scram_sha_1_as_in_rfc_5802),
		cmocka_unit_test(cram_md5_as_in_rfc_2195),
		cmocka_unit_test(oauthbearer_as_in_rfc_7628),
		cmocka_unit_test(xoauth2),
		cmocka_unit_test(external),
		cmocka_unit_test(gs2_headers_and_bindings),
		cmocka_unit_test(order),
		cmocka_unit_test(a_refused_token_is_not_tried_again),
		cmocka_unit_test(none_will_do),
		cmocka_unit_test(bad_tokens),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
