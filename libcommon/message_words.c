/* SPDX-License-Identifier: ISC */
/* message_words.c - display names and text in header fields: quoted strings (RFC 5322 3.2.4) and encoded words (RFC 2047). */
#include "message.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "xalloc.h"

#define PLAIN_MAX 900	/* octets left as they are: a line has at most 998 (RFC 5322 2.1.1), and a word can't be folded */
#define PAYLOAD 48	/* encoded octets in a word: 60 with what surrounds them, so that "Subject: " fits before the first */

static int
is_plain(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return 0;
	return strstr(text, "=?") == NULL && strlen(text) <= PLAIN_MAX;
}

static void
make_plain(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

/* Octets of the UTF-8 character at p; 0 if it is none. */
static size_t
character(const char *p)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static size_t
q_length(const char *p, size_t n)
{
	size_t sum = 0;

	for (; n > 0; n--, p++)
		sum += (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == ' ' ? 1 : 3;
	return sum;
}

/* Only letters and digits stand for themselves, which is right in a name as well (RFC 2047 5 (3)). */
static void
add_q(struct buf *out, const char *p, size_t n)
{
	for (; n > 0; n--, p++) {
		if (*p == ' ')
			buf_addc(out, '_');
		else if (q_length(p, 1) == 1)
			buf_addc(out, *p);
		else
			buf_printf(out, "=%02X", (unsigned char)*p);
	}
}

/* Not base64.h's: mqueue is linked without OpenSSL, and completes headers too. */
static void
add_b(struct buf *out, const char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned long v = (unsigned long)(unsigned char)p[i] << 16;

		if (i + 1 < n)
			v |= (unsigned long)(unsigned char)p[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)p[i + 2];
		buf_addc(out, digit[v >> 18]);
		buf_addc(out, digit[v >> 12 & 63]);
		buf_addc(out, i + 1 < n ? digit[v >> 6 & 63] : '=');
		buf_addc(out, i + 2 < n ? digit[v & 63] : '=');
	}
}

/* As many whole characters of well-formed text as one word holds. */
static size_t
word_length(const char *p, int q)
{
	size_t n = 0, next;

	while (p[n] != '\0') {
		next = n + character(p + n);
		if ((q ? q_length(p, next) : (next + 2) / 3 * 4) > PAYLOAD)
			break;
		n = next;
	}
	return n;
}

static void
add_words(struct buf *out, const char *text)
{
	size_t all = strlen(text), n;
	int q = q_length(text, all) < (all + 2) / 3 * 6;	/* half as long again, for being readable as it is */

	for (const char *p = text; *p != '\0'; p += n) {
		n = word_length(p, q);
		buf_printf(out, "%s=?UTF-8?%c?", p == text ? "" : "\n ", q ? 'Q' : 'B');
		(q ? add_q : add_b)(out, p, n);
		buf_adds(out, "?=");
	}
}

void
message_encode_words(struct buf *out, const char *utf8)
{
	char *text = xstrdup(utf8);

	make_plain(text);
	for (char *p = text; *p != '\0'; p++) {
		size_t n = character(p);

		if (n == 0)
			*p = '?';
		else
			p += n - 1;
	}
	if (is_plain(text))
		buf_adds(out, text);
	else
		add_words(out, text);
	free(text);
}

/* Words of atom characters with single spaces between; other characters than ASCII are left to the reader (RFC 6532). */
static int
is_phrase(const char *name)
{
	char before = ' ';

	for (; *name != '\0'; before = *name++) {
		unsigned char c = (unsigned char)*name;

		if (c == ' ' ? before == ' ' : c < ' ' || c == 0x7f || strchr("()<>[]:;@\\,.\"", c) != NULL)
			return 0;
	}
	return before != ' ';
}

void
message_quote_name(struct buf *out, const char *name)
{
	if (is_phrase(name)) {
		buf_adds(out, name);
		return;
	}
	buf_addc(out, '"');
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buf_addc(out, '\\');
		buf_addc(out, ((unsigned char)*name < ' ' && *name != '\t') || *name == 0x7f ? ' ' : *name);
	}
	buf_addc(out, '"');
}

void
message_mailbox(struct buf *out, const char *name, const char *addr)
{
	int ascii = name == NULL || strlen(name) <= PLAIN_MAX;

	if (name == NULL || *name == '\0') {
		buf_adds(out, addr);
		return;
	}
	for (const char *p = name; *p != '\0'; p++)
		ascii &= (unsigned char)*p < 0x80;
	(ascii ? message_quote_name : message_encode_words)(out, name);
	buf_printf(out, " <%s>", addr);
}
