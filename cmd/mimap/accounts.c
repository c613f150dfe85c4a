/* SPDX-License-Identifier: ISC */
/* accounts.c - names from -a and from the configuration. */
#include "accounts.h"

#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "config.h"
#include "err.h"
#include "xalloc.h"

static void
add_name(struct accounts *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		if (strcmp(a->name[i], name) == 0)
			return;
	}
	a->name = xreallocarray(a->name, a->count + 1, sizeof(*a->name));
	a->name[a->count++] = xstrdup(name);
}

struct reading {
	struct accounts *accounts;
	int for_all;		/* an `imap` before the first section is everybody's */
};

static int
take_line(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	struct reading *r = ctx;

	(void)value;
	(void)e;
	if (section == NULL)
		r->for_all |= strcmp(key, "imap") == 0;
	else if (strcmp(key, r->for_all ? "account" : "imap") == 0)
		add_name(r->accounts, section);
	return 0;
}

static int
add_all(struct accounts *a, struct err *e)
{
	struct reading reading = { .accounts = a };
	char *path = config_path();
	int r = path != NULL ? config_read(path, take_line, &reading, e) : 0;

	if (r == 0 && a->count == 0)
		r = err_set(e, ERR_CONFIG, "-a all: there is no account with an `imap` in %s", path != NULL ? path : "any configuration");
	free(path);
	return r;
}

int
accounts_option(struct accounts *a, int ch, const char *arg, struct err *e)
{
	if (ch == 'a' && strcmp(arg, "all") == 0)
		return add_all(a, e);
	if (ch == 'a') {
		add_name(a, arg);
		return 0;
	}
	a->option = xreallocarray(a->option, a->options + 1, sizeof(*a->option));
	a->option[a->options].ch = ch;
	a->option[a->options++].arg = arg;
	return 0;
}

int
accounts_set(const struct accounts *a, size_t index, struct account *account, struct err *e)
{
	size_t i;

	for (i = 0; i < a->options; i++) {
		if (account_option(account, a->option[i].ch, a->option[i].arg, e) == -1)
			return -1;
	}
	return index < a->count ? account_option(account, 'a', a->name[index], e) : 0;
}

void
accounts_free(struct accounts *a)
{
	while (a->count > 0)
		free(a->name[--a->count]);
	free(a->name);
	free(a->option);
}
