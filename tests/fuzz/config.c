/* SPDX-License-Identifier: ISC */
/* config: the lines handed out, written down again, are handed out the same; errors name a line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "config.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
print(void *ctx, const char *section, const char *key, const char *value, struct err *e)
{
	(void)e;
	if (*key == '\0' || *key == '#' || strpbrk(key, " \t\n") != NULL || strchr(value, '\n') != NULL)
		abort();
	if (strcmp(key, "account") == 0 && (section == NULL || strcmp(section, value) != 0))
		abort();
	buf_printf(ctx, "%s \"%s\"\n", key, value);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = { 0 }, once = { 0 }, twice = { 0 };
	struct err e = { 0 };

	buf_add(&text, data, size);
	if (config_parse(&text, "file", print, &once, &e) == -1) {
		if (e.class != ERR_CONFIG || strncmp(e.text, "file:", 5) != 0)
			abort();
	} else {
		buf_cut(&text, 0);
		buf_add(&text, buf_str(&once), once.len);
		if (config_parse(&text, "file", print, &twice, &e) == 0) {	/* the quotes may make a line too long */
			if (once.len != twice.len || memcmp(buf_str(&once), buf_str(&twice), once.len) != 0)
				abort();
		} else if (strstr(e.text, "a line of more than") == NULL)
			abort();
	}
	buf_free(&text);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
