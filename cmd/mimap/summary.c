/* SPDX-License-Identifier: ISC */
/* summary.c - the columns of search -l (ENVELOPE: RFC 3501 section 7.4.2). */
#include "summary.h"

#include <string.h>
#include <time.h>

#include "caps.h"
#include "date.h"
#include "flagname.h"
#include "mailbox.h"
#include "response.h"
#include "words.h"

void
summary_begin(struct summary *s, const struct caps *caps, int json)
{
	static const struct column columns[] = {
		{ "uid", 6, 1 }, { "date", 11, 0 }, { "size", 5, 1 }, { "flags", 8, 0 }, { "from", 18, 0 }, { "subject", 0, 0 }
	};

	memset(s, 0, sizeof(*s));
	rows_begin(&s->rows, columns, sizeof(columns) / sizeof(*columns), json);
	buf_adds(&s->items, "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE");
	if (s->rows.form != ROWS_TABS && caps_has(caps, CAP_PREVIEW))
		buf_adds(&s->items, json ? " PREVIEW" : " PREVIEW (LAZY)");
	if (caps_has(caps, CAP_GMAIL))
		buf_adds(&s->items, " X-GM-LABELS");
	if (json && caps_has(caps, CAP_OBJECTID))
		buf_adds(&s->items, " EMAILID THREADID");
	if (json && caps_has(caps, CAP_SAVEDATE))
		buf_adds(&s->items, " SAVEDATE");
	buf_addc(&s->items, ')');
}

void
summary_free(struct summary *s)
{
	rows_free(&s->rows);
	buf_free(&s->items);
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

/* Gmail's labels follow the flags, as `flag` takes them: seen,label:Work */
static void
add_labels(struct buf *words, const struct value *labels)
{
	const struct value *v;
	const char *text;
	size_t n, i;

	for (v = value_at(labels, 0); v != NULL; v = v->next) {
		if (!value_text(v, &text, &n))
			continue;
		if (strcmp(buf_str(words), "-") == 0)
			buf_cut(words, 0);
		buf_adds(words, words->len > 0 ? ",label:" : "label:");
		i = words->len;
		mailbox_from_wire(words, text, n, &(struct mailbox_form){ .delimiter = '\0' });
		for (; i < words->len; i++) {
			if (words->data[i] == ',')
				words->data[i] = ' ';
		}
	}
}

static void
put_flags(struct rows *rows, const struct value *flags, const struct value *labels)
{
	struct buf words = { 0 };

	flagname_print(&words, flags);
	add_labels(&words, labels);
	rows_words(rows, buf_str(&words));
	buf_free(&words);
}

/* On a terminal the preview stands behind the subject, as far as there is room. */
static void
put_subject(struct rows *rows, const struct value *v, const struct value *preview)
{
	struct buf out = { 0 };
	const char *text;
	size_t n;

	if (value_text(v, &text, &n))
		words_decode(&out, text, n);
	if (rows->form == ROWS_TERMINAL && value_text(preview, &text, &n) && n > 0) {
		buf_adds(&out, " - ");
		buf_add(&out, text, n);
	}
	if (out.len > 0 || !value_nil(v))
		rows_text(rows, buf_str(&out), out.len);
	else
		rows_none(rows);
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

static void
put_extra(struct rows *rows, const char *name, const struct value *v)
{
	const char *text;
	size_t n;

	if (v != NULL && v->kind == VALUE_LIST)		/* EMAILID (id) */
		v = value_at(v, 0);
	if (value_text(v, &text, &n) && rows_extra(rows, name))
		rows_text(rows, text, n);
}

void
summary_row(struct summary *s, const struct response *r)
{
	const struct value *envelope = value_after(r->args, "ENVELOPE"), *saved = value_after(r->args, "SAVEDATE");
	const struct value *preview = value_after(r->args, "PREVIEW");
	struct rows *rows = &s->rows;

	put_number(rows, value_after(r->args, "UID"), rows_number);
	put_date(rows, value_after(r->args, "INTERNALDATE"));
	put_number(rows, value_after(r->args, "RFC822.SIZE"), rows_size);
	put_flags(rows, value_after(r->args, "FLAGS"), value_after(r->args, "X-GM-LABELS"));
	put_address(rows, value_at(value_at(envelope, 2), 0));
	put_subject(rows, value_at(envelope, 1), preview);
	put_extra(rows, "preview", preview);
	put_extra(rows, "emailid", value_after(r->args, "EMAILID"));
	put_extra(rows, "threadid", value_after(r->args, "THREADID"));
	if (!value_nil(saved) && rows_extra(rows, "saved"))
		put_date(rows, saved);
	put_extra(rows, "messageid", value_at(envelope, 9));
	rows_end(rows);
}
