/* SPDX-License-Identifier: ISC */
/* idn: names whose A-labels are known (those of RFC 3492 7.1 that are names, and of registries), capitals, dots, and what is no name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/msend/idn.h"
#include "buf.h"

static const struct { const char *in, *out; } names[] = {
	{ "example.org", "example.org" }, { "b\u00fccher.example", "xn--bcher-kva.example" }, { "B\u00dcCHER.Example", "xn--bcher-kva.example" },
	{ "stra\u00dfe.de", "xn--strae-oqa.de" }, { "\u4f8b\u5b50.\u6d4b\u8bd5", "xn--fsqu00a.xn--0zwm56d" },
	{ "\u4f8b\u5b50\u3002\u6d4b\u8bd5", "xn--fsqu00a.xn--0zwm56d" },
	{ "\u043f\u0440\u0438\u043c\u0435\u0440.\u0438\u0441\u043f\u044b\u0442\u0430\u043d\u0438\u0435", "xn--e1afmkfd.xn--80akhbyknj4f" },
	{ "\u041f\u0420\u0418\u041c\u0415\u0420.\u0440\u0444", "xn--e1afmkfd.xn--p1ai" },
	{ "\u03c0\u03b1\u03c1\u03ac\u03b4\u03b5\u03b9\u03b3\u03bc\u03b1.gr", "xn--hxajbheg2az3al.gr" },
	{ "\u0645\u062b\u0627\u0644.example", "xn--mgbh0fb.example" }, { "\U0001f48c.example", "xn--rr8h.example" },
	{ "faß.example", "xn--fa-hia.example" }, { "za\u017c\u00f3\u0142\u0107.pl", "xn--za-6ja4f8n1l.pl" },
	{ "\u0e40\u0e18\u0e2d.th", "xn--p3c6bxc.th" },
	/* RFC 3492 7.1 (A), (B) and (L) */
	{ "\u0644\u064a\u0647\u0645\u0627\u0628\u062a\u0643\u0644\u0645\u0648\u0634\u0639\u0631\u0628\u064a\u061f", "xn--egbpdaj6bu4bxfgehfvwxn" },
	{ "\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587", "xn--ihqwcrb4cv8a8dqg056pqjye" },
	{ "3\u5e74b\u7d44\u91d1\u516b\u5148\u751f", "xn--3b-ww4c5e180e575a65lsy2b" },
	{ "", NULL }, { "a..b", NULL }, { "a b", NULL }, { "\xff", NULL }, { "a\xc3", NULL }, { "\xc0\xaf", NULL }, { "\xed\xa0\x80", NULL },
	{ "a\u00a0b", NULL }, { "a\xc2\x85", NULL }, { "\ue000", NULL },
	{ "\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50\u4f8b\u5b50aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	  "aaaaaaaa.x", NULL },
};

static void
domains(void **state)
{
	struct buf out = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		buf_cut(&out, 0);
		assert_int_equal(idn_domain(&out, names[i].in), names[i].out != NULL ? 0 : -1);
		if (names[i].out != NULL)
			assert_string_equal(buf_str(&out), names[i].out);
	}
	buf_free(&out);
}

static void
addresses(void **state)
{
	static const struct { const char *in, *out; } t[] = {
		{ "ann", "ann" }, { "ann@Example.org", "ann@Example.org" }, { "ann@b\u00fccher.example", "ann@xn--bcher-kva.example" },
		{ "\"a@b\u00fc\"@b\u00fccher.example", "\"a@b\u00fc\"@b\u00fccher.example" }, { "zo\u00eb@b\u00fccher.example", "zo\u00eb@b\u00fccher.example" },
		{ "zo\u00eb@example.org", "zo\u00eb@example.org" }, { "ann@\xff", "ann@\xff" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		char *got = idn_address(t[i].in);

		assert_string_equal(got, t[i].out);
		free(got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(domains), cmocka_unit_test(addresses) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
