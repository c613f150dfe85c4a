/* SPDX-License-Identifier: ISC */
/* message.c - the header of a message, field by field (RFC 5322 2.2), and completed for submission (RFC 6409 8). */
#include "message.h"

#include <string.h>
#include <strings.h>

#include "buf.h"

static size_t
line_length(const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);

	return lf == NULL ? n : (size_t)(lf - p) + 1;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
is_empty_line(const char *p, size_t n)
{
	return n > 0 && (*p == '\n' || (n > 1 && p[0] == '\r' && p[1] == '\n'));
}

/* Octets of the field's name that the line begins with, 0 if it is no field; *colon is where the colon stands. */
static size_t
field_name(const char *p, size_t n, size_t *colon)
{
	size_t len = 0, at;

	while (len < n && p[len] > ' ' && p[len] < 0x7f && p[len] != ':')
		len++;
	for (at = len; at < n && is_blank(p[at]); at++)
		;
	if (at == n || p[at] != ':')
		return 0;
	*colon = at;
	return len;
}

/* Octets of an mbox "From " line, which some programs put before a message; 0 if there is none. */
static size_t
mbox_line(const char *p, size_t n)
{
	size_t line = line_length(p, n), quote = n > 0 && *p == '>', colon;

	return n - quote < 5 || memcmp(p + quote, "From ", 5) != 0 || field_name(p, line, &colon) != 0 ? 0 : line;
}

int
message_header(const char *p, size_t n, size_t *len)
{
	size_t at = n == 0 ? 0 : mbox_line(p, n), line, colon;
	int inside = 0;

	for (; at < n; at += line) {
		line = line_length(p + at, n - at);
		if (is_empty_line(p + at, line)) {
			*len = at + line;
			return 1;
		}
		if (p[at + line - 1] != '\n')
			break;
		if (!(inside && is_blank(p[at])) && field_name(p + at, line, &colon) == 0) {
			*len = at;
			return 1;
		}
		inside = 1;
	}
	*len = n;
	return 0;
}

int
message_field(const char *block, size_t n, size_t *pos, struct field *f)
{
	size_t at = *pos, line, colon, len;
	const char *p;

	if (at == 0 && n > 0)
		at = mbox_line(block, n);
	if (at >= n)
		return 0;
	p = block + at;
	line = line_length(p, n - at);
	if ((len = field_name(p, line, &colon)) == 0)
		return 0;
	while (line < n - at && is_blank(p[line]) && p[line - 1] == '\n')
		line += line_length(p + line, n - at - line);
	*f = (struct field){.raw = p, .raw_len = line, .name = p, .name_len = len, .value = p + colon + 1};
	f->value_len = line - colon - 1;
	if (f->value_len > 0 && p[line - 1] == '\n')
		f->value_len -= f->value_len > 1 && p[line - 2] == '\r' ? 2 : 1;
	*pos = at + line;
	return 1;
}

int
message_is(const struct field *f, const char *name)
{
	return strlen(name) == f->name_len && strncasecmp(f->name, name, f->name_len) == 0;
}

/* LF, with any CRs before it, becomes `lf`: "\n", or "" to unfold. Another CR, which would be a line end on the wire, becomes a
 * space. */
static void
add_lines(struct buf *out, const char *p, size_t n, const char *lf)
{
	for (size_t line; n > 0; p += line, n -= line) {
		size_t keep = line = line_length(p, n);

		if (p[line - 1] == '\n')
			for (keep--; keep > 0 && p[keep - 1] == '\r'; keep--)
				;
		for (size_t i = 0; i < keep; i++)
			buf_addc(out, p[i] == '\r' ? ' ' : p[i]);
		if (p[line - 1] == '\n')
			buf_adds(out, lf);
	}
}

int
message_get(const char *block, size_t n, const char *name, struct buf *value)
{
	struct field f;
	size_t pos = 0, from = value->len, blank = 0;

	do
		if (!message_field(block, n, &pos, &f))
			return 0;
	while (!message_is(&f, name));
	add_lines(value, f.value, f.value_len, "");
	while (value->len > from && is_blank(value->data[value->len - 1]))
		buf_cut(value, value->len - 1);
	while (from + blank < value->len && is_blank(value->data[from + blank]))
		blank++;
	if (blank > 0) {
		memmove(value->data + from, value->data + from + blank, value->len - from - blank);
		buf_cut(value, value->len - blank);
	}
	return 1;
}

/* The sender's domain where it can stand in a Message-ID, else this machine's name, which says more than it has to. */
static const char *
id_domain(const struct message_from *from)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	const char *at = from->addr == NULL ? NULL : strrchr(from->addr, '@');

	if (at == NULL || at[1] == '\0' || at[1 + strspn(at + 1, fit)] != '\0')
		return message_hostname();
	return at + 1;
}

static void
add_missing(struct buf *out, int date, int from_there, int id, const struct message_from *from)
{
	if (!date) {
		buf_adds(out, "Date: ");
		message_date(out, time(NULL));
		buf_addc(out, '\n');
	}
	if (!from_there && from->addr != NULL) {
		buf_adds(out, "From: ");
		message_mailbox(out, from->name, from->addr);
		buf_addc(out, '\n');
	}
	if (!id) {
		buf_adds(out, "Message-ID: ");
		message_id(out, id_domain(from));
		buf_addc(out, '\n');
	}
}

void
message_complete(struct buf *out, const char *block, size_t n, const struct message_from *from)
{
	struct field f;
	size_t pos = 0;
	int date = 0, from_there = 0, id = 0;

	while (message_field(block, n, &pos, &f)) {
		if (message_is(&f, "Bcc") || message_is(&f, "Resent-Bcc"))
			continue;
		date |= message_is(&f, "Date");
		from_there |= message_is(&f, "From");
		id |= message_is(&f, "Message-ID");
		add_lines(out, f.raw, f.raw_len, "\n");
		if (f.raw[f.raw_len - 1] != '\n')
			buf_addc(out, '\n');
	}
	add_missing(out, date, from_there, id, from);
	buf_addc(out, '\n');
}
