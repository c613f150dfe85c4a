/* SPDX-License-Identifier: ISC */
/* mpop's dots: however a response is cut, the same comes out and as much is taken; and the plain way agrees.
 * The first octet seeds where it is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mpop/dots.h"
#include "buf.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Octets taken, with the end among them, or n + 1 when it did not come. */
static size_t
run(const char *p, size_t n, unsigned int seed, struct buf *out)
{
	struct dots d = { DOTS_LINE };
	struct err e;
	size_t at = 0, used;

	while (at < n) {
		size_t part = seed == 0 ? n : 1 + (seed = seed * 1103515245 + 12345) / 65536 % 5;
		int r;

		if (part > n - at)
			part = n - at;
		if ((r = dots_feed(&d, p + at, part, &used, sink_buf, out, &e)) == -1 || used > part || (r == 0 && used != part))
			abort();
		at += used;
		if (r == 1)
			return at;
	}
	return n + 1;
}

static size_t
plain(const char *p, size_t n, struct buf *out)
{
	size_t at = 0, end;

	while (at < n) {
		if (n - at >= 3 && memcmp(p + at, ".\r\n", 3) == 0)
			return at + 3;
		for (end = at; end < n && !(n - end >= 2 && p[end] == '\r' && p[end + 1] == '\n'); end++)
			;
		if (end == n)
			break;
		at += p[at] == '.';
		buf_add(out, p + at, end + 2 - at);
		at = end + 2;
	}
	return n + 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = { NULL, 0, 0 }, cut = { NULL, 0, 0 }, want = { NULL, 0, 0 };
	const char *p = (const char *)data + 1;
	size_t taken;

	if (size == 0)
		return 0;
	taken = run(p, size - 1, 0, &whole);
	if (run(p, size - 1, 1u + data[0], &cut) != taken || cut.len != whole.len ||
	    memcmp(buf_str(&cut), buf_str(&whole), cut.len) != 0)
		abort();
	if (plain(p, size - 1, &want) != taken)
		abort();
	if (taken <= size - 1 && (want.len != whole.len || memcmp(buf_str(&want), buf_str(&whole), want.len) != 0))
		abort();
	buf_free(&whole);
	buf_free(&cut);
	buf_free(&want);
	return 0;
}
