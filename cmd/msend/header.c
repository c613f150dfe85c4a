/* SPDX-License-Identifier: ISC */
/* header.c - each field is written word by word, so that it can be folded before any of them. */
#include "header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "message.h"
#include "xalloc.h"

#define COLUMNS 76

/* A field being written: where its present line began. */
struct line {
	struct buf *out;
	size_t start;
};

static size_t
column(const struct line *l)
{
	return l->out->len - l->start;
}

/* A blank before n more octets; as a fold where they would not fit. */
static void
space(struct line *l, size_t n)
{
	if (column(l) + 1 + n > COLUMNS && column(l) > 1) {
		buf_addc(l->out, '\n');
		l->start = l->out->len;
	}
	buf_addc(l->out, ' ');
}

static int
has_eight(const char *p, size_t n)
{
	for (; n > 0; p++, n--)
		if ((unsigned char)*p > 127)
			return 1;
	return 0;
}

/* Text that may hold folds of its own. */
static void
put_folded(struct line *l, const struct buf *text)
{
	const char *lf = strrchr(buf_str(text), '\n');

	space(l, strcspn(buf_str(text), "\n"));
	buf_add(l->out, text->data, text->len);
	if (lf != NULL)
		l->start = l->out->len - strlen(lf + 1);
}

/* n octets of p as encoded words. */
static void
encoded(struct line *l, const char *p, size_t n)
{
	struct buf words = { 0 };
	char *text = xstrndup(p, n);

	message_encode_words(&words, text);
	put_folded(l, &words);
	buf_free(&words);
	free(text);
}

static size_t
word_len(const char *p)
{
	return strcspn(p, " \t");
}

static int
needs_encoding(const char *p, size_t n)
{
	return has_eight(p, n) || (n > 2 && memcmp(p, "=?", 2) == 0 && memcmp(p + n - 2, "?=", 2) != 0);
}

/* Words that need encoding are taken together with the blanks between them, which would be lost otherwise (RFC 2047 6.2). */
static void
unstructured(struct line *l, const char *p)
{
	while (*(p += strspn(p, " \t")) != '\0') {
		size_t n = word_len(p), run = n, gap, next;

		if (!needs_encoding(p, n)) {
			space(l, n);
			buf_add(l->out, p, n);
			p += n;
			continue;
		}
		for (;;) {
			gap = strspn(p + run, " \t");
			next = word_len(p + run + gap);
			if (next == 0 || !needs_encoding(p + run + gap, next))
				break;
			run += gap + next;
		}
		encoded(l, p, run);
		p += run;
	}
}

struct addresses {
	struct line *l;
	size_t count;
};

static int
put_address(void *ctx, const char *name, const char *addr, struct err *e)
{
	struct addresses *a = ctx;
	struct buf mailbox = { 0 };

	(void)e;
	if (a->count++ > 0)
		buf_addc(a->l->out, ',');
	message_mailbox(&mailbox, name, addr);
	put_folded(a->l, &mailbox);
	buf_free(&mailbox);
	return 0;
}

static int
is_address_field(const char *name)
{
	static const char *const names[] = { "From", "To", "Cc", "Bcc", "Reply-To", "Sender", "Resent-From", "Resent-To",
		"Resent-Cc", "Resent-Bcc", "Resent-Sender", "Mail-Followup-To", "Disposition-Notification-To" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return 1;
	return 0;
}

int
header_name_ok(const char *name, unsigned long len)
{
	unsigned long i;

	for (i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] >= 127 || name[i] == ':')
			return 0;
	return len > 0 && len <= 70;
}

static int
no_controls(const char *name, const char *value, struct err *e)
{
	const char *p;

	if (!header_name_ok(name, strlen(name)))
		return err_set(e, ERR_DATA, "not a header field's name: \"%s\"", name);
	for (p = value; *p != '\0'; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 127)
			return err_set(e, ERR_DATA, "control character in %s: \"%s\"", name, value);
	return 0;
}

int
header_field(struct buf *out, const char *name, const char *value, struct err *e)
{
	struct line l = { out, out->len };
	struct addresses a = { &l, 0 };

	if (no_controls(name, value, e) == -1)
		return -1;
	buf_printf(out, "%s:", name);
	if (!is_address_field(name)) {
		unstructured(&l, value);
	} else if (message_addresses(value, strlen(value), put_address, &a, e) == -1) {
		buf_cut(out, l.start);
		return err_prefix(e, "%s", name);
	} else if (a.count == 0) {		/* a group without members, "undisclosed-recipients:;" */
		buf_printf(out, " %s", value);
	}
	buf_addc(out, '\n');
	return 0;
}

static int
is_attribute_char(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 127 && strchr("*'%()<>@,;:\\\"/[]?=", c) == NULL;
}

/* RFC 2231 3 and 4: numbered sections of percent escapes. */
static void
param_sections(struct buf *out, const char *name, const char *value)
{
	unsigned int section = 0;
	size_t start;

	while (*value != '\0') {
		start = out->len;
		buf_printf(out, ";\n\t%s*%u*=", name, section);
		if (section++ == 0)
			buf_adds(out, "utf-8''");
		for (; *value != '\0' && out->len - start < COLUMNS - 4; value++) {
			if (is_attribute_char(*value))
				buf_addc(out, *value);
			else
				buf_printf(out, "%%%02X", (unsigned int)(unsigned char)*value);
		}
	}
}

void
header_param(struct buf *out, const char *name, const char *value)
{
	size_t len = strlen(value);
	const char *p;

	if (has_eight(value, len) || len + strlen(name) > COLUMNS - 6) {
		param_sections(out, name, value);
		return;
	}
	buf_printf(out, ";\n\t%s=\"", name);
	for (p = value; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(out, '\\');
		buf_addc(out, (unsigned char)*p < ' ' || *p == 127 ? '_' : *p);
	}
	buf_addc(out, '"');
}
