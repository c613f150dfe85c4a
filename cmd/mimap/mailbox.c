/* SPDX-License-Identifier: ISC */
/* mailbox.c - mailbox names (RFC 3501 section 5.1, RFC 9051 section 5.1). */
#include "mailbox.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "rune.h"
#include "utf7.h"

int
mailbox_check(const char *name, struct err *e)
{
	size_t n = strlen(name);

	if (n == 0 || n > MAILBOX_MAX || !rune_valid(name, n))
		return err_set(e, ERR_USAGE, "\"%.80s\" can't be the name of a mailbox", name);
	return 0;
}

/* Delimiters are punctuation; a name without any needs no translation, whatever the delimiter is. */
int
mailbox_delimited(const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name > 0x20 && *name < 0x7f && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *name) == NULL)
			return 1;
	}
	return 0;
}

static void
swap_delimiter(char *p, size_t n, char delimiter)
{
	size_t i;

	if (delimiter == '\0' || delimiter == '/')
		return;
	for (i = 0; i < n; i++) {
		if (p[i] == '/')
			p[i] = delimiter;
		else if (p[i] == delimiter)
			p[i] = '/';
	}
}

int
mailbox_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (strcasecmp(a, "INBOX") == 0 && strcasecmp(b, "INBOX") == 0);
}

int
mailbox_to_wire(struct buf *out, const char *name, const struct mailbox_form *form, struct err *e)
{
	struct buf swapped = { 0 };
	int r = 0;

	buf_adds(&swapped, strcasecmp(name, "INBOX") == 0 ? "INBOX" : name);
	swap_delimiter(swapped.data, swapped.len, form->delimiter);
	if (form->utf8)
		buf_add(out, swapped.data, swapped.len);
	else if (utf7_encode(out, swapped.data, swapped.len) == -1)
		r = err_set(e, ERR_USAGE, "\"%.80s\" can't be the name of a mailbox", name);
	buf_free(&swapped);
	return r;
}

int
mailbox_from_wire(struct buf *out, const char *wire, size_t n, const struct mailbox_form *form)
{
	size_t before = out->len;
	int good = form->utf8 ? rune_valid(wire, n) : utf7_decode(out, wire, n) == 0;

	if (form->utf8 || !good)
		buf_add(out, wire, n);
	if (!good)
		return -1;
	if (out->len > before)
		swap_delimiter(out->data + before, out->len - before, form->delimiter);
	if (strcasecmp(buf_str(out) + before, "INBOX") == 0)
		memcpy(out->data + before, "INBOX", 5);
	return 0;
}

/* Time is bounded by length of pattern times length of name: only the last * is ever tried again. */
int
mailbox_match(const char *pattern, const char *name)
{
	const char *star = NULL, *retry = NULL;
	uint32_t rune;
	size_t n;

	while (*name != '\0') {
		n = rune_get(name, strlen(name), &rune);
		n = n > 0 ? n : 1;
		if (*pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (*pattern == '?') {
			pattern++;
			name += n;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star;
			name = ++retry;
		} else {
			return 0;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
