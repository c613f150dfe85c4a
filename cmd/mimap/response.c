/* SPDX-License-Identifier: ISC */
/* response.c - the response parser (RFC 3501 sections 7 and 9, RFC 9051).
 *   response = "+" [SP text] / "*" SP status SP resp-text / "*" SP [number SP] name *(SP value) / tag SP status SP resp-text
 * A status line's text is free text: braces in it are no literal. Response codes are kept as text, for there is no end
 * of them. */
#include "response.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "lexer.h"

#define TAG_MAX 32

static int
fail(struct err *e, const char *why, const char *line, size_t len)
{
	return err_set(e, ERR_PROTOCOL, "%s in the response \"%.*s\"", why, len > 80 ? 80 : (int)len, line);
}

void
response_begin(struct response *r)
{
	struct arena arena = r->arena;
	struct buf numbers = r->number_store, scratch = r->scratch;

	arena_reset(&arena);
	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->number_store = numbers;
	r->scratch = scratch;
	buf_cut(&r->number_store, 0);
}

void
response_free(struct response *r)
{
	arena_free(&r->arena);
	buf_free(&r->number_store);
	buf_free(&r->scratch);
	memset(r, 0, sizeof(*r));
}

int
response_is(const struct response *r, const char *name)
{
	return r->kind == RESPONSE_DATA && strcasecmp(r->name, name) == 0;
}

static const char *
keep(struct response *r, const char *text, size_t len)
{
	struct value *v = arena_value(&r->arena, VALUE_ATOM, text, len);	/* few: never over the limit */

	return v != NULL ? v->text : "";
}

/* [CODE args] text. A bracket inside quotes does not end the code. */
static void
split_text(struct response *r, const char *p, size_t n)
{
	size_t i, name;
	int quoted = 0;

	while (n > 0 && *p == ' ') {
		p++;
		n--;
	}
	if (n > 0 && *p == '[') {
		for (i = 1; i < n && (quoted || p[i] != ']'); i++) {
			if (p[i] == '"')
				quoted = !quoted;
		}
		if (i < n) {
			for (name = 1; name < i && p[name] != ' '; name++)
				;
			r->code = keep(r, p + 1, name - 1);
			r->code_args = name < i ? keep(r, p + name + 1, i - name - 1) : "";
			p += i + 1;
			n -= i + 1;
			if (n > 0 && *p == ' ') {
				p++;
				n--;
			}
		}
	}
	r->text = keep(r, p, n);
}

/* 1 and *status where the word is one. */
static int
status_word(const char *p, size_t n, enum response_status *status)
{
	static const char *const words[] = { "OK", "NO", "BAD", "BYE", "PREAUTH" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (n == strlen(words[i]) && strncasecmp(p, words[i], n) == 0) {
			*status = (enum response_status)i;
			return 1;
		}
	}
	return 0;
}

/* A word up to the next space; *pos moves behind that space. */
static void
word(const char *p, size_t n, size_t *pos, const char **text, size_t *len)
{
	size_t start = *pos;

	while (*pos < n && p[*pos] != ' ')
		(*pos)++;
	*text = p + start;
	*len = *pos - start;
	if (*pos < n)
		(*pos)++;
}

static int
append(struct response *r, struct value *v)
{
	if (v == NULL)
		return -1;
	if (r->last[r->depth] != NULL)
		r->last[r->depth]->next = v;
	else if (r->depth == 0)
		r->args = v;
	else
		r->open[r->depth]->first = v;
	r->last[r->depth] = v;
	return 0;
}

static int
open_list(struct response *r)
{
	struct value *v = arena_value(&r->arena, VALUE_LIST, NULL, 0);

	if (r->depth == RESPONSE_DEPTH || append(r, v) == -1)
		return -1;
	r->depth++;
	r->open[r->depth] = v;
	r->last[r->depth] = NULL;
	return 0;
}

static void
add_number(struct response *r, uint32_t n)
{
	buf_add(&r->number_store, &n, sizeof(n));
	r->number_count++;
}

/* Numbers of * SEARCH and SORT come by the hundred thousand: four octets each, not a value each. */
static int
search_number(struct response *r, const struct token *t)
{
	struct value v = { .kind = VALUE_ATOM, .text = t->text, .len = t->len };
	uint32_t n;

	if (r->depth > 0 || r->args != NULL || !value_u32(&v, &n))
		return 0;
	add_number(r, n);
	return 1;
}

/* * THREAD (2)(3 6 (4 23)(44 7 96)): which message answers which is of no interest, so nesting has no limit here.
 * Threads without numbers count for nothing. */
static int
thread_token(struct response *r, const struct token *t)
{
	struct value v = { .kind = VALUE_ATOM, .text = t->text, .len = t->len };
	uint32_t n;

	if (t->kind == TOKEN_OPEN) {
		if (r->depth++ == 0)
			add_number(r, 0);
		return 0;
	}
	if (r->depth == 0)
		return -1;
	if (t->kind == TOKEN_CLOSE) {
		r->depth--;
		return 0;
	}
	if (t->kind != TOKEN_ATOM || !value_u32(&v, &n) || n == 0)
		return -1;
	add_number(r, n);
	return 0;
}

static int
take_token(struct response *r, const struct token *t, int search)
{
	switch (t->kind) {
	case TOKEN_OPEN:
		return open_list(r);
	case TOKEN_CLOSE:
		if (r->depth == 0)
			return -1;
		r->depth--;
		return 0;
	case TOKEN_ATOM:
		if (search && search_number(r, t))
			return 0;
		return append(r, arena_value(&r->arena, VALUE_ATOM, t->text, t->len));
	default:
		buf_cut(&r->scratch, 0);
		lexer_unescape(&r->scratch, t);
		return append(r, arena_value(&r->arena, VALUE_STRING, r->scratch.data, r->scratch.len));
	}
}

static int
values(struct response *r, const char *p, size_t n, size_t pos, struct err *e)
{
	int search = response_is(r, "SEARCH") || response_is(r, "SORT"), thread = response_is(r, "THREAD");
	struct token t;

	for (;;) {
		lexer_next(p, n, &pos, &t);
		if (t.kind == TOKEN_BAD)
			return fail(e, t.text, p, n);
		if (t.kind == TOKEN_LITERAL && !thread) {
			r->literal = t.size;
			return RESPONSE_LITERAL;
		}
		if (t.kind == TOKEN_END)
			break;
		if (thread ? thread_token(r, &t) == -1 : take_token(r, &t, search) == -1)
			return fail(e, "parentheses that do not match, or too much nesting or too many values", p, n);
	}
	if (r->depth > 0)
		return fail(e, "a list without its end", p, n);
	r->numbers = (const uint32_t *)(const void *)r->number_store.data;
	return RESPONSE_DONE;
}

/* A word like FETCH: an atom that does not begin with a digit. */
static int
is_name(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((unsigned char)p[i] <= 0x20 || (unsigned char)p[i] >= 0x7f || strchr("(){\"", p[i]) != NULL)
			return 0;
	}
	return n > 0 && (*p < '0' || *p > '9');
}

static int
untagged(struct response *r, const char *p, size_t n, struct err *e)
{
	struct value v = { .kind = VALUE_ATOM };
	size_t pos = 2, len;
	const char *text;

	word(p, n, &pos, &text, &len);
	if (status_word(text, len, &r->status)) {
		r->kind = RESPONSE_STATUS;
		split_text(r, p + pos, n - pos);
		return RESPONSE_DONE;
	}
	r->kind = RESPONSE_DATA;
	v.text = text;
	v.len = len;
	if (value_u32(&v, &r->number)) {
		r->numbered = 1;
		word(p, n, &pos, &text, &len);
	}
	if (!is_name(text, len))
		return fail(e, "no name, or too large a number,", p, n);
	r->name = keep(r, text, len);
	if (response_is(r, "THREAD"))
		r->text = keep(r, p + pos, n - pos);
	return values(r, p, n, pos, e);
}

static int
tagged(struct response *r, const char *p, size_t n, struct err *e)
{
	const char *text;
	size_t pos = 0, len, i;

	word(p, n, &pos, &text, &len);
	if (len == 0 || len > TAG_MAX)
		return fail(e, "no tag", p, n);
	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f || strchr("+(){%*\"\\", text[i]) != NULL)
			return fail(e, "no tag", p, n);
	}
	r->kind = RESPONSE_TAGGED;
	r->tag = keep(r, text, len);
	word(p, n, &pos, &text, &len);
	if (!status_word(text, len, &r->status) || r->status > STATUS_BAD)
		return fail(e, "no OK, NO or BAD", p, n);
	split_text(r, p + pos, n - pos);
	return RESPONSE_DONE;
}

int
response_line(struct response *r, const char *p, size_t n, struct err *e)
{
	if (r->name != NULL)
		return values(r, p, n, 0, e);
	if (n > 0 && p[0] == '+') {
		r->kind = RESPONSE_CONTINUE;
		r->text = n > 2 ? keep(r, p + 2, n - 2) : "";
		return RESPONSE_DONE;
	}
	if (n > 1 && p[0] == '*' && p[1] == ' ')
		return untagged(r, p, n, e);
	return tagged(r, p, n, e);
}

int
response_string(struct response *r, const char *data, size_t len, struct err *e)
{
	if (append(r, arena_value(&r->arena, VALUE_STRING, data, len)) == -1)
		return fail(e, "too many values", r->name, strlen(r->name));
	return 0;
}

int
response_streamed(struct response *r, struct err *e)
{
	struct value *v = arena_value(&r->arena, VALUE_STREAMED, NULL, 0);

	if (append(r, v) == -1)
		return fail(e, "too many values", r->name, strlen(r->name));
	v->size = r->literal;
	return 0;
}

const char *
response_item(const struct response *r)
{
	const struct value *v;
	size_t i = 0;

	if (!response_is(r, "FETCH") || r->depth != 1 || r->args != r->open[1])
		return NULL;
	for (v = r->open[1]->first; v != NULL && v->next != NULL; v = v->next)
		i++;
	return v != NULL && i % 2 == 0 && v->kind == VALUE_ATOM ? v->text : NULL;
}
