/* SPDX-License-Identifier: ISC */
/* dkim_canon.c - one pass, nothing held but counts: white space and line ends are only given out when something follows them. */
#include "dkim_canon.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "message.h"
#include "xalloc.h"

static int
is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void
dkim_relax_field(struct buf *out, const char *name, size_t name_len, const char *value, size_t value_len)
{
	size_t i, begin;
	int blank = 0;

	for (i = 0; i < name_len; i++)
		buf_addc(out, name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i]);
	buf_addc(out, ':');
	begin = out->len;
	for (i = 0; i < value_len; i++) {
		if (is_white(value[i])) {
			blank = 1;
			continue;
		}
		if (blank && out->len > begin)
			buf_addc(out, ' ');
		blank = 0;
		buf_addc(out, value[i]);
	}
}

struct fields {
	struct field *v;	/* name is NULL once it is taken */
	size_t n, cap;
};

static void
fields_of(struct fields *all, const char *head, size_t n)
{
	struct field f;
	size_t pos = 0;

	while (message_field(head, n, &pos, &f)) {
		if (all->n == all->cap) {
			all->cap = all->cap == 0 ? 32 : all->cap * 2;
			all->v = xreallocarray(all->v, all->cap, sizeof(*all->v));
		}
		all->v[all->n++] = f;
	}
}

static void
relax_last(struct buf *out, struct fields *all, const char *name, size_t len)
{
	struct field *f;
	size_t i;

	for (i = all->n; i > 0; i--) {
		f = &all->v[i - 1];
		if (f->name == NULL || f->name_len != len || strncasecmp(f->name, name, len) != 0)
			continue;
		dkim_relax_field(out, f->name, len, f->value, f->value_len);
		buf_adds(out, "\r\n");
		f->name = NULL;
		return;
	}
}

void
dkim_relax_listed(struct buf *out, const char *head, size_t n, const char *list)
{
	struct fields all = { 0 };
	size_t len;

	fields_of(&all, head, n);
	for (; *list != '\0'; list += len + (list[len] == ':')) {
		len = strcspn(list, ":");
		relax_last(out, &all, list, len);
	}
	free(all.v);
}

void
dkim_body_begin(struct dkim_body *b, sink_fn *sink, void *ctx)
{
	memset(b, 0, offsetof(struct dkim_body, out));
	b->sink = sink;
	b->ctx = ctx;
}

static int
put(struct dkim_body *b, const char *p, size_t n, struct err *e)
{
	if (n > sizeof(b->out) - b->len) {
		if (b->sink(b->ctx, b->out, b->len, e) == -1)
			return -1;
		b->len = 0;
	}
	if (n > sizeof(b->out))
		return b->sink(b->ctx, p, n, e);
	memcpy(b->out + b->len, p, n);
	b->len += n;
	return 0;
}

/* What was held back, now that something follows. */
static int
put_held(struct dkim_body *b, struct err *e)
{
	for (; b->ends > 0; b->ends--)
		if (put(b, "\r\n", 2, e) == -1)
			return -1;
	if (b->blank && put(b, " ", 1, e) == -1)
		return -1;
	b->blank = 0;
	b->any = 1;
	return 0;
}

int
dkim_body_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct dkim_body *b = ctx;
	const char *end = p + n, *from;

	while (p < end) {
		for (; p < end && is_white(*p); p++) {
			b->blank |= *p == ' ' || *p == '\t';
			if (*p == '\n') {
				b->ends++;
				b->blank = 0;
			}
		}
		for (from = p; p < end && !is_white(*p); p++)
			;
		if (p > from && (put_held(b, e) == -1 || put(b, from, (size_t)(p - from), e) == -1))
			return -1;
	}
	return 0;
}

int
dkim_body_end(struct dkim_body *b, struct err *e)
{
	if (b->any && put(b, "\r\n", 2, e) == -1)
		return -1;
	return b->len > 0 ? b->sink(b->ctx, b->out, b->len, e) : 0;
}
