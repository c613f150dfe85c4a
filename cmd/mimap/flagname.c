/* SPDX-License-Identifier: ISC */
/* flagname.c - flags (RFC 3501 section 2.3.2; $Forwarded of RFC 5550 is maildir's P). \Recent is the server's own and
 * never shown. */
#include "flagname.h"

#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "value.h"

static const struct {
	const char *name, *wire;
	char letter;
} flags[] = {			/* in the order of the letters */
	{ "draft", "\\Draft", 'D' },
	{ "flagged", "\\Flagged", 'F' },
	{ NULL, "$Forwarded", 'P' },
	{ "answered", "\\Answered", 'R' },
	{ "seen", "\\Seen", 'S' },
	{ "deleted", "\\Deleted", 'T' },
};

#define FLAGS (sizeof(flags) / sizeof(*flags))

int
flagname_keyword(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((unsigned char)p[i] <= 0x20 || (unsigned char)p[i] >= 0x7f || strchr("(){%*\"\\]", p[i]) != NULL)
			return 0;
	}
	return n > 0 && n <= 100;
}

int
flagname_wire(struct buf *out, const char *name, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (flags[i].name != NULL && strlen(flags[i].name) == n && strncasecmp(flags[i].name, name, n) == 0) {
			buf_adds(out, flags[i].wire);
			return 0;
		}
	}
	if (!flagname_keyword(name, n))
		return err_set(e, ERR_USAGE, "\"%.*s\" can't be a flag: write seen, answered, flagged, deleted, draft or a keyword without"
		    " blanks and any of (){%%*\"\\]", n > 100 ? 100 : (int)n, name);
	buf_add(out, name, n);
	return 0;
}

int
flagname_listed(const char *list, const char *flag, size_t n)
{
	const char *p;
	size_t len;

	for (p = list; *p != '\0'; p += len) {
		p += strspn(p, "( )");
		len = strcspn(p, "( )");
		if (len == n && strncasecmp(p, flag, n) == 0)
			return 1;
	}
	return 0;
}

void
flagname_letters(const struct value *list, char letters[FLAG_LETTERS])
{
	const struct value *v;
	size_t i, n = 0;

	for (i = 0; i < FLAGS; i++) {
		for (v = value_at(list, 0); v != NULL && !value_is(v, flags[i].wire); v = v->next)
			;
		if (v != NULL)
			letters[n++] = flags[i].letter;
	}
	letters[n] = '\0';
}

void
flagname_from_letters(struct buf *out, const char *letters)
{
	size_t before = out->len, i;

	for (; *letters >= 'A' && *letters <= 'Z'; letters++) {
		for (i = 0; i < FLAGS && flags[i].letter != *letters; i++)
			;
		if (i < FLAGS)
			buf_printf(out, "%s%s", out->len > before ? " " : "", flags[i].wire);
	}
}

static const char *
name_of(const struct value *v)
{
	size_t i;

	for (i = 0; i < FLAGS; i++) {
		if (flags[i].name != NULL && value_is(v, flags[i].wire))
			return flags[i].name;
	}
	return v->text;
}

void
flagname_print(struct buf *out, const struct value *list)
{
	const struct value *v;
	size_t before = out->len;

	for (v = value_at(list, 0); v != NULL; v = v->next) {
		if (v->kind != VALUE_ATOM || value_is(v, "\\Recent"))
			continue;
		if (out->len > before)
			buf_addc(out, ',');
		buf_adds(out, name_of(v));
	}
	if (out->len == before)
		buf_addc(out, '-');
}
