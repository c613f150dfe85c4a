/* SPDX-License-Identifier: ISC */
/* What msend -B says: each line that is taken, printed again with six to eight fields, is the line it was, with "-" or nothing where
 * nothing stands. A verdict never goes with a code that says otherwise. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mqueue/result.h"
#include "buf.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const words[] = { "ok", "later", "refused" };

static void
print(struct buf *b, const struct result *r, const char *no_code, const char *no_enhanced, int fields)
{
	buf_printf(b, "%s\t%s\t%s\t", r->path, r->addr, words[r->verdict]);
	if (r->code != 0)
		buf_printf(b, "%03d", r->code);
	else
		buf_adds(b, no_code);
	buf_printf(b, "\t%s\t%s", *r->enhanced != '\0' ? r->enhanced : no_enhanced, r->text);
	if (fields > 6)
		buf_printf(b, "\t%s", r->host);
	if (fields > 7)
		buf_printf(b, "\t%s", r->dsn ? "dsn" : "");
}

static int
same(const struct result *r, const char *line, size_t len)
{
	static const char *const none[] = { "", "-" };
	struct buf b = { 0 };
	int i, found = 0;

	for (i = 0; i < 12; i++) {
		buf_cut(&b, 0);
		print(&b, r, none[i / 2 % 2], none[i % 2], 6 + i / 4);
		found |= b.len == len && memcmp(b.data, line, len) == 0;
	}
	buf_free(&b);
	return found;
}

static void
one_line(const char *line, size_t len)
{
	char *copy = xmalloc(len + 1);
	struct result r;

	memcpy(copy, line, len);
	copy[len] = '\0';
	if (result_parse(copy, len, &r) == 0) {
		if (!same(&r, line, len))
			abort();
		if ((r.verdict == VERDICT_OK && r.code / 100 > 2) || (r.verdict == VERDICT_REFUSED && r.code != 0 && r.code / 100 != 5))
			abort();
	}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		one_line(p, (size_t)((lf != NULL ? lf : end) - p));
		p = lf != NULL ? lf + 1 : end;
	}
	return 0;
}
