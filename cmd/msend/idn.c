/* SPDX-License-Identifier: ISC */
/* idn.c - RFC 3492 section 6.3 with the parameters of section 5. Capital letters of Latin, Greek and Cyrillic are made small, which
 * RFC 5895 has a program do before; there are no tables of all that Unicode allows, since a name that nobody could register leads nowhere. */
#include "idn.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "xalloc.h"

#define LABEL_MAX 63

enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

/* The character at *p, which moves on; 0 if it is none. Overlong forms and surrogates are none. */
static uint32_t
next_character(const char **p)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)*p;
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0, i;
	uint32_t c = n < 2 ? s[0] : s[0] & (0x7fu >> n);

	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	*p += n;
	return n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : c;
}

static uint32_t
small(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + 32;
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab) || (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) || (c >= 0x48a && c <= 0x4bf))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

static uint32_t
adapt(uint32_t delta, uint32_t points, int first)
{
	uint32_t k;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (k = 0; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static void
put_number(struct buf *out, uint32_t q, uint32_t bias)
{
	static const char digit[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint32_t k, t;

	for (k = BASE;; k += BASE) {
		t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if (q < t)
			break;
		buf_addc(out, digit[t + (q - t) % (BASE - t)]);
		q = (q - t) / (BASE - t);
	}
	buf_addc(out, digit[q]);
}

/* The characters other than ASCII, in their order, as numbers. With at most 63 characters nothing can overflow. */
static void
put_others(struct buf *out, const uint32_t *c, uint32_t n, uint32_t basic)
{
	uint32_t at = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = basic, next, i;

	while (done < n) {
		for (next = UINT32_MAX, i = 0; i < n; i++)
			if (c[i] >= at && c[i] < next)
				next = c[i];
		delta += (next - at) * (done + 1);
		for (at = next, i = 0; i < n; i++) {
			delta += c[i] < at;
			if (c[i] != at)
				continue;
			put_number(out, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		at++;
	}
}

static int
put_label(struct buf *out, const uint32_t *c, uint32_t n)
{
	size_t start = out->len;
	uint32_t basic = 0, i;

	for (i = 0; i < n; i++)
		basic += c[i] < INITIAL_N;
	if (basic < n)
		buf_adds(out, "xn--");
	for (i = 0; i < n; i++)
		if (c[i] < INITIAL_N)
			buf_addc(out, (char)c[i]);
	if (basic < n && basic > 0)
		buf_addc(out, '-');
	put_others(out, c, n, basic);
	return out->len - start <= LABEL_MAX && n > 0 ? 0 : -1;
}

/* A dot, also of East Asian texts (RFC 3490 3.1). Controls of Latin-1 and the private characters are in no name. */
int
idn_domain(struct buf *out, const char *domain)
{
	uint32_t label[LABEL_MAX], c;
	uint32_t n = 0;

	while (*domain != '\0') {
		if ((c = next_character(&domain)) <= ' ' || (c >= 0x7f && c <= 0xa0) || (c >= 0xe000 && c <= 0xf8ff))
			return -1;
		if (c != '.' && c != 0x3002 && c != 0xff0e && c != 0xff61) {
			if (n == LABEL_MAX)
				return -1;
			label[n++] = small(c);
			continue;
		}
		if (put_label(out, label, n) == -1)
			return -1;
		buf_addc(out, '.');
		n = 0;
	}
	return put_label(out, label, n);
}

static int
is_ascii(const char *p, size_t n)
{
	for (; n > 0; p++, n--)
		if ((unsigned char)*p >= 0x80)
			return 0;
	return 1;
}

char *
idn_address(const char *addr)
{
	const char *at = strrchr(addr, '@');
	struct buf out = { 0 };

	if (at == NULL || is_ascii(at, strlen(at)) || !is_ascii(addr, (size_t)(at - addr)))
		return xstrdup(addr);
	buf_add(&out, addr, (size_t)(at - addr) + 1);
	if (idn_domain(&out, at + 1) == -1) {
		buf_free(&out);
		return xstrdup(addr);
	}
	return buf_steal(&out);
}
