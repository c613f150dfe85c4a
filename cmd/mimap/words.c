/* SPDX-License-Identifier: ISC */
/* words.c - RFC 2047: =?charset?B|Q?text?=, white space between two of them dropped.
 * Octets of neighbours in one charset are joined before they are converted: senders split characters across words.
 * UTF-8, US-ASCII and ISO-8859-1 are done here, other charsets by iconv(3). */
#include "words.h"

#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "buf.h"
#include "charset.h"
#include "rune.h"

#define CHARSET_MAX 40

struct word {
	char charset[CHARSET_MAX + 1];
	char encoding;		/* B or Q */
	const char *text;
	size_t len;
};

/* Index of c in p[i..n), n if none. */
static size_t
index_of(const char *p, size_t n, size_t i, char c)
{
	while (i < n && p[i] != c)
		i++;
	return i;
}

static int
is_encoding(char c)
{
	return c == 'B' || c == 'b' || c == 'Q' || c == 'q';
}

static int
word_at(const char *p, size_t n, struct word *w)
{
	size_t charset_end, text, end, i;

	if (n < 8 || p[0] != '=' || p[1] != '?')
		return 0;
	charset_end = index_of(p, n, 2, '?');
	if (charset_end + 3 >= n || p[charset_end + 2] != '?' || !is_encoding(p[charset_end + 1]))
		return 0;
	text = charset_end + 3;
	end = index_of(p, n, text, '?');
	if (end + 1 >= n || p[end + 1] != '=')
		return 0;
	for (i = 2; i < charset_end && p[i] != '*'; i++) {
		if (i - 2 == CHARSET_MAX || (unsigned char)p[i] <= 0x20 || (unsigned char)p[i] >= 0x7f)
			return 0;
		w->charset[i - 2] = p[i];
	}
	w->charset[i - 2] = '\0';
	w->encoding = p[charset_end + 1] == 'B' || p[charset_end + 1] == 'b' ? 'B' : 'Q';
	w->text = p + text;
	w->len = end - text;
	return i > 2;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
decode_q(struct buf *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '_') {
			buf_addc(out, ' ');
		} else if (p[i] == '=' && i + 2 < n && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
			buf_addc(out, (char)(hex(p[i + 1]) << 4 | hex(p[i + 2])));
			i += 2;
		} else {
			buf_addc(out, p[i]);
		}
	}
}

static int
decode_word(struct buf *octets, const struct word *w)
{
	if (w->encoding == 'B')
		return base64_decode(octets, w->text, w->len);
	decode_q(octets, w->text, w->len);
	return 0;
}

/* UTF-8 stays; an octet that is none of it is ISO-8859-1, or U+FFFD where the text claims to be UTF-8. */
static void
add_text(struct buf *out, const char *p, size_t n, int claims_utf8)
{
	uint32_t r;
	size_t i, len;

	for (i = 0; i < n; i += len) {
		if ((len = rune_get(p + i, n - i, &r)) == 0) {
			len = 1;
			r = claims_utf8 ? 0xfffd : (unsigned char)p[i];
		}
		rune_put(out, r);
	}
}

static void
add_latin1(struct buf *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		rune_put(out, (unsigned char)p[i]);
}

/* -1 where iconv does not know the charset. Its UTF-8 is not always valid. */
static int
add_iconv(struct buf *out, const char *charset, const char *p, size_t n)
{
	iconv_t cd = iconv_open("UTF-8", charset);
	struct buf text = { 0 };

	if (cd == (iconv_t)-1)
		return -1;
	if (charset_utf8(&text, cd, p, n) < n)
		buf_adds(&text, "\xef\xbf\xbd");
	iconv_close(cd);
	add_text(out, buf_str(&text), text.len, 1);
	buf_free(&text);
	return 0;
}

static int
convert(struct buf *out, const char *charset, struct buf *octets)
{
	if (octets->len == 0)
		return 0;
	if (strcasecmp(charset, "utf-8") == 0 || strcasecmp(charset, "us-ascii") == 0)
		add_text(out, octets->data, octets->len, 1);
	else if (strcasecmp(charset, "iso-8859-1") == 0)
		add_latin1(out, octets->data, octets->len);
	else
		return add_iconv(out, charset, octets->data, octets->len);
	return 0;
}

/* The words of one charset from p on, as far as they go; octets of input taken, 0 when the first can't be decoded. */
static size_t
add_words(struct buf *out, const char *p, size_t n)
{
	struct buf octets = { 0 };
	struct word first, w;
	size_t took = 0, gap;

	if (!word_at(p, n, &first))
		return 0;
	for (w = first; decode_word(&octets, &w) == 0;) {
		took = (size_t)(w.text + w.len + 2 - p);
		gap = took + strspn(p + took, " \t\r\n");
		if (!word_at(p + gap, n - gap, &w) || strcasecmp(w.charset, first.charset) != 0)
			break;
	}
	if (took > 0 && convert(out, first.charset, &octets) == -1)
		took = 0;
	buf_free(&octets);
	return took;
}

/* p ends in a NUL and holds no other. */
static void
decode_line(struct buf *out, const char *p, size_t n)
{
	struct word w;
	size_t i = 0, plain, gap, took;

	while (i < n) {
		plain = index_of(p, n, i, '=');
		add_text(out, p + i, plain - i, 0);
		i = plain;
		took = add_words(out, p + i, n - i);
		if (took == 0 && i < n) {
			buf_addc(out, '=');
			i++;
			continue;
		}
		i += took;
		gap = i + strspn(p + i, " \t\r\n");
		if (took > 0 && word_at(p + gap, n - gap, &w))	/* in another charset */
			i = gap;
	}
}

void
words_decode(struct buf *out, const char *text, size_t n)
{
	struct buf line = { 0 };
	size_t i;

	buf_add(&line, text, n);
	for (i = 0; i < n; i++) {
		if (line.data[i] == '\0')
			line.data[i] = ' ';
	}
	decode_line(out, buf_str(&line), n);
	buf_free(&line);
}
