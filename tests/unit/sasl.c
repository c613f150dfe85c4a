/* SPDX-License-Identifier: ISC */
/* sasl: the choice of a mechanism, RFC 7677's exchange, and every way a server can get SCRAM wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"
#include "buf.h"
#include "err.h"
#include "sasl.h"

/* RFC 7677 3 */
#define NONCE	"rOprNGfwEbeRWgbNEkqO"
#define SNONCE	NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT	"W22ZaJ0SNY7soEsUEjb6gQ=="
#define FIRST	"r=" SNONCE ",s=" SALT ",i=4096"
#define FINAL	"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static struct sasl *
scram(void)
{
	const struct sasl_opts o = { .offered = "PLAIN SCRAM-SHA-256 LOGIN", .user = "user", .secret = "pencil", .safe = 1, .nonce = NONCE };
	struct sasl *s = NULL;
	struct err e;

	assert_int_equal(sasl_new(&s, &o, &e), 0);
	assert_string_equal(sasl_name(s), "SCRAM-SHA-256");
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

/* A step with a challenge in plain text. */
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

static int
done(struct sasl *s, const char *data, struct err *e)
{
	struct buf text = { 0 };
	int r;

	base64_encode(&text, data, strlen(data));
	r = sasl_done(s, buf_str(&text), e);
	buf_free(&text);
	return r;
}

static struct sasl *
scram_answered(void)
{
	struct sasl *s = scram();
	const char *response;
	struct err e;

	is64(sasl_initial(s), "n,,n=user,r=" NONCE);
	assert_int_equal(step(s, FIRST, &response, &e), 0);
	is64(response, "c=biws,r=" SNONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
	return s;
}

static void
scram_as_in_rfc_7677(void **state)
{
	struct sasl *s = scram_answered();
	const char *response;
	struct err e;

	(void)state;
	assert_int_equal(step(s, FINAL, &response, &e), 0);
	assert_string_equal(response, "");
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	assert_int_equal(step(s, FINAL, &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);
	assert_null(s);

	s = scram_answered();	/* the signature comes with the yes */
	assert_int_equal(done(s, FINAL, &e), 0);
	sasl_free(&s);
}

static void
scram_first_refused(void **state)
{
	static const struct { const char *first; enum err_class class; const char *why; } bad[] = {
		{ "", ERR_PROTOCOL, "no nonce" },
		{ "r=", ERR_PROTOCOL, "nonce" },
		{ "s=" SALT ",r=" SNONCE ",i=4096", ERR_PROTOCOL, "no nonce" },
		{ "r=" NONCE ",s=" SALT ",i=4096", ERR_PROTOCOL, "does not continue ours" },
		{ "r=other" SNONCE ",s=" SALT ",i=4096", ERR_PROTOCOL, "does not continue ours" },
		{ "r=rOprNGfwEbeRWgbNEkqP%x,s=" SALT ",i=4096", ERR_PROTOCOL, "does not continue ours" },
		{ "m=x," FIRST, ERR_PROTOCOL, "extension" },
		{ "e=unknown-user", ERR_PERM, "unknown-user" },
		{ "e", ERR_PERM, "says" },
		{ "r=" SNONCE ",s=,i=4096", ERR_PROTOCOL, "salt" },
		{ "r=" SNONCE ",s=W22Z!,i=4096", ERR_PROTOCOL, "salt" },
		{ "r=" SNONCE ",i=4096", ERR_PROTOCOL, "salt" },
		{ "r=" SNONCE ",s=" SALT, ERR_PROTOCOL, "no iteration count" },
		{ "r=" SNONCE ",s=" SALT ",i=", ERR_PROTOCOL, "no number" },
		{ "r=" SNONCE ",s=" SALT ",i=4096x", ERR_PROTOCOL, "no number" },
		{ "r=" SNONCE ",s=" SALT ",i=-4096", ERR_PROTOCOL, "no number" },
		{ "r=" SNONCE ",s=" SALT ",i= 4096", ERR_PROTOCOL, "no number" },
		{ "r=" SNONCE ",s=" SALT ",i=1", ERR_PROTOCOL, "refused" },
		{ "r=" SNONCE ",s=" SALT ",i=4095", ERR_PROTOCOL, "refused" },
		{ "r=" SNONCE ",s=" SALT ",i=1000001", ERR_PROTOCOL, "refused" },
		{ "r=" SNONCE ",s=" SALT ",i=2147483647", ERR_PROTOCOL, "refused" },
		{ "r=" SNONCE ",s=" SALT ",i=99999999999", ERR_PROTOCOL, "refused" },
		{ "r=" SNONCE ",s=" SALT ",i=999999999999", ERR_PROTOCOL, "no number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sasl *s = scram();
		const char *response = NULL;
		struct err e = { 0 };

		sasl_initial(s);
		if (step(s, bad[i].first, &response, &e) != -1)
			fail_msg("accepted: %s", bad[i].first);
		assert_null(response);
		assert_int_equal(e.class, bad[i].class);
		if (!strstr(e.text, bad[i].why))
			fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].first, e.text, bad[i].why);
		sasl_free(&s);
	}
}

static void
scram_extensions_after_the_count_are_ignored(void **state)
{
	struct sasl *s = scram();
	const char *response;
	struct err e;

	(void)state;
	sasl_initial(s);
	assert_int_equal(step(s, FIRST ",x=later", &response, &e), 0);
	sasl_free(&s);
}

static void
scram_without_proof_is_no_login(void **state)
{
	static const struct { const char *final; enum err_class class; const char *why; } bad[] = {
		{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", ERR_PERM, "does not know the password" },
		{ "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8=", ERR_PERM, "does not know the password" },
		{ "v=", ERR_PERM, "does not know the password" },
		{ "v=6rriTRBi23WpRR/w", ERR_PERM, "does not know the password" },
		{ "", ERR_PROTOCOL, "signature" },
		{ "x=y", ERR_PROTOCOL, "signature" },
		{ "e=invalid-proof", ERR_PERM, "invalid-proof" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		for (int with_yes = 0; with_yes < 2; with_yes++) {
			struct sasl *s = scram_answered();
			const char *response;
			struct err e = { 0 };

			assert_int_equal(with_yes ? done(s, bad[i].final, &e) : step(s, bad[i].final, &response, &e), -1);
			assert_int_equal(e.class, bad[i].class);
			if (!strstr(e.text, bad[i].why))
				fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].final, e.text, bad[i].why);
			assert_int_equal(sasl_done(s, NULL, &e), -1);
			sasl_free(&s);
		}
}

static void
scram_yes_too_early(void **state)
{
	struct sasl *s = scram();
	struct err e = { 0 };

	(void)state;
	assert_int_equal(sasl_done(s, NULL, &e), -1);
	assert_int_equal(e.class, ERR_PERM);
	sasl_initial(s);
	assert_int_equal(sasl_done(s, NULL, &e), -1);
	assert_int_equal(done(s, FINAL, &e), -1);
	sasl_free(&s);

	s = scram_answered();
	assert_int_equal(sasl_done(s, NULL, &e), -1);
	assert_non_null(strstr(e.text, "without having proven"));
	sasl_free(&s);
}

static void
scram_challenge_cut_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen("r=" SNONCE ",s=" SALT ",i=409"); n++) {
		struct sasl *s = scram();
		struct buf text = { 0 };
		const char *response;
		struct err e = { 0 };

		sasl_initial(s);
		base64_encode(&text, FIRST, n);
		assert_int_equal(sasl_step(s, buf_str(&text), &response, &e), -1);
		assert_int_equal(e.class, ERR_PROTOCOL);
		buf_free(&text);
		sasl_free(&s);
	}
}

static void
not_base64(void **state)
{
	struct sasl *s = scram();
	const char *response;
	struct err e = { 0 };

	(void)state;
	sasl_initial(s);
	assert_int_equal(sasl_step(s, "r=abc", &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);
}

static void
names_and_nonces(void **state)
{
	struct sasl_opts o = { .offered = "SCRAM-SHA-256", .user = "a=b,c\xc3\xa4", .secret = "x", .nonce = "N" };
	struct sasl *s = NULL;
	struct err e;
	char before[200];

	(void)state;
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	is64(sasl_initial(s), "n,,n=a=3Db=2Cc\xc3\xa4,r=N");
	sasl_free(&s);
	o.nonce = NULL;
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	snprintf(before, sizeof before, "%s", sasl_initial(s));
	assert_string_not_equal(sasl_initial(s), before);
	sasl_free(&s);
}

static void
choice(void **state)
{
	static const struct { const char *offered, *only; int safe; const char *name; enum err_class class; const char *why; } t[] = {
		{ "PLAIN LOGIN SCRAM-SHA-256", NULL, 1, "SCRAM-SHA-256", 0, NULL },
		{ "PLAIN LOGIN SCRAM-SHA-256", NULL, 0, "SCRAM-SHA-256", 0, NULL },
		{ "login plain", NULL, 1, "PLAIN", 0, NULL },
		{ "LOGIN", NULL, 1, "LOGIN", 0, NULL },
		{ "PLAIN LOGIN SCRAM-SHA-256", "login", 1, "LOGIN", 0, NULL },
		{ "PLAIN LOGIN SCRAM-SHA-256", "Plain", 1, "PLAIN", 0, NULL },
		{ "PLAIN LOGIN", NULL, 0, NULL, ERR_PERM, "TLS" },
		{ "PLAIN SCRAM-SHA-256", "plain", 0, NULL, ERR_PERM, "TLS" },
		{ "PLAIN-CLIENTTOKEN XPLAIN SCRAM-SHA-256-PLUS", NULL, 1, NULL, ERR_PERM, "PLAIN-CLIENTTOKEN" },
		{ "PLAIN", "scram-sha-256", 1, NULL, ERR_PERM, "does not offer" },
		{ "PLAIN", "kerberos", 1, NULL, ERR_CONFIG, "not known" },
		{ "", NULL, 1, NULL, ERR_PERM, "no authentication" },
		{ NULL, NULL, 1, NULL, ERR_PERM, "no authentication" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct sasl_opts o = { .offered = t[i].offered, .only = t[i].only, .user = "ann", .secret = "s", .safe = t[i].safe };
		struct sasl *s = NULL;
		struct err e = { 0 };

		assert_int_equal(sasl_new(&s, &o, &e), t[i].name ? 0 : -1);
		if (t[i].name)
			assert_string_equal(sasl_name(s), t[i].name);
		else {
			assert_null(s);
			assert_int_equal(e.class, t[i].class);
			if (!strstr(e.text, t[i].why))
				fail_msg("\"%s\" does not say \"%s\"", e.text, t[i].why);
		}
		sasl_free(&s);
	}
}

static void
the_next_one_after_a_refusal(void **state)
{
	struct sasl_opts o = { .offered = "LOGIN PLAIN SCRAM-SHA-256", .user = "ann", .secret = "sesame", .safe = 1 };
	struct sasl *s = NULL;
	struct err e = { .class = ERR_PERM, .text = "535" };

	(void)state;
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	assert_int_equal(sasl_next(s, &e), 0);
	assert_string_equal(sasl_name(s), "PLAIN");
	assert_string_equal(sasl_initial(s), "AGFubgBzZXNhbWU=");
	assert_int_equal(sasl_next(s, &e), 0);
	assert_string_equal(sasl_name(s), "LOGIN");
	assert_int_equal(sasl_next(s, &e), -1);
	assert_string_equal(e.text, "535");
	sasl_free(&s);

	o.safe = 0;	/* whoever refuses SCRAM in clear may be after the password */
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	assert_int_equal(sasl_next(s, &e), -1);
	sasl_free(&s);
	o.safe = 1;
	o.only = "scram-sha-256";
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	assert_int_equal(sasl_next(s, &e), -1);
	sasl_free(&s);
}

static void
plain_and_login(void **state)
{
	struct sasl_opts o = { .offered = "PLAIN LOGIN", .user = "ann", .secret = "sesame", .safe = 1 };
	struct sasl *s = NULL;
	const char *response;
	struct err e;

	(void)state;
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	assert_string_equal(sasl_initial(s), "AGFubgBzZXNhbWU=");
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	assert_int_equal(sasl_step(s, "", &response, &e), -1);
	sasl_free(&s);

	o.only = "login";
	assert_int_equal(sasl_new(&s, &o, &e), 0);
	assert_null(sasl_initial(s));
	assert_int_equal(step(s, "Username:", &response, &e), 0);
	is64(response, "ann");
	assert_int_equal(sasl_done(s, NULL, &e), -1);
	assert_int_equal(sasl_step(s, "", &response, &e), 0);
	is64(response, "sesame");
	assert_int_equal(sasl_done(s, NULL, &e), 0);
	assert_int_equal(step(s, "And your bank?", &response, &e), -1);
	assert_int_equal(e.class, ERR_PROTOCOL);
	sasl_free(&s);
}

static void
controls_in_secrets(void **state)
{
	static const char *const bad[] = { "sesame\r", "ses\name", "\x1b", "a\x7f" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct sasl_opts o = { .offered = "PLAIN", .user = "ann", .secret = bad[i], .safe = 1 };
		struct sasl *s = NULL;
		struct err e;

		assert_int_equal(sasl_new(&s, &o, &e), -1);
		assert_int_equal(e.class, ERR_CONFIG);
		o.user = bad[i];
		o.secret = "s";
		assert_int_equal(sasl_new(&s, &o, &e), -1);
		assert_null(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice),
		cmocka_unit_test(the_next_one_after_a_refusal),
		cmocka_unit_test(plain_and_login),
		cmocka_unit_test(controls_in_secrets),
		cmocka_unit_test(scram_as_in_rfc_7677),
		cmocka_unit_test(scram_first_refused),
		cmocka_unit_test(scram_extensions_after_the_count_are_ignored),
		cmocka_unit_test(scram_without_proof_is_no_login),
		cmocka_unit_test(scram_yes_too_early),
		cmocka_unit_test(scram_challenge_cut_anywhere),
		cmocka_unit_test(not_base64),
		cmocka_unit_test(names_and_nonces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
