/* SPDX-License-Identifier: ISC */
/* The pure parts of mqueue serve: the text of a message against an oracle, whole, octet by octet and cut at each offset;
 * command lines; who is on a list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/mqueue/serve_client.h"
#include "../../cmd/mqueue/serve_data.h"
#include "../../cmd/mqueue/serve_parse.h"
#include "buf.h"
#include "err.h"

/* What RFC 5321 says of octets after DATA, by whole strings: everything up to the first CR LF . CR LF, with one before the
 * text; each line less its first dot. *used is 0 where the text does not end; bare where a CR or LF stands alone before
 * that. */
static enum serve_data_result
oracle(const char *in, struct buf *out, size_t *used)
{
	struct buf raw = { 0 };
	const char *p, *end;
	enum serve_data_result r = DATA_END;

	buf_adds(&raw, "\r\n");
	buf_adds(&raw, in);
	if ((end = strstr(buf_str(&raw), "\r\n.\r\n")) == NULL) {
		r = DATA_MORE;
		end = buf_str(&raw) + raw.len;
	}
	for (p = buf_str(&raw) + 2; p < end + 2 && r != DATA_BARE; p++) {
		int start = p[-1] == '\n';

		if (*p == '\r' && p[1] == '\n') {
			buf_addc(out, '\n');
			p++;
		} else if (*p == '\r' && p[1] == '\0' && r == DATA_MORE)
			break;
		else if (*p == '\r' || *p == '\n')
			r = DATA_BARE;
		else if (*p == '\0')
			break;
		else if (!start || *p != '.')
			buf_addc(out, *p);
	}
	*used = r == DATA_END ? (size_t)(end + 5 - buf_str(&raw)) - 2 : 0;
	buf_free(&raw);
	return r;
}

static enum serve_data_result
fed(const char *in, size_t len, size_t piece, struct buf *out, size_t *used)
{
	struct serve_data d = { .size = 0 };
	enum serve_data_result r = DATA_MORE;
	struct err e = { 0 };
	size_t n;

	for (*used = 0; *used < len && r == DATA_MORE; *used += n) {
		size_t most = *used == 0 || piece == 1 ? piece : len;

		r = serve_data(&d, in + *used, len - *used < most ? len - *used : most, &n, sink_buf, out, &e);
	}
	return r;
}

static void
one_text(const char *in)
{
	struct buf want = { 0 }, got = { 0 };
	size_t used, len = strlen(in), cut, mine;
	enum serve_data_result r = oracle(in, &want, &used);

	for (cut = 1; cut <= len; cut++) {
		buf_cut(&got, 0);
		assert_int_equal(fed(in, len, cut, &got, &mine), r);
		if (r == DATA_BARE)
			continue;
		assert_string_equal(buf_str(&got), buf_str(&want));
		if (r == DATA_END)
			assert_int_equal(mine, used);
	}
	buf_free(&want);
	buf_free(&got);
}

/* Every text of up to nine of these, followed by what would be a second message. */
static void
smuggling(void **state)
{
	static const char octets[] = "\r\n.a";
	char text[32];
	unsigned int n, len, i;

	(void)state;
	for (len = 0; len <= 9; len++)
		for (n = 0; n < 1u << (2 * len); n++) {
			for (i = 0; i < len; i++)
				text[i] = octets[n >> (2 * i) & 3];
			text[len] = '\0';
			if (len <= 6)
				strlcat(text, "\r\n.\r\nx", sizeof text);
			one_text(text);
		}
}

static void
chunks(void **state)
{
	static const struct { const char *in, *out; enum serve_data_result end; } table[] = {
		{ "", "", DATA_END }, { "a", "a\n", DATA_END }, { "a\r\n", "a\n", DATA_END }, { ".\r\n", ".\n", DATA_END },
		{ "\r\n.\r\n..", "\n.\n..\n", DATA_END }, { "a\r", "a", DATA_BARE }, { "a\n", "a", DATA_BARE }, { "a\rb", "a", DATA_BARE },
	};
	size_t i, used, cut, len;
	struct err e = { 0 };

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++)
		for (len = strlen(table[i].in), cut = 0; cut <= len; cut++) {
			struct serve_data d = { .counted = 1 };
			struct buf out = { 0 };
			enum serve_data_result r = serve_data(&d, table[i].in, cut, &used, sink_buf, &out, &e);

			if (r == DATA_MORE)
				r = serve_data(&d, table[i].in + cut, len - cut, &used, sink_buf, &out, &e);
			if (r == DATA_MORE)
				r = serve_data_last(&d, sink_buf, &out, &e);
			assert_int_equal(r, table[i].end);
			assert_string_equal(buf_str(&out), table[i].out);
			buf_free(&out);
		}
}

static void
hops(void **state)
{
	static const struct { const char *in; unsigned int received; } table[] = {
		{ "Received: a\r\nRECEIVED:b\r\n\r\nReceived: c\r\n.\r\n", 2 }, { "Receive: a\r\nXReceived: b\r\n Received: c\r\n.\r\n", 0 },
		{ "\r\nReceived: a\r\n.\r\n", 0 }, { "Received:\r\n.\r\n", 1 }, { "Received\r\n.\r\n", 0 },
	};
	size_t i, at, n;
	struct err e = { 0 };

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		struct serve_data d = { .size = 0 };
		struct buf out = { 0 };

		for (at = 0; at < strlen(table[i].in); at++)
			(void)serve_data(&d, table[i].in + at, 1, &n, sink_buf, &out, &e);
		assert_int_equal(d.received, table[i].received);
		buf_free(&out);
	}
}

static void
commands(void **state)
{
	static const struct { const char *line, *wrong; enum serve_verb verb; const char *text; int64_t size; } table[] = {
		{ "QUIT", NULL, SERVE_QUIT, "", -1 }, { "quit  ", NULL, SERVE_QUIT, "", -1 }, { "NOOP x y", NULL, SERVE_NOOP, "x y", -1 },
		{ "ehlo [192.0.2.1]", NULL, SERVE_EHLO, "[192.0.2.1]", -1 }, { "EHLO", "501 5.5.4", 0, NULL, 0 },
		{ "MAIL FROM:<>", NULL, SERVE_MAIL, "", -1 }, { "MAIL FROM:<a@b> size=10", NULL, SERVE_MAIL, "a@b", 10 },
		{ "MAIL FROM:<\"a>b\\\" c\"@d>", NULL, SERVE_MAIL, "\"a>b\\\" c\"@d", -1 },
		{ "MAIL FROM:<a@b> SIZE=1 SIZE=1", "501 5.5.4", 0, NULL, 0 },
		{ "MAIL FROM:<a@b> SIZE=999999999999999999", NULL, SERVE_MAIL, "a@b", 999999999999999999 },
		{ "MAIL FROM:<a@b> SIZE=9999999999999999999", "501 5.5.4", 0, NULL, 0 }, { "MAIL FROM:<a@b> =", "555 5.5.4", 0, NULL, 0 },
		{ "MAIL FROM:<a@b>x", "501 5.5.4", 0, NULL, 0 }, { "MAIL FROM:<a b@c>", "553 5.1.7", 0, NULL, 0 },
		{ "MAIL FROM:<", "501 5.1.7", 0, NULL, 0 },
		{ "RCPT TO:<@a,@b:c@d>", NULL, SERVE_RCPT, "c@d", -1 }, { "RCPT TO:<POSTMASTER>", NULL, SERVE_RCPT, "POSTMASTER", -1 },
		{ "RCPT TO:<@a>", "553 5.1.3", 0, NULL, 0 }, { "BDAT 0", NULL, SERVE_BDAT, NULL, 0 },
		{ "BDAT 17 last", NULL, SERVE_BDAT, NULL, 17 },
		{ "BDAT 0x1", "501 5.5.4", 0, NULL, 0 }, { "BDAT 1 ", NULL, SERVE_BDAT, NULL, 1 }, { "", "500 5.5.1", 0, NULL, 0 },
		{ " QUIT", "500 5.5.1", 0, NULL, 0 },
		{ "DATA\t", "500 5.5.2", 0, NULL, 0 }, { "TURN", "502 5.5.1", 0, NULL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		struct serve_command c;
		char line[256];
		const char *wrong;

		strlcpy(line, table[i].line, sizeof line);
		wrong = serve_parse(line, strlen(line), &c);
		if (table[i].wrong != NULL) {
			assert_non_null(wrong);
			assert_memory_equal(wrong, table[i].wrong, 9);
			continue;
		}
		assert_null(wrong);
		assert_int_equal(c.verb, table[i].verb);
		assert_true(c.size == table[i].size);
		if (table[i].text != NULL)
			assert_string_equal(c.text, table[i].text);
	}
}

static void
path_limit(void **state)
{
	struct serve_command c;
	char line[512];
	int n;

	(void)state;
	for (n = SERVE_PATH_MAX - 1; n <= SERVE_PATH_MAX + 1; n++) {
		strlcpy(line, "RCPT TO:<", sizeof line);
		memset(line + 9, 'x', (size_t)n);
		strlcpy(line + 9 + n - 2, "@x>", sizeof line - 9 - (size_t)n);
		assert_int_equal(serve_parse(line, strlen(line), &c) == NULL, n <= SERVE_PATH_MAX);
	}
}

static void
lists(void **state)
{
	static const struct { const char *addr, *list; int is; } table[] = {
		{ "127.0.0.1", "loopback", 1 }, { "127.255.0.1", "loopback", 1 }, { "::1", "loopback", 1 }, { "::2", "loopback", 0 },
		{ "192.0.2.1", "192.0.2.1", 1 }, { "192.0.2.1", "192.0.2.2", 0 }, { "192.0.2.1", "10.0.0.0/8, 192.0.2.0/31", 1 },
		{ "192.0.2.2", "192.0.2.0/31", 0 }, { "192.0.2.255", "192.0.2.0/24", 1 }, { "192.0.3.0", "192.0.2.0/24", 0 },
		{ "192.0.2.1", "0.0.0.0/0", 1 }, { "2001:db8::1", "0.0.0.0/0", 0 }, { "192.0.2.1", "::/0", 1 },
		{ "2001:db8:ffff::1", "2001:db8::/32", 1 },
		{ "2001:db9::1", "2001:db8::/32", 0 }, { "192.0.2.1", "", 0 }, { "192.0.2.1", " ,", 0 }, { "192.0.2.1", "192.0.2.0/33", -1 },
		{ "192.0.2.1", "192.0.2", -1 }, { "192.0.2.1", "192.0.2.0/-1", -1 }, { "192.0.2.1", "192.0.2.0/", -1 },
		{ "192.0.2.1", "example.org", -1 },
		{ "2001:db8::1", "2001:db8::/129", -1 }, { "", "loopback ::/0 0.0.0.0/0", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof *table; i++) {
		struct serve_client c = { .known = 0 };
		struct err e = { 0 };

		if (*table[i].addr != '\0')
			assert_int_equal(serve_client_set(&c, table[i].addr), 0);
		assert_int_equal(serve_client_listed(&c, table[i].list, &e), table[i].is);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smuggling), cmocka_unit_test(chunks), cmocka_unit_test(hops), cmocka_unit_test(commands),
		cmocka_unit_test(path_limit), cmocka_unit_test(lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
