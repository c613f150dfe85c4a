/* SPDX-License-Identifier: ISC */
/* structure.c - the walk over a BODYSTRUCTURE. Numbers: parts of a multipart are 1, 2 …, a body that is none is 1; below a
 * part N, and below the message in a part N of message/rfc822, they are N.1, N.2 … */
#include "structure.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "err.h"
#include "partname.h"
#include "value.h"
#include "xalloc.h"

static int walk_part(struct structure *, const struct value *, const char *section, struct err *);

static int
broken(struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "the server sent a BODYSTRUCTURE that is none");
}

static int
is_multipart(const struct value *body)
{
	const struct value *first = value_at(body, 0);

	return first != NULL && first->kind == VALUE_LIST;
}

static int
text_is(const struct value *v, const char *word)
{
	const char *text;
	size_t n;

	return value_text(v, &text, &n) && n == strlen(word) && strncasecmp(text, word, n) == 0;
}

static int
walk_numbered(struct structure *s, const struct value *body, const char *above, unsigned int number, struct err *e)
{
	char *section = *above != '\0' ? xasprintf("%s.%u", above, number) : xasprintf("%u", number);
	int r = walk_part(s, body, section, e);

	free(section);
	return r;
}

static int
walk_children(struct structure *s, const struct value *body, const char *section, struct err *e)
{
	const struct value *v;
	unsigned int number = 0;

	for (v = value_at(body, 0); v != NULL && v->kind == VALUE_LIST; v = v->next) {
		if (walk_numbered(s, v, section, ++number, e) == -1)
			return -1;
	}
	return 0;
}

static int
walk_message(struct structure *s, const struct value *body, const char *section, struct err *e)
{
	return is_multipart(body) ? walk_children(s, body, section, e) : walk_numbered(s, body, section, 1, e);
}

static void
add_lower(struct buf *out, const char *p, size_t n)
{
	for (; n > 0; n--, p++)
		buf_addc(out, (char)tolower((unsigned char)*p));
}

/* ("TEXT" "PLAIN" (params) id description "7BIT" size …): how many items come before the disposition depends on the type. */
static int
add_leaf(struct structure *s, const struct value *body, const char *section, struct err *e)
{
	const struct value *encoding = value_at(body, 5), *disposition;
	struct buf type = { 0 };
	const char *text;
	size_t n;
	struct part *p;

	if (s->count == PARTS_MAX)
		return err_set(e, ERR_PROTOCOL, "the message has more than %d parts", PARTS_MAX);
	if (!value_text(value_at(body, 0), &text, &n))
		return broken(e);
	add_lower(&type, text, n);
	buf_addc(&type, '/');
	if (value_text(value_at(body, 1), &text, &n))
		add_lower(&type, text, n);
	s->part = xreallocarray(s->part, s->count + 1, sizeof(*s->part));
	p = &s->part[s->count++];
	*p = (struct part){ .section = xstrdup(section), .type = buf_steal(&type) };
	if (text_is(encoding, "base64"))
		p->encoding = ENCODING_BASE64;
	else if (text_is(encoding, "quoted-printable"))
		p->encoding = ENCODING_QUOTED;
	disposition = value_at(body, strncmp(p->type, "text/", 5) == 0 ? 9 : strcmp(p->type, "message/rfc822") == 0 ? 11 : 8);
	p->attachment = text_is(value_at(disposition, 0), "attachment");
	p->name = partname_read(value_at(disposition, 1), "filename");
	if (p->name == NULL)
		p->name = partname_read(value_at(body, 2), "name");
	p->charset = partname_read(value_at(body, 2), "charset");
	return 0;
}

static int
walk_part(struct structure *s, const struct value *body, const char *section, struct err *e)
{
	size_t at;

	if (body == NULL || body->kind != VALUE_LIST)
		return broken(e);
	if (is_multipart(body))
		return walk_children(s, body, section, e);
	at = s->count;
	if (add_leaf(s, body, section, e) == -1)
		return -1;
	if (strcmp(s->part[at].type, "message/rfc822") != 0 || value_at(body, 8) == NULL || value_at(body, 8)->kind != VALUE_LIST)
		return 0;
	return walk_message(s, value_at(body, 8), section, e);
}

int
structure_read(struct structure *s, const struct value *body, struct err *e)
{
	return body == NULL || body->kind != VALUE_LIST ? broken(e) : walk_message(s, body, "", e);
}

const struct part *
structure_section(const struct structure *s, const char *section)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (strcmp(s->part[i].section, section) == 0)
			return &s->part[i];
	}
	return NULL;
}

const struct part *
structure_text(const struct structure *s)
{
	const struct part *other = NULL;
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (s->part[i].attachment || strncmp(s->part[i].type, "text/", 5) != 0)
			continue;
		if (strcmp(s->part[i].type, "text/plain") == 0)
			return &s->part[i];
		if (other == NULL)
			other = &s->part[i];
	}
	return other;
}

void
structure_free(struct structure *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		free(s->part[i].section);
		free(s->part[i].type);
		free(s->part[i].name);
		free(s->part[i].charset);
	}
	free(s->part);
	*s = (struct structure){ NULL, 0 };
}
