/* SPDX-License-Identifier: ISC */
/* value.c - values of a response and their arena: blocks that are filled front to back and dropped together. */
#include "value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "xalloc.h"

#define BLOCK (size_t)16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(16) char data[];
};

static void *
take(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (b == NULL || b->size - b->used < n) {
		b = xmalloc(sizeof(*b) + (n > BLOCK ? n : BLOCK));
		b->size = n > BLOCK ? n : BLOCK;
		b->used = 0;
		b->next = a->blocks;
		a->blocks = b;
	}
	p = b->data + b->used;
	b->used += n;
	return p;
}

struct value *
arena_value(struct arena *a, enum value_kind kind, const char *text, size_t len)
{
	struct value *v;
	char *copy;

	if (a->values == VALUE_MAX)
		return NULL;
	a->values++;
	v = take(a, sizeof(*v));
	memset(v, 0, sizeof(*v));
	v->kind = kind;
	if (kind == VALUE_ATOM || kind == VALUE_STRING) {
		copy = take(a, len + 1);
		if (len > 0)
			memcpy(copy, text, len);
		copy[len] = '\0';
		v->text = copy;
		v->len = len;
	}
	return v;
}

/* One block of the common size stays, so that a flood of responses does not go through malloc. */
void
arena_reset(struct arena *a)
{
	struct arena_block *b, *next, *keep = NULL;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		if (keep == NULL && b->size == BLOCK) {
			keep = b;
			keep->next = NULL;
			keep->used = 0;
		} else {
			free(b);
		}
	}
	a->blocks = keep;
	a->values = 0;
}

void
arena_free(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	memset(a, 0, sizeof(*a));
}

int
value_is(const struct value *v, const char *atom)
{
	return v != NULL && v->kind == VALUE_ATOM && v->len == strlen(atom) && strncasecmp(v->text, atom, v->len) == 0;
}

int
value_nil(const struct value *v)
{
	return v == NULL || value_is(v, "NIL");
}

int
value_text(const struct value *v, const char **text, size_t *len)
{
	if (value_nil(v) || (v->kind != VALUE_ATOM && v->kind != VALUE_STRING))
		return 0;
	*text = v->text;
	*len = v->len;
	return 1;
}

int
value_u64(const struct value *v, uint64_t *n)
{
	uint64_t sum = 0, digit;
	size_t i;

	if (v == NULL || v->kind != VALUE_ATOM || v->len == 0)
		return 0;
	for (i = 0; i < v->len; i++) {
		if (v->text[i] < '0' || v->text[i] > '9')
			return 0;
		digit = (uint64_t)(v->text[i] - '0');
		if (sum > (INT64_MAX - digit) / 10)
			return 0;
		sum = sum * 10 + digit;
	}
	*n = sum;
	return 1;
}

int
value_u32(const struct value *v, uint32_t *n)
{
	uint64_t wide;

	if (!value_u64(v, &wide) || wide > UINT32_MAX)
		return 0;
	*n = (uint32_t)wide;
	return 1;
}

const struct value *
value_at(const struct value *list, size_t index)
{
	const struct value *v;

	if (list == NULL || list->kind != VALUE_LIST)
		return NULL;
	for (v = list->first; v != NULL && index > 0; index--)
		v = v->next;
	return v;
}

const struct value *
value_after(const struct value *list, const char *key)
{
	const struct value *v = value_at(list, 0);

	for (; v != NULL && v->next != NULL; v = v->next->next) {
		if (value_is(v, key))
			return v->next;
	}
	return NULL;
}

const struct value *
value_behind(const struct value *list, const char *beginning)
{
	const struct value *v = value_at(list, 0);

	for (; v != NULL && v->next != NULL; v = v->next->next) {
		if (v->kind == VALUE_ATOM && strncasecmp(v->text, beginning, strlen(beginning)) == 0)
			return v->next;
	}
	return NULL;
}

static void
print_string(struct buf *out, const struct value *v)
{
	size_t i;
	int plain = 1;

	for (i = 0; i < v->len && plain; i++)
		plain = (unsigned char)v->text[i] >= 0x20 || v->text[i] == '\t';
	if (!plain) {
		buf_printf(out, "{%zu}\r\n", v->len);
		buf_add(out, v->text, v->len);
		return;
	}
	buf_addc(out, '"');
	for (i = 0; i < v->len; i++) {
		if (v->text[i] == '"' || v->text[i] == '\\')
			buf_addc(out, '\\');
		buf_addc(out, v->text[i]);
	}
	buf_addc(out, '"');
}

/* Recursion is as deep as lists may nest (response.h). */
void
value_print(struct buf *out, const struct value *v)
{
	for (; v != NULL; v = v->next) {
		if (v->kind == VALUE_LIST) {
			buf_addc(out, '(');
			value_print(out, v->first);
			buf_addc(out, ')');
		} else if (v->kind == VALUE_ATOM) {
			buf_add(out, v->text, v->len);
		} else if (v->kind == VALUE_STRING) {
			print_string(out, v);
		} else {
			buf_printf(out, "{%llu}\r\n", (unsigned long long)v->size);
		}
		if (v->next != NULL)
			buf_addc(out, ' ');
	}
}
