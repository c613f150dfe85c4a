/* SPDX-License-Identifier: ISC */
/* mime and header: encodings read back give the same bytes, lines keep their limit, fields fold; types by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/msend/header.h"
#include "../../cmd/msend/mime.h"
#include "base64.h"
#include "buf.h"
#include "err.h"

static void
qp(struct buf *out, const char *p, size_t n, size_t piece)
{
	struct qp q;
	struct err e;
	size_t at, len;

	buf_cut(out, 0);
	qp_begin(&q, sink_buf, out);
	for (at = 0; at < n; at += len) {
		len = n - at < piece ? n - at : piece;
		assert_int_equal(qp_write(&q, p + at, len, &e), 0);
	}
	assert_int_equal(qp_end(&q, &e), 0);
}

static const struct { const char *in, *out; } qp_cases[] = {
	{ "", "" }, { "a\n", "a\n" }, { "a", "a=\n" }, { "a=b\n", "a=3Db\n" }, { "a \n", "a=20\n" }, { "a\t\n", "a=09\n" },
	{ "a b\n", "a b\n" }, { " \n", "=20\n" }, { "a\r\nb\n", "a\nb\n" }, { "a\rb\n", "a=0Db\n" }, { "a\r\r\n", "a=0D\n" },
	{ ".\n", "=2E\n" }, { "From x\n", "=46rom x\n" }, { "a.\n", "a.\n" }, { "\xc3\xbc\n", "=C3=BC\n" }, { "\n\n", "\n\n" },
	{ "a \r\n", "a=20\n" }, { "a ", "a=20=\n" }, { "a\r", "a=0D=\n" },
};

static void
quoted_printable(void **state)
{
	struct buf out = { 0 };
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(qp_cases) / sizeof(*qp_cases); i++)
		for (piece = 1; piece < 8; piece++) {
			qp(&out, qp_cases[i].in, strlen(qp_cases[i].in), piece);
			assert_string_equal(buf_str(&out), qp_cases[i].out);
		}
	buf_free(&out);
}

static int
hex(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* RFC 2045 6.7 the other way. */
static void
unqp(struct buf *out, const struct buf *in)
{
	size_t i;

	buf_cut(out, 0);
	for (i = 0; i < in->len; i++) {
		if (in->data[i] != '=') {
			buf_addc(out, in->data[i]);
		} else if (in->data[i + 1] == '\n') {
			i++;
		} else {
			buf_addc(out, (char)(hex(in->data[i + 1]) * 16 + hex(in->data[i + 2])));
			i += 2;
		}
	}
}

static void
assert_lines(const struct buf *b, size_t most)
{
	size_t i, n = 0;

	for (i = 0; i < b->len; i++) {
		n = b->data[i] == '\n' ? 0 : n + 1;
		assert_true(n <= most);
		assert_true(b->data[i] == '\n' || (b->data[i] >= ' ' && b->data[i] < 127) || b->data[i] == '\t');
		if (b->data[i] == '\n' && i > 0)
			assert_true(b->data[i - 1] != ' ' && b->data[i - 1] != '\t');
	}
}

static void
any_octets(struct buf *b, size_t n)
{
	unsigned int seed = 7;

	for (; n > 0; n--)
		buf_addc(b, (char)((seed = seed * 1103515245 + 12345) >> 16));
}

static void
quoted_printable_back(void **state)
{
	struct buf in = { 0 }, coded = { 0 }, back = { 0 };
	size_t i;

	(void)state;
	any_octets(&in, 100000);
	for (i = 0; i + 1 < in.len; i++)	/* the one thing that changes */
		if (in.data[i] == '\r' && in.data[i + 1] == '\n')
			in.data[i] = 'x';
	qp(&coded, in.data, in.len, 4096);
	assert_lines(&coded, 76);
	unqp(&back, &coded);
	assert_int_equal(back.len, in.len);
	assert_memory_equal(back.data, in.data, in.len);
	for (i = 0; i < 200; i++) {		/* spaces about the line's end */
		buf_cut(&in, 0);
		while (in.len < i)
			buf_addc(&in, in.len % 3 ? ' ' : 'x');
		buf_addc(&in, '\n');
		qp(&coded, in.data, in.len, 1);
		assert_lines(&coded, 76);
		unqp(&back, &coded);
		assert_string_equal(buf_str(&back), buf_str(&in));
	}
	buf_free(&in);
	buf_free(&coded);
	buf_free(&back);
}

static void
base64_back(void **state)
{
	struct buf in = { 0 }, out = { 0 }, joined = { 0 }, back = { 0 };
	struct b64 b;
	struct err e;
	size_t n, at, i;

	(void)state;
	any_octets(&in, 400);
	for (n = 0; n <= in.len; n += n < 120 ? 1 : 70) {
		buf_cut(&out, 0);
		buf_cut(&joined, 0);
		buf_cut(&back, 0);
		b64_begin(&b, sink_buf, &out);
		for (at = 0; at < n; at += 13)
			assert_int_equal(b64_write(&b, in.data + at, n - at < 13 ? n - at : 13, &e), 0);
		assert_int_equal(b64_end(&b, &e), 0);
		assert_lines(&out, 76);
		for (i = 0; i < out.len; i++)
			if (out.data[i] != '\n')
				buf_addc(&joined, out.data[i]);
		assert_int_equal(base64_decode(&back, buf_str(&joined), joined.len), 0);
		assert_int_equal(back.len, n);
		assert_memory_equal(buf_str(&back), buf_str(&in), n);
	}
	buf_free(&in);
	buf_free(&out);
	buf_free(&joined);
	buf_free(&back);
}

static const struct { const char *name, *value, *out; } fields[] = {
	{ "Subject", "hello", "Subject: hello\n" },
	{ "Subject", "", "Subject:\n" },
	{ "Subject", "a  b", "Subject: a b\n" },
	{ "Subject", "Zo\xc3\xab", "Subject: =?UTF-8?Q?Zo=C3=AB?=\n" },
	{ "Subject", "=?UTF-8?Q?ready?=", "Subject: =?UTF-8?Q?ready?=\n" },
	/* what a reader would decode, and is none */
	{ "Subject", "a=?UTF-8?Q?b?=", "Subject: =?UTF-8?Q?a=3D=3FUTF=2D8=3FQ=3Fb=3F=3D?=\n" },
	{ "Subject", "=?UTF-8?X?b?=", "Subject: =?UTF-8?Q?=3D=3FUTF=2D8=3FX=3Fb=3F=3D?=\n" },
	{ "Subject", "why=? ?=", "Subject: why=? ?=\n" },
	/* blanks between two encoded words would be lost */
	{ "Subject", "\xc3\xab =?UTF-8?Q?b?= \xc3\xab c", "Subject: =?UTF-8?B?w6sg?= =?UTF-8?Q?b?= =?UTF-8?B?IMOr?= c\n" },
	{ "X-Long", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	    "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n" },
	{ "To", "a@example.org,b@example.org", "To: a@example.org, b@example.org\n" },
	{ "To", "\"Doe, J\" <j@example.org>", "To: \"Doe, J\" <j@example.org>\n" },
	{ "Cc", "Zo\xc3\xab <z@example.org>", "Cc: =?UTF-8?Q?Zo=C3=AB?= <z@example.org>\n" },
	{ "To", "undisclosed-recipients:;", "To: undisclosed-recipients:;\n" },
	{ "Subject", "a\nBcc: x", NULL },
	{ "Subject", "a\rb", NULL },
	{ "Sub ject", "a", NULL },
	{ "", "a", NULL },
	{ "Subj\xc3\xbc", "a", NULL },
	{ "To", "a@b <", NULL },
};

static void
header(void **state)
{
	struct buf out = { 0 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		buf_cut(&out, 0);
		memset(&e, 0, sizeof(e));
		if (fields[i].out == NULL) {
			assert_int_equal(header_field(&out, fields[i].name, fields[i].value, &e), -1);
			assert_int_equal(e.class, ERR_DATA);
		} else {
			assert_int_equal(header_field(&out, fields[i].name, fields[i].value, &e), 0);
			assert_string_equal(buf_str(&out), fields[i].out);
		}
	}
	buf_free(&out);
}

/* Many addresses, and a long text in another language: no line over 78. */
static void
folding(void **state)
{
	struct buf out = { 0 }, value = { 0 };
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 200; i++)
		buf_printf(&value, "%sN\xc3\xa4me %d <user%d@example.org>", i > 0 ? ", " : "", i, i);
	assert_int_equal(header_field(&out, "To", buf_str(&value), &e), 0);
	assert_lines(&out, 78);
	buf_cut(&value, 0);
	buf_cut(&out, 0);
	for (i = 0; i < 2000; i++)
		buf_addc(&value, 'w');
	assert_int_equal(header_field(&out, "Subject", buf_str(&value), &e), 0);
	buf_adds(&value, " <a@example.org>");
	assert_int_equal(header_field(&out, "To", buf_str(&value), &e), 0);
	assert_lines(&out, 78);
	buf_cut(&value, 0);
	buf_cut(&out, 0);
	for (i = 0; i < 300; i++)
		buf_adds(&value, i % 7 ? "\xd0\x96" : " word ");
	assert_int_equal(header_field(&out, "Subject", buf_str(&value), &e), 0);
	assert_lines(&out, 78);
	buf_free(&out);
	buf_free(&value);
}

static const struct { const char *value, *out; } params[] = {
	{ "a.png", ";\n\tfilename=\"a.png\"" },
	{ "a \"b\".png", ";\n\tfilename=\"a \\\"b\\\".png\"" },
	{ "a\nb", ";\n\tfilename=\"a_b\"" },
	{ "\xc3\xbc.png", ";\n\tfilename*0*=utf-8''%C3%BC.png" },
	{ "\xc3\xbc\n\xc3.png\xf0\x9f", ";\n\tfilename*0*=utf-8''%C3%BC__.png__" },
};

static void
parameters(void **state)
{
	struct buf out = { 0 }, name = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(params) / sizeof(*params); i++) {
		buf_cut(&out, 0);
		header_param(&out, "filename", params[i].value);
		assert_string_equal(buf_str(&out), params[i].out);
	}
	while (name.len < 255)
		buf_adds(&name, "\xc3\xbc" "a");
	buf_cut(&out, 0);
	header_param(&out, "filename", buf_str(&name));
	assert_null(strstr(buf_str(&out), "%C3;"));	/* a character is never parted */
	assert_lines(&out, 79);
	assert_non_null(strstr(buf_str(&out), "filename*2*="));
	buf_free(&out);
	buf_free(&name);
}

/* A message's own header: long lines are parted at blanks, and nothing else changes. */
static void
long_header(void **state)
{
	struct buf head = { 0 }, out = { 0 };
	size_t i;

	(void)state;
	buf_adds(&head, "Subject: short\n folded\nTo: ");
	for (i = 0; i < 990; i++)
		buf_addc(&head, 'a');
	buf_adds(&head, "@b\n");
	assert_int_equal(header_fold(&out, head.data, head.len), 0);
	assert_string_equal(buf_str(&out), buf_str(&head));
	buf_cut(&head, 0);
	buf_cut(&out, 0);
	buf_adds(&head, "To: ");
	for (i = 0; i < 2000; i++)
		buf_printf(&head, "user%zu@example.org,%s", i, i % 3 == 0 ? "  " : "\t");
	buf_adds(&head, "last@example.org\n\n");
	assert_int_equal(header_fold(&out, head.data, head.len), 1);
	assert_lines(&out, 78);
	for (i = 0; i + 1 < out.len; i++)
		if (out.data[i] == '\n' && (out.data[i + 1] == ' ' || out.data[i + 1] == '\t'))
			memmove(out.data + i, out.data + i + 1, out.len-- - i);
	assert_int_equal(out.len, head.len);
	assert_memory_equal(out.data, head.data, head.len);
	buf_free(&head);
	buf_free(&out);
}

static void
types(void **state)
{
	(void)state;
	assert_string_equal(mime_type("a.png"), "image/png");
	assert_string_equal(mime_type("a.tar.GZ"), "application/gzip");
	assert_string_equal(mime_type("dir.png/file"), "application/octet-stream");
	assert_string_equal(mime_type("file"), "application/octet-stream");
	assert_string_equal(mime_type("file."), "application/octet-stream");
}

static void
charsets(void **state)
{
	static const struct { const char *text; int broken; } c[] = {
		{ "abc", 0 }, { "\xc3\xbc", 0 }, { "\xe2\x82\xac", 0 }, { "\xf0\x9f\x92\x8c", 0 }, { "\xfc", 1 }, { "\x80", 1 },
		{ "\xc3 ", 1 }, { "\xc3", 1 }, { "\xc0\x80", 1 }, { "\xe2\x82", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct text_facts t = { 0 };

		text_facts_feed(&t, c[i].text, strlen(c[i].text), NULL);
		assert_int_equal(t.broken || t.more > 0, c[i].broken);
	}
}

static const struct {
	const char *name, *start;
	size_t n;
	int all;
	const char *type, *charset;
} guesses[] = {
	{ "a.png", "text", 4, 1, "image/png", NULL }, { "a", "\x89PNG\r\n\x1a\n", 8, 1, "image/png", NULL },
	{ "a", "\x89PNG\r\n\x1a", 7, 1, "application/octet-stream", NULL }, { "a", "%PDF-1.7", 8, 0, "application/pdf", NULL },
	{ "a", "PK\3\4", 4, 0, "application/zip", NULL }, { "a", "RIFF    WEBP", 12, 0, "image/webp", NULL },
	{ "/dev/fd/63", "plain\n", 6, 1, "text/plain", "us-ascii" }, { "a", "plain\n", 6, 0, "text/plain", "utf-8" },
	{ "a", "\xc3\xbc", 2, 1, "text/plain", "utf-8" }, { "a", "\xfc\n", 2, 1, "application/octet-stream", NULL },
	{ "a.txt", "\xfc\n", 2, 1, "text/plain", "unknown-8bit" }, { "a.txt", "x\xc3", 2, 1, "text/plain", "unknown-8bit" },
	{ "a.txt", "x\xc3", 2, 0, "text/plain", "utf-8" }, { "a.txt", "a\0b", 3, 1, "application/octet-stream", NULL },
	{ "a", "a\0b", 3, 1, "application/octet-stream", NULL }, { "a", "a\1b", 3, 1, "application/octet-stream", NULL },
	{ "a", "", 0, 1, "application/octet-stream", NULL }, { "a.log", "", 0, 1, "text/plain", "us-ascii" },
	{ "a.json", "{}", 2, 1, "application/json", NULL }, { "a", "\033[1mx", 5, 1, "text/plain", "us-ascii" },
};

static void
by_content(void **state)
{
	struct mime_guess g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(guesses) / sizeof(*guesses); i++) {
		mime_guess(&g, guesses[i].name, guesses[i].start, guesses[i].n, guesses[i].all);
		assert_string_equal(g.type, guesses[i].type);
		assert_string_equal(g.charset != NULL ? g.charset : "", guesses[i].charset != NULL ? guesses[i].charset : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_printable), cmocka_unit_test(quoted_printable_back), cmocka_unit_test(base64_back),
		cmocka_unit_test(header), cmocka_unit_test(folding), cmocka_unit_test(parameters), cmocka_unit_test(long_header),
		cmocka_unit_test(types),
		cmocka_unit_test(by_content), cmocka_unit_test(charsets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
