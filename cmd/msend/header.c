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
#define LINE_MAX_OCTETS 998	/* RFC 5322 2.1.1 */
#define WORD_MAX 75		/* of an encoded word, RFC 2047 2 */

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

/* "=?utf-8?q?G=C3=BC=C3=9Fe?=": one that the caller has encoded. */
static int
is_encoded_word(const char *p, size_t n)
{
	size_t charset, text;

	if (n < 8 || n > WORD_MAX || has_eight(p, n) || memcmp(p, "=?", 2) != 0 || memcmp(p + n - 2, "?=", 2) != 0)
		return 0;
	charset = strcspn(p + 2, "?");
	if (charset == 0 || charset + 7 > n || strchr("BbQq", p[charset + 3]) == NULL || p[charset + 4] != '?')
		return 0;
	text = charset + 5;
	return text + strcspn(p + text, "? \t") == n - 2;
}

/* Also what a reader would take for an encoded word, and what no line holds. */
static int
needs_encoding(const char *p, size_t n)
{
	const char *mark = memmem(p, n, "=?", 2);

	if (is_encoded_word(p, n))
		return 0;
	return has_eight(p, n) || n > LINE_MAX_OCTETS - COLUMNS
	    || (mark != NULL && memmem(mark + 2, n - (size_t)(mark - p) - 2, "?=", 2) != NULL);
}

/* Octets of words that need encoding, with the blanks between them, which would be lost otherwise (RFC 2047 6.2). One that is encoded
 * already may follow: then the blanks before it as well. */
static size_t
run_length(const char *p)
{
	size_t run = word_len(p), gap, next;

	for (;; run += gap + next) {
		gap = strspn(p + run, " \t");
		next = word_len(p + run + gap);
		if (next > 0 && is_encoded_word(p + run + gap, next))
			return run + gap;
		if (next == 0 || !needs_encoding(p + run + gap, next))
			return run;
	}
}

static void
unstructured(struct line *l, const char *p)
{
	size_t gap, n;
	int after = 0;		/* an encoded word */

	for (; *(p += gap = strspn(p, " \t")) != '\0'; p += n) {
		n = word_len(p);
		if (needs_encoding(p, n)) {
			p -= after ? gap : 0;
			n = run_length(p + (after ? gap : 0)) + (after ? gap : 0);
			encoded(l, p, n);
		} else {
			space(l, n);
			buf_add(l->out, p, n);
		}
		after = is_encoded_word(p, n);
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
	size_t begin = out->len;

	if (no_controls(name, value, e) == -1)
		return -1;
	buf_printf(out, "%s:", name);
	if (!is_address_field(name)) {
		unstructured(&l, value);
	} else if (message_addresses(value, strlen(value), put_address, &a, e) == -1) {
		buf_cut(out, begin);
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

/* Octets of the UTF-8 character at p, 0 if it is none. */
static size_t
character(const char *p)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0, i;

	for (i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* A character, or what stands for an octet that belongs to none and for a control. Returns the octets used. */
static size_t
put_character(struct buf *out, const char *p)
{
	size_t n = character(p), i;

	if (n == 0 || (unsigned char)*p < ' ' || *p == 127) {
		buf_addc(out, '_');
		return 1;
	}
	for (i = 0; i < n; i++) {
		if (is_attribute_char(p[i]))
			buf_addc(out, p[i]);
		else
			buf_printf(out, "%%%02X", (unsigned int)(unsigned char)p[i]);
	}
	return n;
}

/* RFC 2231 3 and 4: numbered sections of percent escapes. A character is in one of them: some readers decode each on its own. */
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
		while (*value != '\0' && out->len - start < COLUMNS - 12)
			value += put_character(out, value);
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

/* Where a line of n octets is parted: before a blank behind which there is something; the last that leaves it short, else the first. 0:
 * nowhere. */
static size_t
fold_at(const char *p, size_t n)
{
	size_t at = 0, i;

	while (n > 0 && strchr(" \t\r", p[n - 1]) != NULL && p[n - 1] != '\0')
		n--;
	for (i = 1; i < n && (at == 0 || i <= COLUMNS); i++)
		if ((p[i] == ' ' || p[i] == '\t') && p[i - 1] != ' ' && p[i - 1] != '\t')
			at = i;
	return at;
}

static int
fold_line(struct buf *out, const char *p, size_t n)
{
	size_t at;
	int folded = 0;

	for (; n > COLUMNS && (at = fold_at(p, n)) > 0; p += at, n -= at) {
		buf_add(out, p, at);
		buf_addc(out, '\n');
		folded = 1;
	}
	buf_add(out, p, n);
	return folded;
}

int
header_fold(struct buf *out, const char *head, size_t n)
{
	const char *end;
	size_t len;
	int folded = 0;

	for (; n > 0; head += len, n -= len) {
		end = memchr(head, '\n', n);
		len = end != NULL ? (size_t)(end - head) + 1 : n;
		if (len <= LINE_MAX_OCTETS) {
			buf_add(out, head, len);
			continue;
		}
		folded |= fold_line(out, head, len - (end != NULL));
		if (end != NULL)
			buf_addc(out, '\n');
	}
	return folded;
}
