/* SPDX-License-Identifier: ISC */
/* deflate: rubbish ends, with no more output than was asked for; what was packed in pieces expands to itself. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "deflate.h"
#include "err.h"

#define OUTPUT_MAX ((size_t)4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* All that the input gives, fed and taken by `piece`; at most OUTPUT_MAX octets of it. */
static ssize_t
expand(struct deflate *d, const char *p, size_t n, size_t piece, struct buf *out)
{
	char to[4096];
	struct err e;
	ssize_t r;
	size_t room, take;
	char *in;

	for (;;) {
		while ((r = deflate_unpack(d, to, piece, &e)) > 0 && out->len < OUTPUT_MAX) {
			if ((size_t)r > piece)
				abort();
			buf_add(out, to, (size_t)r);
		}
		if (r != 0 || n == 0)
			return r;
		in = deflate_room(d, &room);
		take = piece < room ? piece : room;
		take = take < n ? take : n;
		memcpy(in, p, take);
		deflate_fed(d, take);
		p += take;
		n -= take;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct deflate *a = deflate_new(NULL, 0), *b = deflate_new((const char *)data, n), *c = deflate_new(NULL, 0);
	size_t piece = n > 0 && data[0] > 0 ? data[0] : 1, at, left, len;
	struct buf wire = { 0 }, out = { 0 };
	const char *p, *packed;

	if (a == NULL)
		return 0;		/* built without zlib */
	expand(b, NULL, 0, piece, &out);
	buf_cut(&out, 0);
	for (at = 0; at < n; at += piece) {
		p = (const char *)data + at;
		left = piece < n - at ? piece : n - at;
		while ((len = deflate_pack(a, &p, &left, at % 2 == 0 || at + piece >= n, &packed)) > 0)
			buf_add(&wire, packed, len);
	}
	expand(c, wire.data, wire.len, piece, &out);
	if (n < OUTPUT_MAX && (out.len != n || (n > 0 && memcmp(out.data, data, n) != 0)))
		abort();
	buf_free(&wire);
	buf_free(&out);
	deflate_free(&a);
	deflate_free(&b);
	deflate_free(&c);
	return 0;
}
