/* SPDX-License-Identifier: ISC */
/* parts of messages: BODYSTRUCTURE to sections, names of attachments, transfer encodings cut at each octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mimap/decode.h"
#include "../../cmd/mimap/partname.h"
#include "../../cmd/mimap/response.h"
#include "../../cmd/mimap/structure.h"
#include "buf.h"
#include "err.h"

/* "section type name-or-minus encoding attachment;…", or "error" */
static void
describe(const char *body, struct buf *out)
{
	struct response r = { 0 };
	struct structure s = { NULL, 0 };
	struct buf line = { 0 };
	struct err e;

	buf_printf(&line, "* 1 FETCH (UID 5 BODYSTRUCTURE %s)", body);
	response_begin(&r);
	assert_int_equal(response_line(&r, buf_str(&line), line.len, &e), RESPONSE_DONE);
	if (structure_read(&s, value_after(r.args, "BODYSTRUCTURE"), &e) == -1)
		buf_adds(out, "error");
	else
		for (size_t i = 0; i < s.count; i++)
			buf_printf(out, "%s%s %s %s %d%s", i > 0 ? ";" : "", s.part[i].section, s.part[i].type,
			    s.part[i].name != NULL ? s.part[i].name : "-", (int)s.part[i].encoding, s.part[i].attachment ? " a" : "");
	structure_free(&s);
	response_free(&r);
	buf_free(&line);
}

#define TEXT "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 10 1 NIL NIL NIL NIL)"
#define HTML "(\"TEXT\" \"HTML\" NIL NIL NIL \"Quoted-Printable\" 10 1)"
#define FILE(params, disposition) "(\"APPLICATION\" \"PDF\" " params " NIL NIL \"BASE64\" 100 NIL " disposition " NIL NIL)"

static void
test_structure(void **state)
{
	static const struct { const char *body, *want; } cases[] = {
		{ TEXT, "1 text/plain - 0" },
		{ "(" TEXT HTML " \"ALTERNATIVE\" (\"BOUNDARY\" \"x\") NIL NIL)", "1 text/plain - 0;2 text/html - 2" },
		{ "((" TEXT HTML " \"ALTERNATIVE\")" FILE("NIL", "(\"ATTACHMENT\" (\"FILENAME\" \"a.pdf\"))") " \"MIXED\")",
		    "1.1 text/plain - 0;1.2 text/html - 2;2 application/pdf a.pdf 1 a" },
		{ FILE("(\"NAME\" \"b.pdf\")", "NIL"), "1 application/pdf b.pdf 1" },
		{ FILE("(\"NAME\" \"b.pdf\")", "(\"inline\" (\"filename\" \"c.pdf\"))"), "1 application/pdf c.pdf 1" },
		{ FILE("NIL", "(\"ATTACHMENT\" (\"FILENAME*\" \"utf-8''na%C3%AFve.pdf\"))"), "1 application/pdf naïve.pdf 1 a" },
		{ FILE("NIL", "(\"ATTACHMENT\" (\"FILENAME*1\" \"b.pdf\" \"FILENAME*0*\" \"utf-8'en'%C3%A4\"))"), "1 application/pdf äb.pdf 1 a" },
		{ FILE("NIL", "(\"ATTACHMENT\" (\"FILENAME\" \"=?utf-8?q?=C3=A4?=\"))"), "1 application/pdf ä 1 a" },
		{ "(" TEXT "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 99 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) " TEXT " 9 NIL (\"ATTACHMENT\" NIL)) \"MIXED\")",
		    "1 text/plain - 0;2 message/rfc822 - 0 a;2.1 text/plain - 0" },
		{ "(" TEXT "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 99 (NIL) (" TEXT HTML " \"MIXED\") 9) \"MIXED\")",
		    "1 text/plain - 0;2 message/rfc822 - 0;2.1 text/plain - 0;2.2 text/html - 2" },
		{ "(\"X\")", "1 x/ - 0" },
		{ "NIL", "error" }, { "()", "error" }, { "\"x\"", "error" }, { "(NIL NIL)", "error" }, { "(" TEXT "() \"MIXED\")", "error" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf out = { 0 };

		describe(cases[i].body, &out);
		assert_string_equal(buf_str(&out), cases[i].want);
		buf_free(&out);
	}
}

static void
test_structure_limit(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct buf body = { 0 }, out = { 0 };

		buf_addc(&body, '(');
		for (int i = 0; i < PARTS_MAX + more; i++)
			buf_adds(&body, "(\"A\" \"B\")");
		buf_adds(&body, " \"MIXED\")");
		describe(buf_str(&body), &out);
		assert_int_equal(strcmp(buf_str(&out), "error") == 0, more);
		buf_free(&body);
		buf_free(&out);
	}
}

static void
test_names(void **state)
{
	static const struct { const char *name, *safe; } names[] = {
		{ "a.pdf", "a.pdf" }, { "/etc/passwd", "passwd" }, { "..\\..\\a.exe", "a.exe" }, { "..", "_." }, { ".bashrc", "_bashrc" },
		{ "-rf", "_rf" }, { "a/", "part-2.1" }, { "", "part-2.1" }, { NULL, "part-2.1" }, { "a\nb\x1b[m", "a_b_[m" },
		{ "na\xc3\xafve \xff.txt", "na\xc3\xafve _.txt" }, { "a\xe2\x80\xae" "fdp.exe", "a_fdp.exe" }, { "\xc2\x85", "_" },
	};
	char huge[1000];
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		partname_safe(&out, names[i].name, "2.1");
		assert_string_equal(buf_str(&out), names[i].safe);
		buf_cut(&out, 0);
	}
	memset(huge, 'x', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	partname_safe(&out, huge, "1");
	assert_int_equal(out.len, PARTNAME_MAX);
	buf_free(&out);
}

static void
test_decode(void **state)
{
	static const struct { enum encoding encoding; int text; const char *in, *out; } cases[] = {
		{ ENCODING_BASE64, 0, "aGVsbG8=", "hello" }, { ENCODING_BASE64, 0, "aGVs\r\nbG8h\r\n", "hello!" }, { ENCODING_BASE64, 0, "aGVsbG8", "hello" },
		{ ENCODING_BASE64, 0, "aA==aQ==", "hi" }, { ENCODING_BASE64, 0, "", "" }, { ENCODING_BASE64, 0, "a", "" },
		{ ENCODING_BASE64, 0, "*aGk!=", "hi" }, { ENCODING_BASE64, 1, "YQ0KYg0K", "a\nb\n" }, { ENCODING_BASE64, 0, "YQ0KYg0K", "a\r\nb\r\n" },
		{ ENCODING_QUOTED, 1, "a=C3=A4=\r\nb\r\n", "aäb\n" }, { ENCODING_QUOTED, 0, "a=3db", "a=b" }, { ENCODING_QUOTED, 0, "a=zb=4", "a=zb" },
		{ ENCODING_QUOTED, 0, "a= \t\r\nb", "ab" }, { ENCODING_QUOTED, 0, "=4=41", "=4A" }, { ENCODING_QUOTED, 0, "=\nx", "x" },
		{ ENCODING_NONE, 1, "a\r\nb", "a\nb" }, { ENCODING_NONE, 0, "a\r\nb", "a\r\nb" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t n = strlen(cases[i].in);

		for (size_t cut = 0; cut <= n; cut++) {
			struct buf out = { 0 };
			struct decode d;
			struct err e;

			decode_begin(&d, cases[i].encoding, cases[i].text, sink_buf, &out);
			assert_int_equal(decode_write(&d, cases[i].in, cut, &e), 0);
			assert_int_equal(decode_write(&d, cases[i].in + cut, n - cut, &e), 0);
			assert_int_equal(decode_end(&d, &e), 0);
			assert_string_equal(buf_str(&out), cases[i].out);
			buf_free(&out);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structure), cmocka_unit_test(test_structure_limit), cmocka_unit_test(test_names), cmocka_unit_test(test_decode),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
