/* SPDX-License-Identifier: ISC */
/* query.c - the query language: one table of words, and a parser by recursive descent over one argument at a time. */
#include "query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "charset.h"
#include "err.h"
#include "querykey.h"
#include "rune.h"
#include "xalloc.h"

#define DEPTH_MAX 32

struct input {
	const char *all;	/* the argument */
	const char *p;
	int depth;
};

static struct query *
query_new(enum query_kind kind)
{
	struct query *q = xcalloc(1, sizeof(*q));

	q->kind = kind;
	return q;
}

void
query_free(struct query **qp)
{
	struct query *q = *qp, *next;

	for (; q != NULL; q = next) {
		next = q->next;
		query_free(&q->child);
		uidset_free(&q->set);
		free(q->name);
		free(q->text);
		free(q);
	}
	*qp = NULL;
}

static struct query *
query_not(struct query *child)
{
	struct query *q = query_new(QUERY_NOT);

	q->child = child;
	return q;
}

/* A group of one is that one: every query has one tree. */
static struct query *
query_single(struct query *group)
{
	struct query *only = group->child;

	if (only == NULL || only->next != NULL)
		return group;
	group->child = NULL;
	query_free(&group);
	return only;
}

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static void
skip_blanks(struct input *in)
{
	while (blank(*in->p))
		in->p++;
}

/* "…" or '…', \ before any character. */
static int
read_quoted(struct input *in, struct buf *out, struct err *e)
{
	const char *start = in->p;
	char quote = *in->p++;

	for (; *in->p != quote; in->p++) {
		if (*in->p == '\\' && in->p[1] != '\0')
			in->p++;
		else if (*in->p == '\0')
			return err_set(e, ERR_USAGE, "the quote in \"%s\" is not closed", start);
		buf_addc(out, *in->p);
	}
	in->p++;
	if (*in->p != '\0' && !blank(*in->p) && *in->p != ')')
		return err_set(e, ERR_USAGE, "a blank is missing before \"%s\"", in->p);
	return 0;
}

/* A value as far as the blank or the parenthesis that was not opened in it. */
static int
read_value(struct input *in, struct buf *out, struct err *e)
{
	int open = 0;

	if (*in->p == '"' || *in->p == '\'')
		return read_quoted(in, out, e);
	for (; *in->p != '\0' && !blank(*in->p); in->p++) {
		if (*in->p == '(')
			open++;
		if (*in->p == ')' && open-- == 0)
			break;
		buf_addc(out, *in->p);
	}
	return 0;
}

/* Octets of the letters and dashes at p that a colon follows; 0 if there are none. */
static size_t
key_length(const char *p)
{
	size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");

	return n > 0 && p[n] == ':' ? n : 0;
}

static int
starts(const char *p, const char *word)
{
	return strncasecmp(p, word, strlen(word)) == 0;
}

/* key:value, a flag word, or text to find. whole: everything up to the end is the value. */
static int
parse_word(struct input *in, int whole, struct query **out, struct err *e)
{
	struct buf value = { 0 };
	size_t key = key_length(in->p);
	const char *word = in->p;
	struct query *q = query_new(QUERY_TEXT);
	int quoted, r;

	if (key > 0)
		in->p += key + 1;
	quoted = !whole && (*in->p == '"' || *in->p == '\'');
	if (whole) {
		buf_adds(&value, in->p);
		in->p += strlen(in->p);
		r = 0;
	} else {
		r = read_value(in, &value, e);
	}
	if (r == 0 && key > 0)
		r = querykey_value(q, word, key, buf_str(&value), e);
	else if (r == 0)
		r = querykey_word(q, buf_str(&value), quoted, e);
	buf_free(&value);
	if (r == -1)
		query_free(&q);
	*out = q;
	return r;
}

static int parse_list(struct input *, int closed, struct query *parent, struct err *);

static int
parse_group(struct input *in, enum query_kind kind, size_t skip, struct query **out, struct err *e)
{
	struct query *group = query_new(QUERY_AND);

	in->p += skip;
	if (parse_list(in, 1, group, e) == -1) {
		query_free(&group);
		return -1;
	}
	if (kind == QUERY_OR)
		group->kind = QUERY_OR;
	*out = query_single(group);
	if (kind == QUERY_NOT)
		*out = query_not(*out);
	if (kind == QUERY_THREAD)
		*out = querykey_thread(*out);
	return 0;
}

static int
parse_term(struct input *in, struct query **out, struct err *e)
{
	int r;

	if (++in->depth > DEPTH_MAX)
		return err_set(e, ERR_USAGE, "the query nests more than %d levels", DEPTH_MAX);
	if (*in->p == '-') {
		in->p++;
		if (*in->p == '\0' || blank(*in->p) || *in->p == ')')
			return err_set(e, ERR_USAGE, "nothing follows the - in \"%s\"", in->all);
		if ((r = parse_term(in, out, e)) == 0)
			*out = query_not(*out);
	} else if (starts(in->p, "not(")) {
		r = parse_group(in, QUERY_NOT, 4, out, e);
	} else if (starts(in->p, "or(")) {
		r = parse_group(in, QUERY_OR, 3, out, e);
	} else if (starts(in->p, "thread(")) {
		r = parse_group(in, QUERY_THREAD, 7, out, e);
	} else if (*in->p == '(') {
		r = parse_group(in, QUERY_AND, 1, out, e);
	} else {
		r = parse_word(in, 0, out, e);
	}
	in->depth--;
	return r;
}

static int
parse_list(struct input *in, int closed, struct query *parent, struct err *e)
{
	struct query **tail = &parent->child;

	while (*tail != NULL)
		tail = &(*tail)->next;
	for (skip_blanks(in); *in->p != '\0' && *in->p != ')'; skip_blanks(in)) {
		if (parse_term(in, tail, e) == -1) {
			*tail = NULL;
			return -1;
		}
		tail = &(*tail)->next;
	}
	if (closed != (*in->p == ')'))
		return err_set(e, ERR_USAGE, "a %s parenthesis is missing in \"%s\"", closed ? "closing" : "opening", in->all);
	if (closed) {
		in->p++;
		if (*in->p != '\0' && !blank(*in->p) && *in->p != ')')
			return err_set(e, ERR_USAGE, "a blank is missing before \"%s\"", in->p);
	}
	if (parent->child == NULL && closed)
		return err_set(e, ERR_USAGE, "nothing stands in the parentheses of \"%s\"", in->all);
	return 0;
}

/* A second term in an argument without quotes may be meant as one, or as part of a phrase: who knows. */
static int
check_phrase(const char *arg, struct err *e)
{
	const char *p = arg + strcspn(arg, " \t\n"), *word;
	size_t n;

	while (*p != '\0') {
		word = p + strspn(p, " \t\n");
		n = strcspn(word, " \t\n");
		p = word + n;
		if (n > 1 && *word == '-') {
			word++;
			n--;
		}
		if (querykey_known(word, n) || (n > 0 && key_length(word) > 0 && querykey_known(word, key_length(word))))
			return err_set(e, ERR_USAGE, "\"%s\" may be a phrase or several terms: give \"%.*s\" an argument of its own, or write the"
			    " phrase in double quotes inside the argument", arg, (int)n, word);
	}
	return 0;
}

static int
parse_argument(struct query *root, const char *arg, struct err *e)
{
	struct input in = { .all = arg, .p = arg, .depth = arg[0] == '(' ? -1 : 0 };	/* as query_print has it, for any tree */
	struct query **tail = &root->child;
	int negated = arg[0] == '-' && arg[1] != '\0';
	size_t key = starts(arg, "raw:") ? 4 : starts(arg, "gmail:") ? 6 : 0;
	int raw = key > 0 && arg[key] != '"' && arg[key] != '\'';	/* the shell has taken the quotes off */

	if (!rune_valid(arg, strlen(arg)))
		return err_set(e, ERR_USAGE, "the query \"%s\" is not UTF-8, or holds a control character", arg);
	if (strpbrk(arg, "\"()") != NULL && !raw)
		return parse_list(&in, 0, root, e);
	if (!raw && check_phrase(arg, e) == -1)
		return -1;
	while (*tail != NULL)
		tail = &(*tail)->next;
	in.p += negated;
	if (parse_word(&in, 1, tail, e) == -1)
		return -1;
	if (negated)
		*tail = query_not(*tail);
	return 0;
}

int
query_parse(struct query **out, int argc, char *const argv[], struct err *e)
{
	struct query *root = query_new(QUERY_AND);
	int i;

	for (i = 0; i < argc; i++) {
		if (parse_argument(root, argv[i], e) == -1) {
			query_free(&root);
			return -1;
		}
	}
	if (root->child == NULL)
		querykey_all(root->child = query_new(QUERY_FLAG));
	if (root->child->kind == QUERY_AND)
		root = query_single(root);
	*out = root;
	return 0;
}

int
query_ascii(const struct query *q)
{
	const char *p;

	for (; q != NULL; q = q->next) {
		for (p = q->text; p != NULL && *p != '\0'; p++) {
			if ((unsigned char)*p >= 0x80)
				return 0;
		}
		if (!query_ascii(q->child))
			return 0;
	}
	return 1;
}

static struct query *
recode_list(const struct query *q, iconv_t to)
{
	struct query *first = NULL, **tail = &first;
	struct buf text = { 0 };
	size_t i;

	for (; q != NULL; q = q->next, tail = &(*tail)->next) {
		*tail = query_new(q->kind);
		(*tail)->word = q->word;
		(*tail)->key = q->key;
		(*tail)->number = q->number;
		(*tail)->name = q->name != NULL ? xstrdup(q->name) : NULL;
		for (i = 0; i < q->set.count; i++)
			uidset_add(&(*tail)->set, q->set.range[i].lo, q->set.range[i].hi);
		if ((q->text != NULL && charset_convert(&text, to, q->text, strlen(q->text)) == -1)
		    || (q->child != NULL && ((*tail)->child = recode_list(q->child, to)) == NULL)) {
			query_free(&first);
			break;
		}
		(*tail)->text = q->text != NULL ? buf_steal(&text) : NULL;
	}
	buf_free(&text);
	return first;
}

struct query *
query_recode(const struct query *q, const char *charset)
{
	iconv_t to = iconv_open(charset, "UTF-8");
	struct query *copy;

	if (to == (iconv_t)-1)
		return NULL;
	copy = recode_list(q, to);
	iconv_close(to);
	return copy;
}

static void
print_list(struct buf *out, const struct query *q)
{
	for (; q != NULL; q = q->next) {
		query_print(out, q);
		if (q->next != NULL)
			buf_addc(out, ' ');
	}
}

void
query_print(struct buf *out, const struct query *q)
{
	static const char *const open[] = { [QUERY_AND] = "(", [QUERY_OR] = "or(", [QUERY_NOT] = "not(", [QUERY_THREAD] = "thread(" };
	int one = q->kind == QUERY_NOT || q->kind == QUERY_THREAD;

	if (!one && q->kind != QUERY_AND && q->kind != QUERY_OR) {
		querykey_print(out, q);
		return;
	}
	buf_adds(out, open[q->kind]);
	print_list(out, one && q->child->kind == QUERY_AND ? q->child->child : q->child);
	buf_addc(out, ')');
}
