/* SPDX-License-Identifier: ISC */
/* alias: any file is read, and every name in it leads to targets, or to an error with its line, in bounded time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/msend/alias.h"
#include "buf.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
target(void *ctx, enum alias_kind kind, const char *text, struct err *e)
{
	size_t *n = ctx;

	(void)e;
	if (kind == ALIAS_ADDRESS && strchr(text, '@') == NULL)
		abort();
	if (++*n > ALIAS_TARGETS_MAX)
		abort();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "a", "b", "c", "root", "*", "" };
	struct aliases *aliases = NULL;
	struct buf text = { 0 };
	struct err e;
	size_t i, n;
	int rc;

	buf_add(&text, data, size);
	aliases_parse(&aliases, &text, "f");
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		n = 0;
		e = (struct err){ 0 };
		rc = aliases_expand(aliases, names[i], target, &n, &e);
		if (rc == -1 ? e.class != ERR_CONFIG || strncmp(e.text, "f:", 2) != 0 : rc == 0 && n > 0)
			abort();
	}
	aliases_free(&aliases);
	buf_free(&text);
	return 0;
}
