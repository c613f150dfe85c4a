/* SPDX-License-Identifier: ISC */
/* base64.c - RFC 4648 section 4. What decodes is canonical: it encodes to the same text again. */
#include <stdint.h>
#include <string.h>

#include "base64.h"
#include "buf.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buf *out, const void *data, size_t n)
{
	const unsigned char *in = data;
	char *p;

	if (n == 0)
		return;
	buf_reserve(out, (n + 2) / 3 * 4);
	p = out->data + out->len;
	for (; n > 0; p += 4) {
		size_t k = n < 3 ? n : 3;
		uint32_t bits = (uint32_t)in[0] << 16 | (k > 1 ? (uint32_t)in[1] << 8 : 0) | (k > 2 ? in[2] : 0);

		p[0] = alphabet[bits >> 18];
		p[1] = alphabet[bits >> 12 & 63];
		p[2] = k > 1 ? alphabet[bits >> 6 & 63] : '=';
		p[3] = k > 2 ? alphabet[bits & 63] : '=';
		in += k;
		n -= k;
	}
	*p = '\0';
	out->len = (size_t)(p - out->data);
}

int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int
base64_decode(struct buf *out, const char *text, size_t n)
{
	size_t before = out->len;
	size_t pad = n >= 4 && text[n - 1] == '=' ? (text[n - 2] == '=' ? 2 : 1) : 0;
	uint32_t bits = 0;

	if (n % 4 != 0)
		return -1;
	buf_reserve(out, n / 4 * 3);
	for (size_t i = 0; i < n; i++) {
		int v = i >= n - pad ? 0 : base64_value(text[i]);

		if (v == -1) {
			buf_cut(out, before);
			return -1;
		}
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 == 3) {
			const char three[3] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };

			buf_add(out, three, sizeof three);
		}
	}
	if (pad > 0 && (bits & (pad == 2 ? 0xffff : 0xff)) != 0) {	/* bits that no encoder sets */
		buf_cut(out, before);
		return -1;
	}
	buf_cut(out, out->len - pad);
	return 0;
}
