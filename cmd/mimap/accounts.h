/* SPDX-License-Identifier: ISC */
/* accounts.h - the options of the command line that are about accounts, and the accounts that they name: verbs that list things
 * work on several, one after the other. */
#ifndef MIMAP_ACCOUNTS_H
#define MIMAP_ACCOUNTS_H

#include <stddef.h>

#include "accountnames.h"

struct account;
struct err;

struct accounts {		/* zeroed is valid: the first account of the configuration */
	struct { int ch; const char *arg; } *option;	/* of account.h, but for -a; borrowed text */
	size_t options;
	struct account_names names;
};

/* "-a all" stands for every account of the configuration that has an `imap`. */
int accounts_option(struct accounts *, int ch, const char *arg, struct err *e);
int accounts_set(const struct accounts *, size_t index, struct account *, struct err *e);	/* as if it was the only one */
void accounts_free(struct accounts *);

#endif
