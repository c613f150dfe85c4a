/* SPDX-License-Identifier: ISC */
/* command.c - the send side's grammar (RFC 3501 section 9; RFC 7888 for the forms of literals). */
#include "command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "xalloc.h"

#define LITERAL_MINUS_MAX 4096

static int
refuse(struct err *e, const char *what, const char *text)
{
	return err_set(e, ERR_USAGE, "\"%.80s\" can't be sent as %s", text, what);
}

/* Every octet is printable US-ASCII and none of `not`. */
static int
printable(const char *p, const char *not)
{
	for (; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f || strchr(not, *p) != NULL)
			return 0;
	}
	return 1;
}

static int
add_atom(struct command *c, const char *p, struct err *e)
{
	const char *bare = *p == '\\' ? p + 1 : p;

	if (*bare == '\0' || !printable(bare, " (){%*\"\\]"))
		return refuse(e, "an atom", p);
	buf_adds(&c->text, p);
	return 0;
}

static int
add_set(struct command *c, const char *p, struct err *e)
{
	if (*p == '\0' || p[strspn(p, "0123456789:,*$")] != '\0')
		return refuse(e, "a set of messages", p);
	buf_adds(&c->text, p);
	return 0;
}

static int
add_raw(struct command *c, const char *p, struct err *e)
{
	if (*p == '\0' || !printable(p, ""))
		return refuse(e, "search keys", p);
	buf_adds(&c->text, p);
	return 0;
}

/* Announces a literal: 1 if the server is to be waited for. */
static int
announce(struct command *c, uint64_t n)
{
	int wait = c->form == LITERAL_SYNC || (c->form == LITERAL_MINUS && n > LITERAL_MINUS_MAX);

	buf_printf(&c->text, wait ? "{%" PRIu64 "}" : "{%" PRIu64 "+}", n);
	return wait;
}

static void
add_literal(struct command *c, const char *p, size_t n)
{
	int wait = announce(c, n);

	c->literal = xreallocarray(c->literal, c->literals + 1, sizeof(*c->literal));
	c->literal[c->literals++] = (struct command_literal){ .at = c->text.len, .len = n, .wait = wait };
	buf_add(&c->text, p, n);
}

static int
add_string(struct command *c, const char *p, struct err *e)
{
	const char *q;
	int eight = 0;

	for (q = p; *q != '\0'; q++) {
		if ((unsigned char)*q < 0x20 || *q == 0x7f)
			return refuse(e, "text, because of a control character in it", p);
		eight |= (unsigned char)*q >= 0x80;
	}
	if (eight && !c->utf8) {
		add_literal(c, p, strlen(p));
		return 0;
	}
	buf_addc(&c->text, '"');
	for (; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			buf_addc(&c->text, '\\');
		buf_addc(&c->text, *p);
	}
	buf_addc(&c->text, '"');
	return 0;
}

static int
add_mailbox(struct command *c, const char *name, struct err *e)
{
	struct buf wire = { 0 };
	int r = -1;

	if (mailbox_check(name, e) == 0 && mailbox_to_wire(&wire, name, &c->mailbox, e) == 0)
		r = add_string(c, buf_str(&wire), e);
	if (r == 0) {
		free(c->named);
		c->named = xstrdup(name);
	}
	buf_free(&wire);
	return r;
}

static int
add_one(struct command *c, char directive, va_list *ap, struct err *e)
{
	switch (directive) {
	case 'a':
		return add_atom(c, va_arg(*ap, const char *), e);
	case 's':
		return add_string(c, va_arg(*ap, const char *), e);
	case 'm':
		return add_mailbox(c, va_arg(*ap, const char *), e);
	case 'S':
		return add_set(c, va_arg(*ap, const char *), e);
	case 'r':
		return add_raw(c, va_arg(*ap, const char *), e);
	case 'u':
		buf_printf(&c->text, "%u", va_arg(*ap, unsigned int));
		return 0;
	case 'U':
		buf_printf(&c->text, "%" PRIu64, va_arg(*ap, uint64_t));
		return 0;
	}
	return err_set(e, ERR_SOFTWARE, "command_add knows no %%%c", directive);
}

int
command_add(struct command *c, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int r = 0;

	va_start(ap, fmt);
	for (; *fmt != '\0' && r == 0; fmt++) {
		if (*fmt == '%')
			r = add_one(c, *++fmt, &ap, e);
		else
			buf_addc(&c->text, *fmt);
	}
	va_end(ap);
	return r;
}

void
command_stream(struct command *c, uint64_t size, command_produce_fn *produce, void *ctx)
{
	int wait = announce(c, size);

	c->literal = xreallocarray(c->literal, c->literals + 1, sizeof(*c->literal));
	c->literal[c->literals++] = (struct command_literal){ .at = c->text.len, .wait = wait, .produce = produce, .ctx = ctx };
}

int
command_utf8(const struct command *c, int eight)
{
	return c->utf8 && eight;
}

/* C: … UTF8 (~{310+}        RFC 6855 section 4
 * C: (310 octets))           literal8 of RFC 3516, which may be sent ahead as a literal may (RFC 7888 section 4) */
void
command_message(struct command *c, uint64_t size, int eight, command_produce_fn *produce, void *ctx)
{
	if (command_utf8(c, eight))
		buf_adds(&c->text, "UTF8 (~");
	command_stream(c, size, produce, ctx);
	if (command_utf8(c, eight))
		buf_adds(&c->text, ")");
}

void
command_free(struct command *c)
{
	buf_free(&c->text);
	free(c->literal);
	free(c->named);
	c->named = NULL;
	c->literal = NULL;
	c->literals = 0;
}
