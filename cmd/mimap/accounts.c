/* SPDX-License-Identifier: ISC */
/* accounts.c - options are kept as they were given, and given to each account in turn. */
#include "accounts.h"

#include <stdlib.h>

#include "account.h"
#include "xalloc.h"

int
accounts_option(struct accounts *a, int ch, const char *arg, struct err *e)
{
	if (ch == 'a')
		return account_names_add(&a->names, arg, "imap", e);
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
	return index < a->names.count ? account_option(account, 'a', a->names.name[index], e) : 0;
}

void
accounts_free(struct accounts *a)
{
	account_names_free(&a->names);
	free(a->option);
}
