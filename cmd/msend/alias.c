/* SPDX-License-Identifier: ISC */
/* alias.c - a name leads to targets, of which bare names are looked up again, until none is left or one comes round. */
#include "alias.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "config.h"
#include "err.h"
#include "local.h"
#include "message.h"
#include "xalloc.h"

struct alias {
	char *name, *targets;	/* as they are written */
	size_t line;
	const char *wrong;	/* with the line, or NULL; then it leads nowhere */
};

struct aliases {
	struct alias *v;
	size_t n;
	char *path;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the first c outside quotes is, or the end. */
static const char *
unquoted(const char *p, char c)
{
	int quoted = 0;

	for (; *p != '\0' && (quoted || *p != c); p++) {
		if (*p == '\\' && quoted && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	return p;
}

/* n octets without blanks around and without the quotes; the caller frees. */
static char *
word(const char *p, size_t n)
{
	struct buf out = { 0 };
	int quoted = 0;

	while (n > 0 && is_blank(*p))
		p++, n--;
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	for (; n > 0; p++, n--) {
		if (*p == '"') {
			quoted = !quoted;
			continue;
		}
		if (*p == '\\' && quoted && n > 1)
			p++, n--;
		buf_addc(&out, *p);
	}
	return buf_steal(&out);
}

static void
add_line(struct aliases *a, const char *text, size_t line)
{
	const char *colon = unquoted(text, ':'), *p;
	struct alias *new;
	size_t quotes = 0;

	for (p = text; *p != '\0'; p++) {
		quotes += *p == '"';
		p += *p == '\\' && quotes % 2 == 1 && p[1] != '\0';
	}
	a->v = xreallocarray(a->v, a->n + 1, sizeof(*a->v));
	new = &a->v[a->n++];
	new->name = word(text, (size_t)(colon - text));
	new->targets = xstrdup(*colon == ':' ? colon + 1 : "");
	new->line = line;
	new->wrong = quotes % 2 == 1 ? "a quote is not closed" : *colon != ':' ? "no \"name: targets\""
	    : *new->name == '\0' ? "no name" : NULL;
}

void
aliases_parse(struct aliases **out, struct buf *text, const char *path)
{
	struct aliases *a = xcalloc(1, sizeof(*a));
	const char *p = buf_str(text), *end;
	struct buf whole = { 0 };
	size_t number = 0, begun = 0;

	a->path = xstrdup(path);
	for (; *p != '\0'; p = *end == '\n' ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		number++;
		if (*p == '#' || (size_t)(end - p) == strspn(p, " \t\r"))
			continue;
		if (!is_blank(*p)) {
			if (whole.len > 0)
				add_line(a, buf_str(&whole), begun);
			buf_cut(&whole, 0);
		}
		if (whole.len == 0)
			begun = number;
		buf_add(&whole, p, (size_t)(end - p));
	}
	if (whole.len > 0)
		add_line(a, buf_str(&whole), begun);
	buf_free(&whole);
	*out = a;
}

int
aliases_read(struct aliases **out, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int rc = config_slurp(&text, path, e);

	if (rc == 0)
		aliases_parse(out, &text, path);
	else
		err_prefix(e, "aliases");
	buf_free(&text);
	return rc;
}

static const struct alias *
find(const struct aliases *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strcasecmp(a->v[i].name, name) == 0)
			return &a->v[i];
	return NULL;
}

struct walk {
	const struct aliases *aliases;
	alias_fn *fn;
	void *ctx;
	size_t targets;
};

struct chain {			/* the names that led here */
	const struct alias *alias;
	const struct chain *up;
	int depth;
};

static int
bad(const struct walk *w, const struct alias *at, struct err *e, const char *target, const char *why)
{
	return err_set(e, ERR_CONFIG, "%s:%zu: %s: %s: %s", w->aliases->path, at->line, at->name, target, why);
}

static int expand(struct walk *, const struct alias *, const struct chain *up, struct err *e);

/* A bare name: an alias itself, unless it stands in its own list, which means the user of that name. */
static int
follow(struct walk *w, const char *name, const struct chain *c, struct err *e)
{
	const struct alias *next = find(w->aliases, name);
	const struct chain *p;

	if (next == NULL || next == c->alias)
		return w->fn(w->ctx, ALIAS_USER, name, e);
	for (p = c; p != NULL; p = p->up)
		if (p->alias == next)
			return bad(w, c->alias, e, name, "a loop");
	return expand(w, next, c, e);
}

/* An address: one at this machine may be an alias, others are what they are. */
static int
to_address(struct walk *w, const char *addr, const struct chain *c, struct err *e)
{
	const char *at = strrchr(addr, '@');
	char *name = xstrndup(addr, (size_t)(at - addr));
	const struct alias *next = local_is_here(at + 1) ? find(w->aliases, name) : NULL;
	int rc = next == NULL || next == c->alias ? w->fn(w->ctx, ALIAS_ADDRESS, addr, e) : follow(w, name, c, e);

	free(name);
	return rc;
}

static int
mail_to_path(struct walk *w, char *path, const struct chain *c, struct err *e)
{
	size_t n = strlen(path);

	if (strcmp(path, "/dev/null") == 0)
		return w->fn(w->ctx, ALIAS_NOWHERE, path, e);
	if (n < 2 || path[n - 1] != '/')
		return bad(w, c->alias, e, path, "mail is kept in maildirs only; write maildir:/path");
	path[n - 1] = '\0';
	return w->fn(w->ctx, ALIAS_MAILDIR, path, e);
}

static int
one_target(struct walk *w, char *target, const struct chain *c, struct err *e)
{
	if (*target == '\0')
		return 0;
	if (++w->targets > ALIAS_TARGETS_MAX)
		return bad(w, c->alias, e, target, "more than 10000 targets");
	if (*target == '|')
		return w->fn(w->ctx, ALIAS_COMMAND, target + 1, e);
	if (strncasecmp(target, ":include:", 9) == 0)
		return bad(w, c->alias, e, target, "files of addresses are not read; write them into the aliases file");
	if (strncmp(target, "maildir:", 8) == 0)
		return w->fn(w->ctx, ALIAS_MAILDIR, target + 8, e);
	if (*target == '/')
		return mail_to_path(w, target, c, e);
	if (*target == '\\')
		return w->fn(w->ctx, ALIAS_USER, target + 1, e);
	if (!message_addr_ok(target))
		return bad(w, c->alias, e, target, "not an address");
	return strchr(target, '@') != NULL ? to_address(w, target, c, e) : follow(w, target, c, e);
}

static int
expand(struct walk *w, const struct alias *alias, const struct chain *up, struct err *e)
{
	struct chain c = { alias, up, up != NULL ? up->depth + 1 : 1 };
	const char *p, *end;
	int rc = 0;

	if (alias->wrong != NULL)
		return bad(w, alias, e, alias->targets, alias->wrong);
	if (c.depth > ALIAS_DEPTH_MAX)
		return bad(w, alias, e, alias->targets, "more than 32 aliases lead here");
	for (p = alias->targets; rc == 0 && *p != '\0'; p = *end == ',' ? end + 1 : end) {
		char *target;

		end = unquoted(p, ',');
		target = word(p, (size_t)(end - p));
		rc = one_target(w, target, &c, e);
		free(target);
	}
	return rc;
}

static int
no_target(void *ctx, enum alias_kind kind, const char *target, struct err *e)
{
	(void)ctx;
	(void)kind;
	(void)target;
	(void)e;
	return 0;
}

int
aliases_expand(const struct aliases *a, const char *name, alias_fn *fn, void *ctx, struct err *e)
{
	struct walk w = { a, fn, ctx, 0 };
	const struct alias *alias = find(a, name);

	if (alias == NULL)
		return 0;
	if (expand(&w, alias, NULL, e) == -1)
		return -1;
	return w.targets > 0 ? 1 : bad(&w, alias, e, "", "it leads nowhere");
}

void
aliases_check(const struct aliases *a, int deep, void (*fn)(const struct err *))
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		struct walk w = { a, no_target, NULL, 0 };
		struct err e = { 0 };

		if (a->v[i].wrong != NULL)
			err_set(&e, ERR_CONFIG, "%s:%zu: %s", a->path, a->v[i].line, a->v[i].wrong);
		else if (deep && expand(&w, &a->v[i], NULL, &e) == 0 && w.targets == 0)
			bad(&w, &a->v[i], &e, "", "it leads nowhere");
		if (e.class != ERR_NONE)
			fn(&e);
	}
}

void
aliases_free(struct aliases **ap)
{
	size_t i;

	if (*ap == NULL)
		return;
	for (i = 0; i < (*ap)->n; i++) {
		free((*ap)->v[i].name);
		free((*ap)->v[i].targets);
	}
	free((*ap)->v);
	free((*ap)->path);
	free(*ap);
	*ap = NULL;
}
