/* SPDX-License-Identifier: ISC */
/* serve_parse.c - see serve_parse.h. Blanks after the colon of MAIL and RCPT and at the end of the line are forgiven, source
 * routes are dropped (RFC 5321 appendix C); everything else is as the grammar has it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "message.h"
#include "serve_parse.h"

#define SYNTAX_PATH "501 5.1.7 syntax: the address stands in <>"
#define SYNTAX_PARAM "501 5.5.4 syntax error in a parameter"
#define UNKNOWN_PARAM "555 5.5.4 parameter not known"

static const struct verb {
	const char *name;
	enum serve_verb verb;
	enum { NONE, ANY, NAME, PATH, COUNT } argument;
} verbs[] = {
	{ "HELO", SERVE_HELO, NAME }, { "EHLO", SERVE_EHLO, NAME }, { "MAIL", SERVE_MAIL, PATH }, { "RCPT", SERVE_RCPT, PATH },
	{ "DATA", SERVE_DATA, NONE }, { "BDAT", SERVE_BDAT, COUNT }, { "RSET", SERVE_RSET, NONE }, { "NOOP", SERVE_NOOP, ANY },
	{ "VRFY", SERVE_VRFY, ANY }, { "HELP", SERVE_HELP, ANY }, { "QUIT", SERVE_QUIT, NONE },
};
static const char *const others[] = { "AUTH", "ETRN", "EXPN", "SAML", "SEND", "SOML", "STARTTLS", "TURN" };

/* Digits only, and no more of them than fit. */
static int
number(const char *p, size_t len, int64_t *to)
{
	size_t i;

	*to = 0;
	for (i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9' || i == 18)
			return -1;
		else
			*to = *to * 10 + (p[i] - '0');
	return len > 0 ? 0 : -1;
}

/* The end of the path that begins at p, behind its <: the > that no quotes hide. */
static char *
path_end(char *p)
{
	int quoted = 0;

	for (; *p != '\0'; p++) {
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '>' && !quoted)
			return p;
	}
	return NULL;
}

/* <@one,@two:bob@example.org> */
static char *
without_route(char *path)
{
	char *colon = *path == '@' ? strchr(path, ':') : NULL;

	return colon != NULL ? colon + 1 : path;
}

static int
is_wide(const char *p)
{
	for (; *p != '\0'; p++)
		if ((unsigned char)*p > 0x7f)
			return 1;
	return 0;
}

/* Its local part may be quoted, and hold an @ so; the last one is before the domain. */
static int
path_ok(const char *addr, enum serve_verb verb)
{
	const char *at = strrchr(addr, '@');

	if (*addr == '\0')
		return verb == SERVE_MAIL;
	if (verb == SERVE_RCPT && strcasecmp(addr, "postmaster") == 0)
		return 1;
	return at != NULL && at != addr && at[1] != '\0' && strlen(addr) <= SERVE_PATH_MAX && message_addr_ok(addr);
}

static int
mail_param(struct serve_command *c, const char *key, char *value)
{
	if (strcasecmp(key, "SIZE") == 0 && value != NULL && c->size == -1)
		return number(value, strlen(value), &c->size);
	if (strcasecmp(key, "BODY") == 0 && value != NULL && !c->eightbit) {
		c->eightbit = strcasecmp(value, "8BITMIME") == 0 ? 1 : 2;
		return c->eightbit == 1 || strcasecmp(value, "7BIT") == 0 ? 0 : -1;
	}
	if (strcasecmp(key, "SMTPUTF8") == 0 && !c->utf8) {
		c->utf8 = 1;
		return value == NULL ? 0 : -1;
	}
	if (strcasecmp(key, "RET") == 0 && value != NULL && c->ret == RET_UNSAID) {
		c->ret = strcasecmp(value, "FULL") == 0 ? RET_FULL : RET_HDRS;
		return c->ret == RET_FULL || strcasecmp(value, "HDRS") == 0 ? 0 : -1;
	}
	if (strcasecmp(key, "ENVID") == 0 && value != NULL && c->envid == NULL) {
		c->envid = value;
		return *value != '\0' && envelope_xtext_ok(value, 100) ? 0 : -1;
	}
	return 1;
}

static int
rcpt_param(struct serve_command *c, const char *key, char *value)
{
	if (strcasecmp(key, "NOTIFY") == 0 && value != NULL && c->notify == 0)
		return envelope_notify_parse(value, &c->notify);
	if (strcasecmp(key, "ORCPT") == 0 && value != NULL && c->orcpt == NULL) {
		c->orcpt = value;
		c->wide |= is_wide(value);
		return envelope_orcpt_ok(value) ? 0 : -1;
	}
	return 1;
}

/* -1: wrong, or said twice; 1: nothing we know. */
static int
one_param(struct serve_command *c, char *p)
{
	static const char *const known[] = { "SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "NOTIFY", "ORCPT" };
	char *value = strchr(p, '=');
	size_t i;
	int code;

	if (value != NULL)
		*value++ = '\0';
	code = c->verb == SERVE_MAIL ? mail_param(c, p, value) : rcpt_param(c, p, value);
	for (i = 0; code == 1 && i < sizeof known / sizeof *known; i++)
		if (strcasecmp(known[i], p) == 0)
			code = -1;
	return code;
}

static const char *
params(struct serve_command *c, char *p)
{
	char *next;
	int code;

	if (*p != '\0' && *p != ' ')
		return SYNTAX_PARAM;
	for (p += strspn(p, " "); *p != '\0'; p = next) {
		next = p + strcspn(p, " ");
		if (*next != '\0') {
			*next++ = '\0';
			next += strspn(next, " ");
		}
		if ((code = one_param(c, p)) != 0)
			return code == 1 ? UNKNOWN_PARAM : SYNTAX_PARAM;
	}
	return NULL;
}

static const char *
path(struct serve_command *c, char *p)
{
	const char *before = c->verb == SERVE_MAIL ? "FROM:" : "TO:";
	size_t len = strlen(before);
	char *end;

	if (strncasecmp(p, before, len) != 0)
		return c->verb == SERVE_MAIL ? "501 5.5.4 syntax: MAIL FROM:<address>" : "501 5.5.4 syntax: RCPT TO:<address>";
	p += len + strspn(p + len, " ");
	if (*p != '<' || (end = path_end(p + 1)) == NULL)
		return SYNTAX_PATH;
	*end = '\0';
	c->text = without_route(p + 1);
	if (!path_ok(c->text, c->verb))
		return c->verb == SERVE_MAIL ? "553 5.1.7 that is no address to send from" : "553 5.1.3 that is no address to send to";
	c->wide = is_wide(c->text);
	return params(c, end + 1);
}

/* "[192.0.2.1]" and what people misconfigure pass: it only goes into Received. */
static const char *
name(struct serve_command *c, char *p)
{
	if (*p == '\0' || strlen(p) > 255 || strpbrk(p, " \t<>()\"\\;,") != NULL)
		return "501 5.5.4 syntax: a domain name is wanted";
	c->text = p;
	return NULL;
}

/* BDAT 1000 LAST */
static const char *
count(struct serve_command *c, char *p)
{
	size_t len = strcspn(p, " ");

	c->last = p[len] == ' ' && strcasecmp(p + len + 1, "LAST") == 0;
	if (number(p, len, &c->size) == -1 || (p[len] != '\0' && !c->last)) {
		c->size = -1;
		return "501 5.5.4 syntax: BDAT octets [LAST]";
	}
	return NULL;
}

static const char *
no_such(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(word, others[i]) == 0)
			return "502 5.5.1 command not implemented";
	return "500 5.5.1 command not known";
}

static const struct verb *
find_verb(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcasecmp(word, verbs[i].name) == 0)
			return &verbs[i];
	return NULL;
}

static int
printable(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return 0;
	return 1;
}

const char *
serve_parse(char *line, size_t len, struct serve_command *c)
{
	const struct verb *v;
	size_t n;

	*c = (struct serve_command){ .size = -1 };
	if (!printable(line, len))
		return "500 5.5.2 a control character in a command";
	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	n = strcspn(line, " ");
	c->text = line[n] == '\0' ? line + n : line + n + 1;
	line[n] = '\0';
	if ((v = find_verb(line)) == NULL)
		return no_such(line);
	c->verb = v->verb;
	switch (v->argument) {
	case NONE:
		return *c->text == '\0' ? NULL : "501 5.5.4 no argument is wanted here";
	case ANY:
		return c->verb == SERVE_VRFY && *c->text == '\0' ? "501 5.5.4 syntax: VRFY address" : NULL;
	case NAME:
		return name(c, c->text);
	case PATH:
		return path(c, c->text);
	case COUNT:
		return count(c, c->text);
	}
	return NULL;
}
