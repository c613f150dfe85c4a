/* SPDX-License-Identifier: ISC */
/* dkim_canon: a body in any pieces comes out as the plain way makes it, line by line; once relaxed it stays as it is; fields of a header
 * come out without line ends inside, and relaxed once more are the same. The first octet seeds where the body is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/msend/dkim_canon.h"
#include "buf.h"
#include "eol.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same(const struct buf *a, const struct buf *b)
{
	if (a->len != b->len || memcmp(buf_str(a), buf_str(b), a->len) != 0)
		abort();
}

static void
relax(struct buf *out, const char *p, size_t n, unsigned int seed)
{
	struct dkim_body b;
	struct err e;
	size_t part;

	dkim_body_begin(&b, sink_buf, out);
	for (; n > 0; p += part, n -= part) {
		part = seed == 0 ? n : 1 + (seed = seed * 1103515245 + 12345) / 65536 % 7;
		part = part < n ? part : n;
		if (dkim_body_write(&b, p, part, &e) == -1)
			abort();
	}
	if (dkim_body_end(&b, &e) == -1)
		abort();
}

/* RFC 6376 3.4.4, in its own order: white space at line ends, runs of white space, empty lines at the end. */
static void
plainly(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n, *lf;
	size_t begin;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		for (begin = out->len; p < lf - 1; p++)
			if ((*p != ' ' && *p != '\t') || out->len == begin || out->data[out->len - 1] != ' ')
				buf_addc(out, *p == '\t' ? ' ' : *p);
		if (out->len > begin && out->data[out->len - 1] == ' ')
			buf_cut(out, out->len - 1);
		buf_adds(out, "\r\n");
	}
	while (out->len >= 2 && memcmp(out->data + out->len - 2, "\r\n", 2) == 0 &&
	    (out->len == 2 || (out->len >= 4 && memcmp(out->data + out->len - 4, "\r\n", 2) == 0)))
		buf_cut(out, out->len - 2);
}

static void
header(const struct buf *wire)
{
	struct buf all = { 0 }, once = { 0 }, again = { 0 };
	const char *p, *end;

	dkim_relax_listed(&all, buf_str(wire), wire->len, "from:to:subject:from:a:b:a");
	end = buf_str(&all) + all.len;
	for (p = buf_str(&all); (p = memchr(p, '\r', (size_t)(end - p))) != NULL; p++)
		if (p[1] != '\n' || p == all.data || p[-1] == ' ' || p[2] == ' ')
			abort();
	if (memmem(buf_str(&all), all.len, "  ", 2) != NULL || memchr(buf_str(&all), '\t', all.len) != NULL)
		abort();
	dkim_relax_listed(&once, buf_str(wire), wire->len, "subject");
	dkim_relax_listed(&again, buf_str(&once), once.len, "Subject");
	same(&again, &once);
	buf_free(&all);
	buf_free(&once);
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf wire = { 0 }, whole = { 0 }, cut = { 0 }, want = { 0 }, again = { 0 };
	struct eol eol = { 0 };
	struct err e;

	if (size == 0)
		return 0;
	if (eol_to_crlf(&eol, (const char *)data + 1, size - 1, sink_buf, &wire, &e) == -1 || eol_to_crlf_end(&eol, sink_buf, &wire, &e) == -1)
		abort();
	relax(&whole, wire.data, wire.len, 0);
	relax(&cut, wire.data, wire.len, 1U + data[0]);
	plainly(&want, wire.data, wire.len);
	same(&whole, &cut);
	same(&whole, &want);
	relax(&again, whole.data, whole.len, 0);
	same(&again, &whole);
	header(&wire);
	buf_free(&wire);
	buf_free(&whole);
	buf_free(&cut);
	buf_free(&want);
	buf_free(&again);
	return 0;
}
