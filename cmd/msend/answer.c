/* SPDX-License-Identifier: ISC */
/* answer.c - RFC 5321 4.2 in ABNF:
 *   Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
 *   Reply-code = %x32-35 DIGIT DIGIT          (the second digit's upper bound is not enforced: 571 is in use)
 * RFC 2034 and 3463: textstring may begin with class "." subject "." detail, whose class is the code's first digit. */
#include "answer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 240

static int
digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
answer_code(const char *line, size_t len)
{
	if (len < 3 || line[0] < '2' || line[0] > '5' || !digit(line[1]) || !digit(line[2]))
		return -1;
	if (len > 3 && line[3] != ' ' && line[3] != '-')
		return -1;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Length of a run of one to three digits, 0 if there is none. */
static size_t
number(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && digit(p[i]); i++)
		;
	return i <= 3 ? i : 0;
}

/* Length of the enhanced code that p begins with, 0 if none of that class. */
static size_t
enhanced_len(const char *p, size_t n, int code)
{
	size_t subject, detail, all;

	if (n < 5 || p[0] != '0' + code / 100 || p[0] == '3' || p[1] != '.')
		return 0;
	if ((subject = number(p + 2, n - 2)) == 0 || 2 + subject >= n || p[2 + subject] != '.')
		return 0;
	if ((detail = number(p + 3 + subject, n - 3 - subject)) == 0)
		return 0;
	all = 3 + subject + detail;
	return all == n || p[all] == ' ' ? all : 0;
}

static void
take_text(struct answer *r, const char *text, size_t len)
{
	size_t n;

	if (r->lines++ == 0 && (n = enhanced_len(text, len, r->code)) > 0) {
		memcpy(r->enhanced, text, n);
		r->enhanced[n] = '\0';
	}
	if (r->lines > 1)
		buf_addc(&r->text, '\n');
	if (len > 0)
		buf_add(&r->text, text, len);
}

int
answer_feed(struct answer *r, const char *line, size_t len, struct err *e)
{
	int code = answer_code(line, len);

	if (code == -1 || memchr(line, '\n', len) != NULL)
		return err_set(e, ERR_PROTOCOL, "the server's reply is not one: \"%.*s\"", (int)(len > 80 ? 80 : len), line);
	if (r->lines > 0 && code != r->code)
		return err_set(e, ERR_PROTOCOL, "the server's reply has two codes, %d and %d", r->code, code);
	if (r->lines >= ANSWER_LINES_MAX)
		return err_set(e, ERR_PROTOCOL, "the server's reply is longer than %d lines", ANSWER_LINES_MAX);
	if (r->text.len + len > ANSWER_TEXT_MAX)
		return err_set(e, ERR_PROTOCOL, "the server's reply is longer than %d octets", ANSWER_TEXT_MAX);
	r->code = code;
	take_text(r, line + (len > 3 ? 4 : 3), len > 3 ? len - 4 : 0);
	r->done = len == 3 || line[3] == ' ';
	return r->done;
}

void
answer_clear(struct answer *r)
{
	struct buf keep = r->text;

	memset(r, 0, sizeof(*r));
	r->text = keep;
	buf_cut(&r->text, 0);
}

void
answer_free(struct answer *r)
{
	buf_free(&r->text);
	memset(r, 0, sizeof(*r));
}

enum err_class
answer_class(const struct answer *r)
{
	return r->code < 400 ? ERR_NONE : r->code < 500 ? ERR_TEMP : ERR_UNAVAILABLE;
}

/* An enhanced code that each line repeats is shown once. */
void
answer_show(const struct answer *r, struct buf *out)
{
	const char *p = buf_str(&r->text), *end = p + r->text.len, *lf;
	size_t start = out->len, skip;
	unsigned int i;

	buf_printf(out, "%03d", r->code);
	for (i = 0; i < r->lines && out->len - start < SHOWN_MAX; i++, p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		skip = i > 0 ? enhanced_len(p, (size_t)(lf - p), r->code) : 0;
		if (skip > 0 && strncmp(p, r->enhanced, skip) == 0 && r->enhanced[skip] == '\0')
			p += skip + (p + skip < lf);
		if (p < lf) {
			buf_addc(out, ' ');
			buf_add(out, p, (size_t)(lf - p));
		}
	}
	if (out->len - start > SHOWN_MAX) {
		buf_cut(out, start + SHOWN_MAX);
		buf_adds(out, "...");
	}
}

int
answer_set(struct err *e, const struct answer *r, const char *what)
{
	struct buf shown = { 0 };
	enum err_class class = answer_class(r);

	answer_show(r, &shown);
	err_set(e, class == ERR_NONE ? ERR_PROTOCOL : class, "%s: \"%s\"", what, buf_str(&shown));
	buf_free(&shown);
	return -1;
}

static int
word_is(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(p, word, n) == 0;
}

static void
offer_auth(struct offer *c, const char *p, size_t n)
{
	size_t have = strlen(c->auth);

	if (memchr(p, '\0', n) != NULL || have + n + 2 > sizeof(c->auth))
		return;
	if (have > 0)
		c->auth[have++] = ' ';
	memcpy(c->auth + have, p, n);
	c->auth[have + n] = '\0';
}

static void
offer_size(struct offer *c, const char *p, size_t n)
{
	size_t i;

	c->sized = 1;
	c->size = 0;
	for (i = 0; i < n && digit(p[i]) && c->size < UINT64_MAX / 10 - 1; i++)
		c->size = c->size * 10 + (uint64_t)(p[i] - '0');
}

static unsigned int
limit_value(const char *p, size_t n)
{
	unsigned int value = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!digit(p[i]) || i == 6)
			return 0;
		value = value * 10 + (unsigned int)(p[i] - '0');
	}
	return value;
}

/* RFC 9422 4: name=value, parted by blanks; values have at most six digits. What is not known, or is none, is passed over. */
static void
offer_limits(struct offer *c, const char *p, size_t n)
{
	const struct { const char *name; unsigned int *to; } known[] = {
		{ "MAILMAX", &c->mailmax }, { "RCPTMAX", &c->rcptmax }, { "RCPTDOMAINMAX", &c->rcptdomainmax },
	};
	const char *end = p + n, *eq;
	size_t i, len;

	for (; p < end; p += len + 1) {
		for (len = 0; p + len < end && p[len] != ' '; len++)
			;
		if ((eq = memchr(p, '=', len)) == NULL)
			continue;
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (word_is(p, (size_t)(eq - p), known[i].name))
				*known[i].to = limit_value(eq + 1, len - (size_t)(eq + 1 - p));
	}
}

static void
offer_word(struct offer *c, const char *p, size_t n)
{
	const struct { const char *name; int *to; } known[] = {
		{ "PIPELINING", &c->pipelining }, { "8BITMIME", &c->eightbit }, { "SMTPUTF8", &c->smtputf8 }, { "STARTTLS", &c->starttls },
		{ "CHUNKING", &c->chunking }, { "DSN", &c->dsn }, { "BINARYMIME", &c->binary }, { "REQUIRETLS", &c->requiretls },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (word_is(p, n, known[i].name))
			*known[i].to = 1;
}

static void
offer_line(struct offer *c, const char *p, size_t n)
{
	size_t word = 0, rest;

	while (word < n && p[word] != ' ')
		word++;
	for (rest = word; rest < n && p[rest] == ' '; rest++)
		;
	offer_word(c, p, word);
	if (word_is(p, word, "SIZE"))
		offer_size(c, p + rest, n - rest);
	else if (word_is(p, word, "AUTH"))
		offer_auth(c, p + rest, n - rest);
	else if (word_is(p, word, "LIMITS"))
		offer_limits(c, p + rest, n - rest);
}

void
offer_parse(struct offer *c, const struct answer *r)
{
	const char *p = buf_str(&r->text), *end = p + r->text.len, *lf;

	memset(c, 0, sizeof(*c));
	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {	/* the first line is the server's name */
		p = lf + 1;
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		offer_line(c, p, (size_t)(lf - p));
		p = lf;
		if (lf == end)
			break;
	}
}
