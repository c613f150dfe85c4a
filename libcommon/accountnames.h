/* SPDX-License-Identifier: ISC */
/* accountnames.h - the accounts that -a names, where a run works on several: each once, in order. "all" stands for every account of
 * the configuration that has the endpoint. */
#ifndef ACCOUNTNAMES_H
#define ACCOUNTNAMES_H

#include <stddef.h>

struct err;

struct account_names {		/* zeroed is valid and empty */
	char **name;
	size_t count;
};

/* endpoint: the key that an account must have to be one of all. ERR_CONFIG: none has it, and none was named before. */
int account_names_add(struct account_names *, const char *name, const char *endpoint, struct err *e);
void account_names_free(struct account_names *);

#endif
