/* SPDX-License-Identifier: ISC */
/* digest: the vectors of RFC 1321 and FIPS 180, whole and octet by octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "err.h"

static void
test_vectors(void **state)
{
	static const struct { enum digest_kind kind; const char *text, *hex; } cases[] = {
		{ DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	};
	struct digest *d;
	struct err e;
	char hex[DIGEST_HEX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = strlen(cases[i].text);

		assert_int_equal(digest_new(&d, cases[i].kind, &e), 0);
		digest_add(d, cases[i].text, n);
		digest_end(&d, hex);
		assert_null(d);
		assert_string_equal(hex, cases[i].hex);
		assert_int_equal(digest_new(&d, cases[i].kind, &e), 0);
		for (size_t k = 0; k < n; k++)
			digest_add(d, cases[i].text + k, 1);
		digest_end(&d, hex);
		assert_string_equal(hex, cases[i].hex);
	}
	assert_int_equal(digest_new(&d, DIGEST_SHA256, &e), 0);
	digest_end(&d, NULL);
	digest_end(&d, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
