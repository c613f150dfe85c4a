/* SPDX-License-Identifier: ISC */
/* utf7.c - modified UTF-7 (RFC 3501 section 5.1.3).
 * Printable ASCII stands for itself, "&" is "&-", a run of anything else is "&", base64 of its UTF-16BE with "," for "/" and
 * without padding, "-". Not canonical, so refused: printable ASCII in base64, leftover bits that are not zero, a run
 * right after a run, lone surrogates. */
#include "utf7.h"

#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "rune.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

struct bits {		/* base64 being written or read */
	uint32_t acc;
	unsigned int have;
};

static void
put16(struct buf *out, struct bits *b, uint32_t unit)
{
	b->acc = b->acc << 16 | unit;
	b->have += 16;
	while (b->have >= 6) {
		b->have -= 6;
		buf_addc(out, alphabet[b->acc >> b->have & 0x3f]);
	}
}

static void
put_rune(struct buf *out, struct bits *b, uint32_t r)
{
	if (r >= 0x10000) {
		put16(out, b, 0xd800 + ((r - 0x10000) >> 10));
		put16(out, b, 0xdc00 + ((r - 0x10000) & 0x3ff));
	} else {
		put16(out, b, r);
	}
}

/* One run of characters that are not printable ASCII; returns the octets of input it took. */
static size_t
encode_run(struct buf *out, const char *p, size_t n)
{
	struct bits b = { 0, 0 };
	uint32_t r;
	size_t i, len;

	buf_addc(out, '&');
	for (i = 0; i < n; i += len) {
		len = rune_get(p + i, n - i, &r);
		if (len == 0 || r < 0x80)
			break;
		put_rune(out, &b, r);
	}
	if (b.have > 0)
		buf_addc(out, alphabet[b.acc << (6 - b.have) & 0x3f]);
	buf_addc(out, '-');
	return i;
}

int
utf7_encode(struct buf *out, const char *p, size_t n)
{
	size_t i = 0;

	if (!rune_valid(p, n))
		return -1;
	while (i < n) {
		if ((unsigned char)p[i] >= 0x80) {
			i += encode_run(out, p + i, n - i);
			continue;
		}
		buf_addc(out, p[i]);
		if (p[i++] == '&')
			buf_addc(out, '-');
	}
	return 0;
}

/* A UTF-16 unit of a run has been read; *high holds a high surrogate that waits for its low one. */
static int
take16(struct buf *out, uint32_t unit, uint32_t *high)
{
	if (*high != 0) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return -1;
		rune_put(out, 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00));
		*high = 0;
		return 0;
	}
	if (unit < 0x80 || (unit >= 0xdc00 && unit <= 0xdfff))
		return -1;
	if (unit >= 0xd800 && unit <= 0xdbff)
		*high = unit;
	else
		rune_put(out, unit);
	return 0;
}

/* The base64 after "&", up to the "-"; returns the octets taken with the "-", 0 when it is not canonical. */
static size_t
decode_run(struct buf *out, const char *p, size_t n)
{
	struct bits b = { 0, 0 };
	uint32_t high = 0;
	const char *at;
	size_t i, units = 0;

	for (i = 0; i < n && p[i] != '-'; i++) {
		if (p[i] == '\0' || (at = strchr(alphabet, p[i])) == NULL)
			return 0;
		b.acc = b.acc << 6 | (uint32_t)(at - alphabet);
		b.have += 6;
		if (b.have < 16)
			continue;
		b.have -= 16;
		if (take16(out, b.acc >> b.have & 0xffff, &high) == -1)
			return 0;
		units++;
	}
	if (i == n || units == 0 || high != 0 || b.have >= 6 || (b.acc & ((1u << b.have) - 1)) != 0)
		return 0;
	return i + 1;
}

static int
decode(struct buf *out, const char *p, size_t n)
{
	size_t i = 0, took;
	int after_run = 0;

	while (i < n) {
		if ((unsigned char)p[i] < 0x20 || (unsigned char)p[i] >= 0x7f)
			return -1;
		if (p[i] != '&' || (n - i > 1 && p[i + 1] == '-')) {
			buf_addc(out, p[i]);
			i += p[i] == '&' ? 2 : 1;
			after_run = 0;
			continue;
		}
		if (after_run || (took = decode_run(out, p + i + 1, n - i - 1)) == 0)
			return -1;
		i += 1 + took;
		after_run = 1;
	}
	return 0;
}

int
utf7_decode(struct buf *out, const char *p, size_t n)
{
	size_t before = out->len;

	if (decode(out, p, n) == 0)
		return 0;
	buf_cut(out, before);
	return -1;
}
