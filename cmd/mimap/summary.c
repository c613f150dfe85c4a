/* SPDX-License-Identifier: ISC */
/* summary.c - the columns of search -l (ENVELOPE: RFC 3501 section 7.4.2). */
#include "summary.h"

#include <string.h>
#include <time.h>

#include "date.h"
#include "flagname.h"
#include "response.h"
#include "rows.h"
#include "words.h"

void
summary_begin(struct rows *rows, int json)
{
	static const struct column columns[] = {
		{ "uid", 6, 1 }, { "date", 11, 0 }, { "size", 5, 1 }, { "flags", 8, 0 }, { "from", 18, 0 }, { "subject", 0, 0 }
	};

	rows_begin(rows, columns, sizeof(columns) / sizeof(*columns), json);
}

static void
put_number(struct rows *rows, const struct value *v, void (*put)(struct rows *, uint64_t))
{
	uint64_t n;

	if (value_u64(v, &n))
		put(rows, n);
	else
		rows_none(rows);
}

/* On a terminal as ls shows it: the time for what is recent, else the year. */
static size_t
format_date(const struct rows *rows, time_t when, const struct tm *tm, char *out, size_t size)
{
	time_t age = time(NULL) - when;

	if (rows->form != ROWS_TERMINAL)
		return strftime(out, size, "%Y-%m-%dT%H:%M:%S%z", tm);
	if (age >= 0 && age < 300 * 86400)
		return strftime(out, size, "%m-%d %H:%M", tm);
	return strftime(out, size, "%Y-%m-%d", tm);
}

static void
put_date(struct rows *rows, const struct value *v)
{
	const char *text;
	char out[40];
	struct tm tm;
	size_t n;
	time_t when;

	if (!value_text(v, &text, &n) || !date_internal(text, n, &when) || localtime_r(&when, &tm) == NULL) {
		rows_none(rows);
		return;
	}
	n = format_date(rows, when, &tm, out, sizeof(out));
	rows_text(rows, out, n);
}

static void
put_flags(struct rows *rows, const struct value *flags)
{
	struct buf words = { 0 };

	flagname_print(&words, flags);
	rows_words(rows, buf_str(&words));
	buf_free(&words);
}

static void
put_subject(struct rows *rows, const struct value *v)
{
	struct buf out = { 0 };
	const char *text;
	size_t n;

	if (value_text(v, &text, &n)) {
		words_decode(&out, text, n);
		rows_text(rows, buf_str(&out), out.len);
	} else {
		rows_none(rows);
	}
	buf_free(&out);
}

/* (name route mailbox host): Ann Example <ann@example.org>, on a terminal the name alone where there is one */
static void
put_address(struct rows *rows, const struct value *address)
{
	struct buf out = { 0 }, addr = { 0 };
	const char *text;
	size_t n;

	if (value_text(value_at(address, 2), &text, &n))
		buf_add(&addr, text, n);
	if (value_text(value_at(address, 3), &text, &n)) {
		buf_addc(&addr, '@');
		buf_add(&addr, text, n);
	}
	if (value_text(value_at(address, 0), &text, &n) && n > 0)
		words_decode(&out, text, n);
	if (out.len == 0)
		buf_add(&out, buf_str(&addr), addr.len);
	else if (rows->form != ROWS_TERMINAL && addr.len > 0)
		buf_printf(&out, " <%s>", buf_str(&addr));
	if (out.len > 0)
		rows_text(rows, buf_str(&out), out.len);
	else
		rows_none(rows);
	buf_free(&out);
	buf_free(&addr);
}

void
summary_row(struct rows *rows, const struct response *r)
{
	const struct value *envelope = value_after(r->args, "ENVELOPE");

	put_number(rows, value_after(r->args, "UID"), rows_number);
	put_date(rows, value_after(r->args, "INTERNALDATE"));
	put_number(rows, value_after(r->args, "RFC822.SIZE"), rows_size);
	put_flags(rows, value_after(r->args, "FLAGS"));
	put_address(rows, value_at(value_at(envelope, 2), 0));
	put_subject(rows, value_at(envelope, 1));
	rows_end(rows);
}
