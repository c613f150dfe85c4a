/* SPDX-License-Identifier: ISC */
/* msend_sts: a policy, printed, is read as the same policy; what it holds is bounded; a record's id is one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "xalloc.h"
#include "../../cmd/msend/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_record(const char *text)
{
	char id[33] = "";

	if (sts_record(text, id) == 1 && (strlen(id) < 1 || strlen(id) > 32 || strstr(text, id) == NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct buf once = { 0 }, twice = { 0 };
	struct sts s = { 0 }, again = { 0 };
	size_t i;

	check_record(text);
	if (sts_parse(&s, (const char *)data, size) == 0) {
		if (s.mode > STS_ENFORCE || s.max_age < 0 || s.max_age > 31557600 || s.until < 0 || (s.mode != STS_NONE && s.n == 0))
			abort();
		sts_print(&s, &once);
		if (once.len <= STS_TEXT_MAX) {
			if (sts_parse(&again, once.data, once.len) == -1)
				abort();
			sts_print(&again, &twice);
			if (strcmp(buf_str(&once), buf_str(&twice)) != 0)
				abort();
			for (i = 0; i < s.n; i++)
				if (!sts_matches(&again, s.mx[i]))
					abort();
		}
	}
	sts_free(&s);
	sts_free(&again);
	buf_free(&once);
	buf_free(&twice);
	free(text);
	return 0;
}
