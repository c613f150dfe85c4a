/* SPDX-License-Identifier: ISC */
/* whereto.c - see whereto.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "envelope.h"
#include "whereto.h"
#include "xalloc.h"

static enum whereto_mx
kind(const char *endpoint)
{
	return strncasecmp(endpoint, "mx:", 3) == 0 ? WHERETO_MX : WHERETO_SERVER;
}

/* Of "Ann <ann@example.org>" or "ann@example.org". */
static char *
address(const char *from)
{
	const char *open = strrchr(from, '<');

	return open == NULL ? xstrdup(from) : xstrndup(open + 1, strcspn(open + 1, ">"));
}

static struct whereto_account *
section(struct whereto *w, const char *name)
{
	if (w->count > 0 && strcmp(w->at[w->count - 1].name, name) == 0)
		return &w->at[w->count - 1];
	w->at = xreallocarray(w->at, w->count + 1, sizeof *w->at);
	w->at[w->count] = (struct whereto_account){ .name = xstrdup(name) };
	return &w->at[w->count++];
}

void
whereto_line(struct whereto *w, const char *name, const char *key, const char *value)
{
	struct whereto_account *a = name == NULL ? NULL : section(w, name);

	if (strcmp(key, "send") == 0)
		*(a == NULL ? &w->all : &a->mx) = kind(value);
	else if (a != NULL && a->from == NULL && strcmp(key, "from") == 0)
		a->from = address(value);
}

void
whereto_final(struct whereto *w, const char *key, const char *value)
{
	if (strcmp(key, "send") == 0)
		w->final = kind(value);
}

void
whereto_free(struct whereto *w)
{
	while (w->count > 0) {
		free(w->at[--w->count].name);
		free(w->at[w->count].from);
	}
	free(w->at);
	*w = (struct whereto){ .at = NULL };
}

/* As msend finds it: by name, else by the address it sends from. */
static const struct whereto_account *
find(const struct whereto *w, const char *account)
{
	size_t i;

	if (account == NULL)
		return w->count > 0 ? w->at : NULL;
	for (i = 0; i < w->count; i++)
		if (strcmp(w->at[i].name, account) == 0)
			return &w->at[i];
	for (i = 0; i < w->count && strchr(account, '@') != NULL; i++)
		if (w->at[i].from != NULL && strcasecmp(w->at[i].from, account) == 0)
			return &w->at[i];
	return NULL;
}

int
whereto_is_mx(const struct whereto *w, const char *account)
{
	const struct whereto_account *a;

	if (account != NULL && strncasecmp(account, "mx:", 3) == 0)
		return 1;
	if (w->final != WHERETO_UNSAID)
		return w->final == WHERETO_MX;
	a = find(w, account);
	if (a != NULL && a->mx != WHERETO_UNSAID)
		return a->mx == WHERETO_MX;
	return (a != NULL || account == NULL) && w->all == WHERETO_MX;
}

static void
domain(const char *addr, char name[WHERETO_MAX + 1])
{
	const char *at = strrchr(addr, '@');
	size_t i;

	strlcpy(name, at == NULL ? "@" : at, WHERETO_MAX + 1);
	for (i = 0; name[i] != '\0'; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
}

void
whereto_name(const struct whereto *w, const struct envelope *env, size_t rcpt, char name[WHERETO_MAX + 1])
{
	if (whereto_is_mx(w, env->account))
		domain(env->rcpt[rcpt].addr, name);
	else
		strlcpy(name, env->account == NULL ? "-" : env->account, WHERETO_MAX + 1);
}

int
whereto_one(const struct whereto *w, const struct envelope *env, char name[WHERETO_MAX + 1])
{
	int mx = whereto_is_mx(w, env->account), found = 0;
	char other[WHERETO_MAX + 1];
	size_t i;

	strlcpy(name, env->account == NULL ? "-" : env->account, WHERETO_MAX + 1);
	for (i = 0; mx && i < env->rcpts; i++) {
		if (env->rcpt[i].fate != FATE_WAITING)
			continue;
		domain(env->rcpt[i].addr, found ? other : name);
		if (found && strcmp(other, name) != 0)
			return 0;
		found = 1;
	}
	return 1;
}
