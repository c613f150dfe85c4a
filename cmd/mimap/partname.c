/* SPDX-License-Identifier: ISC */
/* partname.c - names of attachments (RFC 2183, RFC 2231, RFC 2047). */
#include "partname.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "rune.h"
#include "value.h"
#include "words.h"

#define NAME_MAX_READ 4096
#define PIECES_MAX 100

static const struct value *
find(const struct value *parameters, const char *key)
{
	const struct value *v;
	const char *text;
	size_t n;

	for (v = value_at(parameters, 0); v != NULL && v->next != NULL; v = v->next->next) {
		if (value_text(v, &text, &n) && n == strlen(key) && strncasecmp(text, key, n) == 0)
			return v->next;
	}
	return NULL;
}

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

static void
add_percent(struct buf *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '%' && n - i > 2 && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
			buf_addc(out, (char)(hex(p[i + 1]) * 16 + hex(p[i + 2])));
			i += 2;
		} else {
			buf_addc(out, p[i]);
		}
	}
}

/* key* or key*0, key*1*, …: charset'language'text in the first one, %XX in those that end in * */
static int
read_extended(struct buf *out, const struct value *parameters, const char *key)
{
	const struct value *v;
	const char *text, *quote;
	char name[64];
	size_t n;
	int i, encoded;

	for (i = -1; i < PIECES_MAX && out->len < NAME_MAX_READ; i++) {
		encoded = 1;
		snprintf(name, sizeof(name), i == -1 ? "%s*" : "%s*%d*", key, i);
		if ((v = find(parameters, name)) == NULL && i >= 0) {
			encoded = 0;
			snprintf(name, sizeof(name), "%s*%d", key, i);
			v = find(parameters, name);
		}
		if (v == NULL && i == -1)
			continue;
		if (v == NULL || !value_text(v, &text, &n))
			break;
		if (encoded && i <= 0 && (quote = memchr(text, '\'', n)) != NULL
		    && (quote = memchr(quote + 1, '\'', n - (size_t)(quote + 1 - text))) != NULL) {
			n -= (size_t)(quote + 1 - text);
			text = quote + 1;
		}
		if (encoded)
			add_percent(out, text, n);
		else
			buf_add(out, text, n);
		if (i == -1)
			break;
	}
	return out->len > 0;
}

char *
partname_read(const struct value *parameters, const char *key)
{
	struct buf name = { 0 }, decoded = { 0 };
	const char *text;
	size_t n;

	if (parameters == NULL || parameters->kind != VALUE_LIST)
		return NULL;
	if (!read_extended(&name, parameters, key) && value_text(find(parameters, key), &text, &n))
		buf_add(&name, text, n < NAME_MAX_READ ? n : NAME_MAX_READ);
	if (name.len > 0)
		words_decode(&decoded, name.data, name.len);
	buf_free(&name);
	return decoded.len > 0 ? buf_steal(&decoded) : NULL;
}

/* Direction overrides too: they hide an extension. */
static int
is_control(uint32_t rune)
{
	return rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || (rune >= 0x202a && rune <= 0x202e) || (rune >= 0x2066 && rune <= 0x2069);
}

void
partname_safe(struct buf *out, const char *name, const char *section)
{
	size_t start = out->len, n;
	const char *p;
	uint32_t rune;

	if (name == NULL)
		name = "";
	while ((p = strpbrk(name, "/\\")) != NULL)
		name = p + 1;
	for (; *name != '\0'; name += n) {
		n = rune_get(name, strlen(name), &rune);
		if (out->len - start + (n > 0 ? n : 1) > PARTNAME_MAX)
			break;
		if (n == 0 || is_control(rune) || (out->len == start && (rune == '.' || rune == '-')))
			buf_addc(out, '_');
		else
			buf_add(out, name, n);
		if (n == 0)
			n = 1;
	}
	if (out->len == start)
		buf_printf(out, "part-%s", section);
}
