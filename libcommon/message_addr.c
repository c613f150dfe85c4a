/* SPDX-License-Identifier: ISC */
/* message_addr.c - address lists (RFC 5322 3.4 and 4.4, RFC 6532), read in one pass without recursion.
 * Each entry is collected twice at once: as a phrase (what a reader sees) and as an addr-spec (what stands there, less white
 * space and comments); what follows tells which of the two it was. More is accepted than the RFC has (dots, @ and 8-bit in
 * names), but a control octet, an unclosed quote or comment, and two addresses without a comma are refused. */
#include "message.h"

#include <string.h>

#include "buf.h"
#include "err.h"

#define ADDR_MAX 512

struct entry {
	const char *start;
	struct buf phrase, spec, comment;
	int words;		/* there is something in phrase */
	int joined;		/* the last token was a dot or @: white space after it is nothing */
	int spaced;		/* white space parts two words: no addr-spec */
	int angle;		/* spec is from <> */
};

struct scan {
	const char *p, *end;
	int gap;		/* white space or a comment stood before p */
	int group;
	struct entry entry;
	message_addr_fn *fn;
	void *ctx;
};

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
is_atom(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f && strchr("()<>[]:;@\\,.\"", c) == NULL;
}

static void
entry_clear(struct scan *s)
{
	struct entry *n = &s->entry;

	buf_cut(&n->phrase, 0);
	buf_cut(&n->spec, 0);
	buf_cut(&n->comment, 0);
	n->words = n->joined = n->spaced = n->angle = 0;
	n->start = s->p;
}

/* From "(" to the matching ")"; the text between is kept as the entry's comment. */
static int
comment(struct scan *s)
{
	struct buf *text = &s->entry.comment;
	int depth = 0;

	buf_cut(text, 0);
	for (; s->p < s->end; s->p++) {
		if (*s->p == '(' && depth++ == 0)
			continue;
		if (*s->p == ')' && --depth == 0) {
			s->p++;
			return 0;
		}
		if (*s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		if (*s->p != '\r' && *s->p != '\n')
			buf_addc(text, *s->p);
	}
	return -1;
}

static int
skip_space(struct scan *s)
{
	s->gap = 0;
	while (s->p < s->end && (is_space(*s->p) || *s->p == '(')) {
		s->gap = 1;
		if (*s->p != '(')
			s->p++;
		else if (comment(s) == -1)
			return -1;
	}
	return 0;
}

/* A quoted string as it stands into raw, what it says into text. */
static int
quoted(struct scan *s, struct buf *raw, struct buf *text)
{
	buf_addc(raw, *s->p++);
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\r' || *s->p == '\n')
			continue;
		buf_addc(raw, *s->p);
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p == '\\' && s->p + 1 < s->end && s->p[1] != '\r' && s->p[1] != '\n')
			buf_addc(raw, *++s->p);
		buf_addc(text, *s->p);
	}
	return -1;
}

/* An atom, or a domain literal. */
static int
plain(struct scan *s, struct buf *raw, struct buf *text)
{
	const char *start = s->p;

	if (*s->p == '[') {
		while (s->p < s->end && *s->p != ']' && !is_space(*s->p))
			s->p++;
		if (s->p == s->end || *s->p++ != ']')
			return -1;
	} else {
		while (s->p < s->end && is_atom(*s->p))
			s->p++;
	}
	buf_add(raw, start, (size_t)(s->p - start));
	buf_add(text, start, (size_t)(s->p - start));
	return s->p == start ? -1 : 0;
}

/* One word, dot or @ onto the entry. */
static int
token(struct scan *s)
{
	struct entry *n = &s->entry;
	int joins = *s->p == '.' || *s->p == '@', parted = n->words && s->gap;

	if (parted && !joins && !n->joined)
		n->spaced = 1;
	if (parted)
		buf_addc(&n->phrase, ' ');
	n->words = 1;
	n->joined = joins;
	if (*s->p == '"')
		return quoted(s, &n->spec, &n->phrase);
	if (!joins)
		return plain(s, &n->spec, &n->phrase);
	buf_addc(&n->spec, *s->p);
	buf_addc(&n->phrase, *s->p++);
	return 0;
}

/* <addr>, or with an obsolete route before it: <@a.example,@b.example:addr>. The words before it stay as the phrase. */
static int
angle(struct scan *s)
{
	struct entry *n = &s->entry;
	size_t phrase = n->phrase.len;

	if (n->angle)
		return -1;
	buf_cut(&n->spec, 0);
	n->words = n->spaced = n->joined = 0;
	s->p++;
	if (skip_space(s) == 0 && s->p < s->end && *s->p == '@') {
		while (s->p < s->end && *s->p != ':' && *s->p != '>')
			s->p++;
		if (s->p == s->end || *s->p++ != ':')
			return -1;
	}
	while (skip_space(s) == 0 && s->p < s->end && *s->p != '>')
		if (token(s) == -1)
			return -1;
	if (s->p == s->end)
		return -1;
	s->p++;
	buf_cut(&n->phrase, phrase);
	n->angle = 1;
	return 0;
}

static const char *
trimmed(struct buf *text)
{
	const char *p = buf_str(text);

	while (text->len > 0 && is_space(text->data[text->len - 1]))
		buf_cut(text, text->len - 1);
	while (is_space(*p))
		p++;
	return p;
}

/* Hands the entry over, if there is one. -1 also when fn says so; then *bad is left 0. */
static int
finish(struct scan *s, int *bad, struct err *e)
{
	struct entry *n = &s->entry;
	const char *name;
	int r = 0;

	if (n->angle || n->words) {
		*bad = n->spaced || !message_addr_ok(buf_str(&n->spec));
		name = n->angle && n->phrase.len > 0 ? buf_str(&n->phrase) : trimmed(&n->comment);
		if (*bad)
			return -1;
		r = s->fn(s->ctx, name, n->spec.data, e);
	}
	entry_clear(s);
	return r;
}

/* One step of the list; the cases are what tells entries apart. */
static int
step(struct scan *s, int *bad, struct err *e)
{
	struct entry *n = &s->entry;

	*bad = 1;
	switch (*s->p) {
	case ';':
		if (!s->group)
			return -1;
		s->group = 0;
		/* FALLTHROUGH */
	case ',':
		if (finish(s, bad, e) == -1)
			return -1;
		n->start = ++s->p;
		return 0;
	case ':':
		if (s->group || n->angle || !n->words)
			return -1;
		s->group = 1;
		s->p++;
		entry_clear(s);
		return 0;
	case '<':
		return angle(s);
	default:
		return n->angle ? -1 : token(s);
	}
}

static int
list(struct scan *s, int *bad, struct err *e)
{
	for (;;) {
		*bad = 1;
		if (skip_space(s) == -1)
			return -1;
		if (s->p == s->end) {
			*bad = 0;
			return finish(s, bad, e);
		}
		if (step(s, bad, e) == -1)
			return -1;
	}
}

/* Other than white space. */
static int
has_control(const char *p, size_t n)
{
	for (; n > 0; n--, p++)
		if (((unsigned char)*p < ' ' && !is_space(*p)) || *p == 0x7f)
			return 1;
	return 0;
}

static int
unreadable(const char *p, size_t n, struct err *e)
{
	while (n > 0 && is_space(*p))
		p++, n--;
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\0' || p[i] == '\n' || p[i] == '\r')
			n = i;
	return err_set(e, ERR_DATA, "can't read the address \"%.*s\"", (int)(n > 80 ? 80 : n), p);
}

int
message_addresses(const char *text, size_t n, message_addr_fn *fn, void *ctx, struct err *e)
{
	struct scan s = {.p = text, .end = text + n, .fn = fn, .ctx = ctx};
	int bad = 1, r;

	if (has_control(text, n))
		return unreadable(text, n, e);
	entry_clear(&s);
	r = list(&s, &bad, e);
	if (r == -1 && bad)
		r = unreadable(s.entry.start, (size_t)(s.end - s.entry.start), e);
	buf_free(&s.entry.phrase);
	buf_free(&s.entry.spec);
	buf_free(&s.entry.comment);
	return r;
}

/* dot-atom, quoted string, or both mixed by dots; dots at odd places are in use. NULL if it is none, else its end. */
static const char *
local_part(const char *p)
{
	const char *start = p;

	while (is_atom(*p) || *p == '.' || *p == '"') {
		if (*p != '"') {
			p++;
			continue;
		}
		if (p > start && p[-1] != '.')
			return NULL;
		for (p++; *p != '"'; p++) {
			if (*p == '\\')
				p++;
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return NULL;
		}
		p++;
		if (*p != '.' && *p != '@' && *p != '\0')
			return NULL;
	}
	return p == start ? NULL : p;
}

static int
domain_ok(const char *p)
{
	char before = '.';

	if (*p == '[') {
		size_t n = strcspn(p + 1, "[]\\<> \t\r\n");

		return n > 0 && p[1 + n] == ']' && p[2 + n] == '\0' && !has_control(p, n + 1);
	}
	for (; *p != '\0'; before = *p++) {
		int letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');

		if (*p == '.' ? before == '.' : !letter && *p != '-' && *p != '_' && (unsigned char)*p < 0x80)
			return 0;
	}
	return before != '.';
}

int
message_addr_ok(const char *addr)
{
	const char *end;

	if (strlen(addr) > ADDR_MAX || (end = local_part(addr)) == NULL)
		return 0;
	return *end == '\0' || (*end == '@' && domain_ok(end + 1));
}
