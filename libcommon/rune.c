/* SPDX-License-Identifier: ISC */
/* rune.c - UTF-8 (RFC 3629). The table of lead octets is Unicode's table 3-7, as arithmetic. */
#include "rune.h"

#include <wchar.h>

#include "buf.h"

static size_t
lead(unsigned char c, uint32_t *bits)
{
	if (c < 0x80) {
		*bits = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		*bits = c & 0x1fu;
		return 2;
	}
	if (c >= 0xe0 && c <= 0xef) {
		*bits = c & 0x0fu;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*bits = c & 0x07u;
		return 4;
	}
	return 0;
}

size_t
rune_get(const char *text, size_t n, uint32_t *rune)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	uint32_t r;
	size_t i, len;

	if (n == 0 || (len = lead(p[0], &r)) == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		r = r << 6 | (p[i] & 0x3fu);
	}
	if (r < least[len] || r > 0x10ffff || (r >= 0xd800 && r <= 0xdfff))
		return 0;
	*rune = r;
	return len;
}

void
rune_put(struct buf *out, uint32_t r)
{
	if (r < 0x80) {
		buf_addc(out, (char)r);
		return;
	}
	if (r < 0x800) {
		buf_addc(out, (char)(0xc0 | r >> 6));
	} else {
		if (r < 0x10000) {
			buf_addc(out, (char)(0xe0 | r >> 12));
		} else {
			buf_addc(out, (char)(0xf0 | r >> 18));
			buf_addc(out, (char)(0x80 | (r >> 12 & 0x3f)));
		}
		buf_addc(out, (char)(0x80 | (r >> 6 & 0x3f)));
	}
	buf_addc(out, (char)(0x80 | (r & 0x3f)));
}

int
rune_valid(const char *text, size_t n)
{
	uint32_t r;
	size_t i, len;

	for (i = 0; i < n; i += len) {
		if ((len = rune_get(text + i, n - i, &r)) == 0 || r < 0x20 || r == 0x7f)
			return 0;
	}
	return 1;
}

/* wcwidth knows no width for what the locale can't show; such a character is counted as one column. */
static size_t
columns_of(uint32_t r)
{
	int w = wcwidth((wchar_t)r);

	return w < 0 ? 1 : (size_t)w;
}

size_t
rune_fit(const char *text, size_t n, size_t columns)
{
	uint32_t r;
	size_t i, len, used = 0;

	for (i = 0; i < n; i += len) {
		if ((len = rune_get(text + i, n - i, &r)) == 0) {
			len = 1;
			r = '?';
		}
		if (columns_of(r) > columns - used)
			return i;
		used += columns_of(r);
	}
	return n;
}

size_t
rune_width(const char *text, size_t n)
{
	uint32_t r;
	size_t i, len, used = 0;

	for (i = 0; i < n; i += len) {
		if ((len = rune_get(text + i, n - i, &r)) == 0) {
			len = 1;
			r = '?';
		}
		used += columns_of(r);
	}
	return used;
}
