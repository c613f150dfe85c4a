/* SPDX-License-Identifier: ISC */
/* decode.c - base64 and quoted-printable. */
#include "decode.h"

#include <string.h>

#include "base64.h"

enum { QP_TEXT, QP_EQUALS, QP_DIGIT, QP_CR };	/* quoted-printable: after nothing, "=", "=4", "=\r" */

void
decode_begin(struct decode *d, enum encoding encoding, int text, sink_fn *sink, void *ctx)
{
	memset(d, 0, sizeof(*d));
	d->encoding = encoding;
	d->text = text;
	d->sink = sink;
	d->ctx = ctx;
}

static int
give(struct decode *d, const char *p, size_t n, struct err *e)
{
	return d->text ? eol_to_lf(&d->eol, p, n, d->sink, d->ctx, e) : d->sink(d->ctx, p, n, e);
}

static int
flush(struct decode *d, struct err *e)
{
	size_t n = d->len;

	d->len = 0;
	return n > 0 ? give(d, d->out, n, e) : 0;
}

static int
put(struct decode *d, char c, struct err *e)
{
	d->out[d->len++] = c;
	return d->len == sizeof(d->out) ? flush(d, e) : 0;
}

/* The octets that the group is good for: 4 characters are 3, 3 are 2, 2 are 1. */
static int
put_group(struct decode *d, struct err *e)
{
	int octets = d->held * 6 / 8, i;
	uint32_t bits = d->bits << (6 * (4 - d->held));

	d->held = 0;
	d->bits = 0;
	for (i = 0; i < octets; i++) {
		if (put(d, (char)(bits >> (16 - 8 * i) & 0xff), e) == -1)
			return -1;
	}
	return 0;
}

static int
take_base64(struct decode *d, char c, struct err *e)
{
	int six = base64_value(c);

	if (c == '=')
		return put_group(d, e);
	if (six == -1)
		return 0;
	d->bits = d->bits << 6 | (uint32_t)six;
	return ++d->held == 4 ? put_group(d, e) : 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
take_quoted(struct decode *d, char c, struct err *e)
{
	int state = d->held;

	d->held = QP_TEXT;
	if (state == QP_CR && c == '\n')
		return 0;
	if (state == QP_EQUALS) {
		if (c == '\n')
			return 0;
		d->first = c;
		d->held = c == '\r' ? QP_CR : c == ' ' || c == '\t' ? QP_EQUALS : hex_digit(c) >= 0 ? QP_DIGIT : QP_TEXT;
		if (d->held == QP_TEXT && put(d, '=', e) == -1)
			return -1;
		return d->held == QP_TEXT ? put(d, c, e) : 0;
	}
	if (state == QP_DIGIT && hex_digit(c) >= 0)
		return put(d, (char)(hex_digit(d->first) * 16 + hex_digit(c)), e);
	if (state == QP_DIGIT && (put(d, '=', e) == -1 || put(d, d->first, e) == -1))
		return -1;
	if (c == '=') {
		d->held = QP_EQUALS;
		return 0;
	}
	return put(d, c, e);
}

int
decode_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct decode *d = ctx;
	int r = 0;

	if (d->encoding == ENCODING_NONE)
		return give(d, p, n, e);
	for (; n > 0 && r == 0; n--, p++)
		r = d->encoding == ENCODING_BASE64 ? take_base64(d, *p, e) : take_quoted(d, *p, e);
	return r;
}

int
decode_end(struct decode *d, struct err *e)
{
	if ((d->encoding == ENCODING_BASE64 && put_group(d, e) == -1) || flush(d, e) == -1)
		return -1;
	return d->text ? eol_to_lf_end(&d->eol, d->sink, d->ctx, e) : 0;
}
