/* SPDX-License-Identifier: ISC */
/* accountnames.c - names from -a and from the configuration. */
#include "accountnames.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "err.h"
#include "xalloc.h"

struct reading {
	struct account_names *names;
	const char *endpoint;
	int for_all;		/* it stands before the first section, so it is everybody's */
};

static void
add(struct account_names *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->count; i++) {
		if (strcmp(n->name[i], name) == 0)
			return;
	}
	n->name = xreallocarray(n->name, n->count + 1, sizeof(*n->name));
	n->name[n->count++] = xstrdup(name);
}

static int
take_line(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	struct reading *r = ctx;

	(void)value;
	(void)e;
	if (section == NULL)
		r->for_all |= strcmp(key, r->endpoint) == 0;
	else if (strcmp(key, r->for_all ? "account" : r->endpoint) == 0)
		add(r->names, section);
	return 0;
}

int
account_names_add(struct account_names *n, const char *name, const char *endpoint, struct err *e)
{
	struct reading reading = { .names = n, .endpoint = endpoint };
	char *path;
	int r;

	if (strcmp(name, "all") != 0) {
		add(n, name);
		return 0;
	}
	path = config_path();
	r = path != NULL ? config_read(path, take_line, &reading, e) : 0;
	if (r == 0 && n->count == 0)
		r = err_set(e, ERR_CONFIG, "-a all: %s has no account with a `%s`", path != NULL ? path :
		    "there is no configuration, which", endpoint);
	free(path);
	return r;
}

void
account_names_free(struct account_names *n)
{
	while (n->count > 0)
		free(n->name[--n->count]);
	free(n->name);
	n->name = NULL;
}
