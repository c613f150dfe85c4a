/* SPDX-License-Identifier: ISC */
/* mboxrd: undone, the same message comes back, wherever the chunks were cut; no line but the first begins "From ".
 * The first octet seeds where it is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "mboxrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int so)
{
	if (!so)
		abort();
}

static void
undo(struct buf *out, const char *p, size_t n)
{
	for (const char *end = p + n; p < end;) {
		const char *lf = memchr(p, '\n', (size_t)(end - p)), *q = p;

		must(lf != NULL);
		while (*q == '>')
			q++;
		must(p != q || strncmp(p, "From ", 5) != 0);
		if (strncmp(q, "From ", 5) == 0)
			p++;
		buf_add(out, p, (size_t)(lf + 1 - p));
		p = lf + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mboxrd m;
	struct buf all = {0}, back = {0};
	struct err e;
	unsigned int seed = size > 0 ? data[0] : 0;
	const char *p = (const char *)data + 1, *body;
	size_t n = size > 0 ? size - 1 : 0, part;

	must(mboxrd_begin(&m, sink_buf, &all, "ann@example.org", 0, &e) == 0);
	for (size_t at = 0; at < n; at += part) {
		part = seed == 0 ? n : 1 + (seed = seed * 1103515245 + 12345) / 65536 % 7;
		part = part < n - at ? part : n - at;
		must(mboxrd_write(&m, p + at, part, &e) == 0);
	}
	must(mboxrd_end(&m, &e) == 0);
	body = strchr(all.data, '\n') + 1;
	must(all.len >= 2 && strcmp(all.data + all.len - 2, "\n\n") == 0);
	undo(&back, body, (size_t)(all.data + all.len - 1 - body));
	must(n == 0 ? back.len == 0 : back.len >= n && memcmp(back.data, p, n) == 0);
	must(back.len == n || (back.len == n + 1 && p[n - 1] != '\n' && back.data[n] == '\n'));
	buf_free(&all);
	buf_free(&back);
	return 0;
}
