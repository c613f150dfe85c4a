/* SPDX-License-Identifier: ISC */
/* reply.c - nothing is looked at before it is known to be there; numbers are digits only. */
#include "reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *
skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* [CODE] at the begin of the text; upper case as the RFCs have it, any case accepted. */
static enum reply_code
code_of(const char *text)
{
	static const struct {
		const char *name;
		enum reply_code code;
	} known[] = {
		{ "AUTH", CODE_AUTH }, { "IN-USE", CODE_TEMP }, { "LOGIN-DELAY", CODE_TEMP }, { "SYS/TEMP", CODE_TEMP },
		{ "SYS/PERM", CODE_PERM }
	};
	const char *end = *text == '[' ? strchr(text, ']') : NULL;

	if (end == NULL)
		return CODE_NONE;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].name);

		if (strncasecmp(text + 1, known[i].name, n) == 0 && (text[n + 1] == ']' || text[n + 1] == ' '))
			return known[i].code;
	}
	return CODE_OTHER;
}

static int
word(const char *line, const char *want, const char **rest)
{
	size_t n = strlen(want);

	if (strncasecmp(line, want, n) != 0 || isalnum((unsigned char)line[n]))
		return 0;
	*rest = skip_blanks(line + n);
	return 1;
}

int
reply_parse(struct reply *r, const char *line, struct err *e)
{
	r->code = CODE_NONE;
	if (word(line, "+OK", &r->text))
		r->kind = REPLY_OK;
	else if (word(line, "-ERR", &r->text)) {
		r->kind = REPLY_ERR;
		r->code = code_of(r->text);
	} else if (line[0] == '+' && (line[1] == ' ' || line[1] == '\0')) {
		r->kind = REPLY_MORE;
		r->text = skip_blanks(line + 1);
	} else
		return err_set(e, ERR_PROTOCOL, "no POP3 reply: \"%.100s\"", line);
	return 0;
}

enum err_class
reply_class(const struct reply *r)
{
	switch (r->code) {
	case CODE_TEMP:
		return ERR_TEMP;
	case CODE_AUTH:
		return ERR_PERM;
	default:
		return ERR_UNAVAILABLE;
	}
}

int
reply_number(const char *line, size_t len, uint32_t *number, const char **rest, size_t *rest_len)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len && line[i] >= '0' && line[i] <= '9'; i++)
		if ((n = n * 10 + (uint64_t)(line[i] - '0')) > UINT32_MAX)
			return -1;
	if (i == 0 || n == 0 || (i < len && line[i] != ' ' && line[i] != '\t'))
		return -1;
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	while (len > i && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	*number = (uint32_t)n;
	*rest = line + i;
	*rest_len = len - i;
	return 0;
}

static int
tag(const char *line, const char *want)
{
	size_t n = strcspn(line, " \t");

	return n == strlen(want) && strncasecmp(line, want, n) == 0;
}

/* What follows a tag, made short; cut where it is longer than anybody needs. */
static void
note(char *out, size_t size, const char *rest)
{
	strlcpy(out, skip_blanks(rest), size);
}

void
caps_line(struct caps *c, const char *line)
{
	if (tag(line, "PIPELINING"))
		c->pipelining = 1;
	else if (tag(line, "STLS"))
		c->stls = 1;
	else if (tag(line, "USER"))
		c->user = 1;
	else if (tag(line, "TOP"))
		c->top = 1;
	else if (tag(line, "UIDL"))
		c->uidl = 1;
	else if (tag(line, "UTF8"))
		c->utf8 = 1;
	else if (tag(line, "EXPIRE"))
		note(c->expire, sizeof c->expire, line + 6);
	else if (tag(line, "LOGIN-DELAY"))
		note(c->delay, sizeof c->delay, line + 11);
	else if (tag(line, "IMPLEMENTATION"))
		note(c->implementation, sizeof c->implementation, line + 14);
	else if (tag(line, "SASL") && strlcpy(c->sasl, skip_blanks(line + 4), sizeof c->sasl) >= sizeof c->sasl)
		c->sasl[0] = '\0';	/* half a list would end in half a name */
}

static int
stamp_ok(const char *p, size_t n)
{
	size_t at = 0, ats = 0;

	for (size_t i = 1; i + 1 < n; i++) {
		if (p[i] <= ' ' || p[i] >= 0x7f || strchr("<>(),;:\\\"[]", p[i]) != NULL)
			return 0;
		if (p[i] == '@') {
			at = i;
			ats++;
		}
	}
	return ats == 1 && at > 1 && at + 2 < n;
}

int
reply_stamp(const char *greeting, char stamp[REPLY_STAMP_MAX])
{
	const char *begin = strrchr(greeting, '<'), *end = begin != NULL ? strchr(begin, '>') : NULL;
	size_t n = end != NULL ? (size_t)(end - begin) + 1 : 0;

	if (n == 0 || n >= REPLY_STAMP_MAX || !stamp_ok(begin, n))
		return -1;
	memcpy(stamp, begin, n);
	stamp[n] = '\0';
	return 0;
}
