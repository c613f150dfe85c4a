/* SPDX-License-Identifier: ISC */
/* eol: however a text is cut, the same comes out; no bare CR or LF leaves; what left comes back with the same lines.
 * The first octet seeds where it is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "eol.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

typedef int chunk_fn(struct eol *, const char *, size_t, sink_fn *, void *, struct err *);
typedef int end_fn(struct eol *, sink_fn *, void *, struct err *);

/* In pieces that the seed tells; 0: whole. */
static void
run(chunk_fn *chunk, end_fn *end, const char *p, size_t n, unsigned int seed, struct buf *out)
{
	struct eol s = { 0 };
	struct err e = { 0 };
	size_t part;

	while (n > 0) {
		part = seed == 0 ? n : 1 + (seed = seed * 1103515245 + 12345) / 65536 % 7;
		part = part < n ? part : n;
		if (chunk(&s, p, part, sink_buf, out, &e) == -1)
			abort();
		p += part;
		n -= part;
	}
	if (end(&s, sink_buf, out, &e) == -1)
		abort();
}

static void
same(const struct buf *a, const struct buf *b)
{
	if (a->len != b->len || memcmp(buf_str(a), buf_str(b), a->len) != 0)
		abort();
}

/* What the wire should see, the plain way. */
static void
plain_crlf(const char *p, size_t n, struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != '\r' && p[i] != '\n')
			buf_addc(out, p[i]);
		else if (p[i] != '\n' || i == 0 || p[i - 1] != '\r')
			buf_adds(out, "\r\n");
	if (n > 0 && p[n - 1] != '\r' && p[n - 1] != '\n')
		buf_adds(out, "\r\n");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { 0 }, cut = { 0 }, lf = { 0 }, lf_cut = { 0 }, back = { 0 }, want = { 0 };
	const char *p = (const char *)data;
	unsigned int seed;

	if (size == 0)
		return 0;
	seed = 1U + data[0];
	p++;
	size--;
	run(eol_to_crlf, eol_to_crlf_end, p, size, 0, &whole);
	run(eol_to_crlf, eol_to_crlf_end, p, size, seed, &cut);
	plain_crlf(p, size, &want);
	same(&whole, &cut);
	same(&whole, &want);
	run(eol_to_lf, eol_to_lf_end, whole.data, whole.len, seed, &lf);
	if (lf.len > 0 && memchr(lf.data, '\r', lf.len) != NULL)
		abort();
	run(eol_to_crlf, eol_to_crlf_end, lf.data, lf.len, seed, &back);
	same(&back, &whole);
	buf_cut(&lf, 0);
	run(eol_to_lf, eol_to_lf_end, p, size, 0, &lf);
	run(eol_to_lf, eol_to_lf_end, p, size, seed, &lf_cut);
	same(&lf, &lf_cut);
	buf_free(&whole);
	buf_free(&cut);
	buf_free(&lf);
	buf_free(&lf_cut);
	buf_free(&back);
	buf_free(&want);
	return 0;
}
