/* SPDX-License-Identifier: ISC */
/* recode: which parts of a message are encoded anew, and that all else stays as it is; wherever the header is cut from the body. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/msend/mail.h"
#include "buf.h"
#include "err.h"

#define MIXED "Content-Type: multipart/mixed; charset=x;\n boundary=\"b b\"\n"
#define EIGHT "Content-Transfer-Encoding: 8bit\n"
#define QP "Content-Transfer-Encoding: quoted-printable\n"

static const struct {
	const char *in, *out;	/* NULL: none is made */
} cases[] = {
	{ "Subject: x\n\nplain\n", NULL },
	{ "Subject: x\n\n\xc3\xbc\n", "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n" QP "\n=C3=BC\n" },
	{ "Subject: x\n" EIGHT "Content-Type: text/html\n\n\xfc", "Subject: x\nContent-Type: text/html\nMIME-Version: 1.0\n" QP "\n=FC=\n" },
	{ "Subject: x\nContent-Type: image/x\n\n\xfc\n", NULL },
	{ "Subject: x\nContent-Transfer-Encoding: binary\n\n\xfc\n", "Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n/Ao=\n" },
	{ "DKIM-Signature: x\n\n\xfc\n", NULL },
	{ "Subject: no end\n", NULL },
	{ "Subject: x\nnot a field\n\n\xfc\n", NULL },
	/* one part of three, the others as they are; the message needs 8 bits no more */
	{ EIGHT MIXED "\npreamble\n--b b\n" EIGHT "Content-Type: text/plain; charset=utf-8\n\n\xc3\xbc\n.\n--b b  \n\nascii\r\n--b b\n"
	  "Content-Type: image/x\nContent-Transfer-Encoding: base64\n\nAAAA\n--b b--\nepilogue\n",
	  MIXED "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\npreamble\n--b b\nContent-Type: text/plain; charset=utf-8\n" QP
	  "\n=C3=BC\n=2E\n--b b  \n\nascii\r\n--b b\n"
	  "Content-Type: image/x\nContent-Transfer-Encoding: base64\n\nAAAA\n--b b--\nepilogue\n" },
	/* where something must stay, the message keeps its 8 bits */
	{ EIGHT MIXED "\n--b b\n\n\xc3\xbc\n--b b\nContent-Type: application/x\n" EIGHT "\n\xfc\n--b b--\n",
	  EIGHT MIXED "\n--b b\nContent-Type: text/plain; charset=utf-8\n" QP "\n=C3=BC\n--b b\nContent-Type: application/x\n" EIGHT "\n\xfc\n--b b--\n" },
	/* signed: nothing of it; a part beside it */
	{ "Content-Type: multipart/signed; boundary=s\n\n--s\n\n\xc3\xbc\n--s\n\nsignature\n--s--\n", NULL },
	{ MIXED "\n--b b\nContent-Type: multipart/signed; boundary=s\n\n--s\n\n\xfc\n--s--\n\n--b b\n\n\xc3\xbc\n--b b--\n",
	  MIXED "\n--b b\nContent-Type: multipart/signed; boundary=s\n\n--s\n\n\xfc\n--s--\n\n--b b\n"
	  "Content-Type: text/plain; charset=utf-8\n" QP "\n=C3=BC\n--b b--\n" },
	/* parts within parts, and a message within */
	{ "Content-Type: multipart/alternative; boundary=a\n\n--a\n" MIXED "\n--b b\n\n\xc3\xbc\n--b b--\n--a\nContent-Type: message/rfc822\n\n"
	  "Subject: inner\n\n\xc3\xbc\n--a--\n",
	  "Content-Type: multipart/alternative; boundary=a\n\n--a\n" MIXED "\n--b b\nContent-Type: text/plain; charset=utf-8\n" QP
	  "\n=C3=BC\n--b b--\n--a\nContent-Type: message/rfc822\n\n"
	  "Subject: inner\nContent-Type: text/plain; charset=utf-8\n" QP "\n=C3=BC\n--a--\n" },
	/* an outer boundary ends what an inner one should have */
	{ "Content-Type: multipart/x; boundary=a\n\n--a\n" MIXED "\n--b b\n\n\xc3\xbc\n--a--\n--b b\n\n\xfc\n",
	  "Content-Type: multipart/x; boundary=a\n\n--a\n" MIXED "\n--b b\nContent-Type: text/plain; charset=utf-8\n" QP "\n=C3=BC\n--a--\n--b b\n\n\xfc\n" },
	/* not boundaries; a part without a body */
	{ MIXED "\n--b b\n--b b\n\n\xc3\xbc\n--b\n--b bb\n-- \n --b b\n", MIXED "\n--b b\n--b b\nContent-Type: text/plain; charset=utf-8\n" QP
	  "\n=C3=BC\n--b\n--b bb\n--=20\n --b b\n" },
	{ "Content-Type: multipart/mixed\n\n--\n\n\xfc\n", NULL },
};

static void
one(const char *in, const char *want, size_t cut)
{
	struct mail m = { 0 }, copy = { 0 };
	struct buf all = { 0 };
	struct err e;
	int rc;

	buf_add(&m.head, in, cut);
	assert_int_equal(held_write(&m.body, in + cut, strlen(in) - cut, &e), 0);
	assert_int_equal(mail_scan(&m, &e), 0);
	rc = mail_recode(&copy, &m, &e);
	assert_int_equal(rc, want != NULL);
	if (want != NULL) {
		assert_int_equal(mail_each(&copy, sink_buf, &all, &e), 0);
		assert_string_equal(buf_str(&all), want);
	}
	buf_free(&all);
	mail_free(&m);
	mail_free(&copy);
}

static void
parts(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (cut = 0; cut <= strlen(cases[i].in); cut++)
			one(cases[i].in, cases[i].out, cut);
}

/* Lines beyond the limit, and beyond what is held of one; at the limit nothing happens. */
static void
long_lines(void **state)
{
	static const size_t lengths[] = { 998, 999, 4095, 4096, 4097, 100000 };
	struct mail m, copy;
	struct err e;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		memset(&m, 0, sizeof m);
		memset(&copy, 0, sizeof copy);
		buf_adds(&m.head, MIXED "\n--b b\n\n");
		for (n = 0; n < lengths[i]; n++)
			assert_int_equal(held_write(&m.body, "a", 1, &e), 0);
		assert_int_equal(held_write(&m.body, "\n--b b--\n", 9, &e), 0);
		assert_int_equal(mail_scan(&m, &e), 0);
		assert_int_equal(mail_recode(&copy, &m, &e), lengths[i] > 998);
		assert_true(lengths[i] <= 998 || copy.scan.longest <= 76);
		mail_free(&m);
		mail_free(&copy);
	}
}

/* A line that is broken where a boundary could begin: none may come of it. */
static void
no_new_boundary(void **state)
{
	struct mail m = { 0 }, copy = { 0 };
	struct err e;
	size_t n;

	(void)state;
	for (n = 60; n < 90; n++) {
		struct buf all = { 0 };

		buf_printf(&m.head, MIXED "\n--b b\n\n\xfc\n%.*s--b b\n--b b--\n", (int)n,
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
		assert_int_equal(mail_scan(&m, &e), 0);
		assert_int_equal(mail_recode(&copy, &m, &e), 1);
		assert_int_equal(mail_each(&copy, sink_buf, &all, &e), 0);
		assert_null(strstr(strstr(buf_str(&all), "--b b\n") + 1, "\n--b b\n"));
		buf_free(&all);
		mail_free(&m);
		mail_free(&copy);
	}
}

/* More parts within parts than are followed: what is inside the last stays. */
static void
deep(void **state)
{
	struct mail m = { 0 }, copy = { 0 };
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		buf_printf(&m.head, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	buf_adds(&m.head, "\n\xfc\n");
	assert_int_equal(mail_scan(&m, &e), 0);
	assert_int_equal(mail_recode(&copy, &m, &e), 0);
	mail_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(parts), cmocka_unit_test(long_lines), cmocka_unit_test(no_new_boundary),
		cmocka_unit_test(deep) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
