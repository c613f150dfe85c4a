/* SPDX-License-Identifier: ISC */
/* lexer.c - tokens of a response line (RFC 3501 section 9; literal8 of RFC 3516; number64 of RFC 9051).
 *   token   = atom / quoted / "(" / ")" / literal marker at the line's end
 *   atom    = 1*<any octet but SP, CTL, DEL, "(", ")", DQUOTE>, not beginning with "{"; flags, sections and "*" included */
#include "lexer.h"

#include <string.h>
#include <strings.h>

#include "buf.h"

static void
bad(struct token *t, const char *why)
{
	t->kind = TOKEN_BAD;
	t->text = why;
	t->len = strlen(why);
}

static int
atom_char(char c)
{
	return (unsigned char)c > 0x20 && c != 0x7f && c != '(' && c != ')' && c != '"';
}

/* Index behind the closing quote; n + 1 where there is none, 0 where an octet is not allowed. *pos is behind the
 * opening one. */
static size_t
skip_quoted(const char *p, size_t n, size_t i, int *escaped)
{
	for (; i < n; i++) {
		if (p[i] == '"')
			return i + 1;
		if ((unsigned char)p[i] < 0x20 && p[i] != '\t')
			return 0;
		if (p[i] != '\\')
			continue;
		*escaped = 1;
		if (++i < n && p[i] != '"' && p[i] != '\\')
			return 0;
	}
	return n + 1;
}

static void
quoted(const char *p, size_t n, size_t *pos, struct token *t)
{
	size_t end = skip_quoted(p, n, *pos + 1, &t->escaped);

	if (end == 0 || end > n) {
		bad(t, end == 0 ? "a control or a wrong escape in a string" : "a string without its closing quote");
		return;
	}
	t->kind = TOKEN_STRING;
	t->text = p + *pos + 1;
	t->len = end - *pos - 2;
	*pos = end;
}

/* "{123}" or "~{123}", which must end the line. */
static void
literal(const char *p, size_t n, size_t *pos, struct token *t)
{
	size_t i = *pos + (p[*pos] == '~' ? 2 : 1), first = i;
	uint64_t v = 0;

	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (v > (INT64_MAX - (uint64_t)(p[i] - '0')) / 10) {
			bad(t, "a literal whose size is too large to be one");
			return;
		}
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	if (i == first || i + 1 != n || p[i] != '}') {
		bad(t, "a brace that begins no literal");
		return;
	}
	t->kind = TOKEN_LITERAL;
	t->size = v;
	*pos = n;
}

/* BODY[HEADER.FIELDS ("From" To)]<0>: what stands in the brackets belongs to the atom. */
static int
has_section(const char *p, size_t n)
{
	static const char *const names[] = { "BODY", "BINARY", "BODY.PEEK", "BINARY.PEEK", "BINARY.SIZE" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (n == strlen(names[i]) && strncasecmp(p, names[i], n) == 0)
			return 1;
	}
	return 0;
}

/* Index behind the section's bracket, 0 where it has no end. */
static size_t
skip_section(const char *p, size_t n, size_t i)
{
	int escaped = 0;

	while (i < n && p[i] != ']') {
		if (p[i] == '"')
			i = skip_quoted(p, n, i + 1, &escaped);
		else if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			return 0;
		else
			i++;
		if (i == 0 || i > n)
			return 0;
	}
	return i < n ? i + 1 : 0;
}

static void
atom(const char *p, size_t n, size_t *pos, struct token *t)
{
	size_t i = *pos;

	while (i < n && atom_char(p[i])) {
		if (p[i] != '[' || !has_section(p + *pos, i - *pos)) {
			i++;
		} else if ((i = skip_section(p, n, i + 1)) == 0) {
			bad(t, "a section without its bracket");
			return;
		}
	}
	if (i == *pos) {
		bad(t, "a control character");
		return;
	}
	t->kind = TOKEN_ATOM;
	t->text = p + *pos;
	t->len = i - *pos;
	*pos = i;
}

void
lexer_next(const char *p, size_t n, size_t *pos, struct token *t)
{
	memset(t, 0, sizeof(*t));
	while (*pos < n && p[*pos] == ' ')
		(*pos)++;
	if (*pos == n) {
		t->kind = TOKEN_END;
		return;
	}
	switch (p[*pos]) {
	case '(':
	case ')':
		t->kind = p[(*pos)++] == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
		return;
	case '"':
		quoted(p, n, pos, t);
		return;
	case '{':
		literal(p, n, pos, t);
		return;
	case '~':
		if (n - *pos > 1 && p[*pos + 1] == '{') {
			literal(p, n, pos, t);
			return;
		}
		break;
	}
	atom(p, n, pos, t);
}

void
lexer_unescape(struct buf *out, const struct token *t)
{
	size_t i;

	if (!t->escaped) {
		buf_add(out, t->text, t->len);
		return;
	}
	for (i = 0; i < t->len; i++) {
		if (t->text[i] == '\\' && i + 1 < t->len)
			i++;
		buf_addc(out, t->text[i]);
	}
}
