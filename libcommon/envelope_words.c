/* SPDX-License-Identifier: ISC */
/* envelope_words.c - what a sender asked to hear, as text; and xtext, which may hold anything and breaks no line (RFC 3461 4). */
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "envelope.h"

#define ORCPT_MAX 512

static const struct { const char *name; unsigned int bit; } words[] = {
	{ "never", NOTIFY_NEVER }, { "success", NOTIFY_SUCCESS }, { "failure", NOTIFY_FAILURE }, { "delay", NOTIFY_DELAY },
};
#define WORDS (sizeof words / sizeof *words)

static unsigned int
word_bit(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		if (strlen(words[i].name) == len && strncasecmp(words[i].name, text, len) == 0)
			return words[i].bit;
	return 0;
}

/* Each word once, never alone. */
int
envelope_notify_parse(const char *text, unsigned int *notify)
{
	unsigned int all = 0, bit;

	for (;; text++) {
		size_t len = strcspn(text, ",");

		if ((bit = word_bit(text, len)) == 0 || (all & bit) != 0)
			return -1;
		all |= bit;
		text += len;
		if (*text == '\0')
			break;
	}
	if ((all & NOTIFY_NEVER) != 0 && all != NOTIFY_NEVER)
		return -1;
	*notify = all;
	return 0;
}

void
envelope_notify_text(struct buf *out, unsigned int notify)
{
	const char *before = "";
	size_t i;

	for (i = 0; i < WORDS; i++)
		if ((notify & words[i].bit) != 0) {
			buf_adds(out, before);
			buf_adds(out, words[i].name);
			before = ",";
		}
}

void
envelope_xtext(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text > ' ' && *text <= '~' && *text != '+' && *text != '=')
			buf_addc(out, *text);
		else
			buf_printf(out, "+%02X", (unsigned int)(unsigned char)*text);
	}
}

int
envelope_xtext_ok(const char *text, size_t max)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (*p < '!' || *p > '~' || *p == '=')
			return 0;
		if (*p == '+' && (p[1] == '\0' || strchr(hex, p[1]) == NULL || p[2] == '\0' || strchr(hex, p[2]) == NULL))
			return 0;
	}
	return p > text && (size_t)(p - text) <= max;
}

/* A type of letters, digits and hyphens. RFC 6533 has octets beyond ASCII in utf-8 addresses: they are written as xtext here. */
int
envelope_orcpt_ok(const char *text)
{
	size_t type = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return type > 0 && text[type] == ';' && strlen(text) <= ORCPT_MAX && envelope_xtext_ok(text + type + 1, ORCPT_MAX);
}
