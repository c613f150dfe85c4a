/* SPDX-License-Identifier: ISC */
/* response: data that was parsed, printed as a server would say it, parses to the same; a literal is never larger than it may be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mimap/flagname.h"
#include "../../cmd/mimap/mailbox.h"
#include "../../cmd/mimap/response.h"
#include "../../cmd/mimap/update.h"
#include "buf.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* 0 when a whole response stands at the beginning of the text. */
static int
feed(struct response *r, const char *text, size_t n, struct err *e)
{
	const char *end;
	size_t line;
	int got;

	response_begin(r);
	for (;;) {
		end = n > 0 ? memchr(text, '\n', n) : NULL;
		line = end != NULL ? (size_t)(end - text) : n;
		got = response_line(r, text, line > 0 && text[line - 1] == '\r' ? line - 1 : line, e);
		if (got != RESPONSE_LITERAL)
			return got;
		if (r->literal > INT64_MAX)
			abort();
		response_item(r);
		if (end == NULL || r->literal > n - line - 1)
			return -1;
		text += line + 1;
		n -= line + 1;
		if (response_string(r, text, (size_t)r->literal, e) == -1)
			return -1;
		text += r->literal;
		n -= (size_t)r->literal;
	}
}

static void
print(struct buf *out, const struct response *r)
{
	size_t i;

	buf_adds(out, "* ");
	if (r->numbered)
		buf_printf(out, "%u ", r->number);
	buf_adds(out, r->name);
	for (i = 0; i < r->number_count; i++) {
		if (r->numbers[i] == 0 && response_is(r, "THREAD"))
			buf_adds(out, i > 0 ? ")(" : " (");
		else
			buf_printf(out, " %u", r->numbers[i]);
	}
	if (i > 0 && response_is(r, "THREAD"))
		buf_addc(out, ')');
	if (r->args != NULL)
		buf_addc(out, ' ');
	value_print(out, r->args);
}

static void
use(const struct response *r)
{
	char letters[FLAG_LETTERS];
	struct mailbox_form form = { '.', 0 };
	struct buf out = { 0 };

	flagname_letters(value_after(r->args, "FLAGS"), letters);
	flagname_print(&out, r->args);
	if (r->args != NULL && r->args->text != NULL)
		mailbox_from_wire(&out, r->args->text, r->args->len, &form);
	buf_free(&out);
}

static int
no_pair(void *ctx, uint32_t from, uint32_t to, struct err *e)
{
	(void)ctx;
	(void)e;
	if (from == 0 || to == 0)
		abort();
	return 0;
}

static void
read_update(const struct response *r)
{
	struct uidset set = { NULL, 0, 0 };
	struct update_fetch f;
	struct update_status s;
	struct err e;
	uint32_t validity;
	int earlier;

	if (r->kind == RESPONSE_DATA) {
		update_fetch(r, &f);
		update_status(r, &s);
		update_vanished(r, &set, &earlier, &e);
	} else {
		update_modified(r, &set, &e);
		update_appended(r, &validity, &set, &e);
		update_copied(r, &validity, 100, no_pair, NULL, &e);
	}
	uidset_free(&set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct response r, again;	/* reused, as a session does */
	struct buf out = { 0 }, out2 = { 0 };
	struct err e = { 0 };
	int whole = feed(&r, (const char *)data, size, &e) == 0;

	if (whole)
		read_update(&r);
	if (whole && r.kind == RESPONSE_DATA) {
		use(&r);
		print(&out, &r);
		if (feed(&again, out.data, out.len, &e) == -1)
			abort();
		print(&out2, &again);
		if (out.len != out2.len || memcmp(out.data, out2.data, out.len) != 0)
			abort();
	}
	buf_free(&out);
	buf_free(&out2);
	return 0;
}
