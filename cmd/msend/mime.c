/* SPDX-License-Identifier: ISC */
/* mime.c - quoted-printable and base64 bodies (RFC 2045 6.7, 6.8). */
#include "mime.h"

#include <string.h>

#include "base64.h"
#include "err.h"

#define COLUMNS 76
#define FLUSH_AT (32 * 1024)

void
qp_begin(struct qp *q, sink_fn *sink, void *ctx)
{
	*q = (struct qp){ .sink = sink, .ctx = ctx };
}

static int
flush(struct buf *out, sink_fn *sink, void *ctx, struct err *e)
{
	int rc = out->len > 0 ? sink(ctx, out->data, out->len, e) : 0;

	buf_cut(out, 0);
	return rc;
}

/* A soft line break first where the token would not leave room for one behind it. */
static void
qp_put(struct qp *q, const char *token, size_t n)
{
	if (q->column + n > COLUMNS - 1) {
		buf_add(&q->out, "=\n", 2);
		q->column = 0;
	}
	buf_add(&q->out, token, n);
	q->column += n;
}

static void
qp_hex(struct qp *q, int c)
{
	static const char hex[] = "0123456789ABCDEF";
	char token[3] = { '=', hex[c >> 4 & 15], hex[c & 15] };

	qp_put(q, token, sizeof(token));
}

static void
qp_blank(struct qp *q, int last)
{
	char c = (char)q->blank;

	if (c == 0)
		return;
	q->blank = 0;
	if (last)
		qp_hex(q, c);
	else
		qp_put(q, &c, 1);
}

static void
qp_newline(struct qp *q)
{
	qp_blank(q, 1);
	buf_addc(&q->out, '\n');
	q->column = 0;
}

/* A dot or "From" that begins a line is encoded too: some mail systems change such lines; and a hyphen that only a soft line break puts
 * there: it could make a boundary of what is none. */
static int
safe_here(const struct qp *q, char c)
{
	int broken = q->column + 1 > COLUMNS - 1;

	return !(q->column == 0 && (c == '.' || c == 'F')) && !(broken && c == '-');
}

static void
qp_octet(struct qp *q, char c)
{
	if (q->cr && c != '\n') {
		qp_blank(q, 0);
		qp_hex(q, '\r');
	}
	q->cr = c == '\r';
	if (c == '\n') {
		qp_newline(q);
	} else if (c != '\r') {
		qp_blank(q, 0);
		if (c == ' ' || c == '\t')
			q->blank = (unsigned char)c;
		else if (c > ' ' && c < 127 && c != '=' && safe_here(q, c))
			qp_put(q, &c, 1);
		else
			qp_hex(q, (unsigned char)c);
	}
}

int
qp_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct qp *q = ctx;

	for (; n > 0; p++, n--) {
		qp_octet(q, *p);
		if (q->out.len >= FLUSH_AT && flush(&q->out, q->sink, q->ctx, e) == -1)
			return -1;
	}
	return 0;
}

int
qp_end(struct qp *q, struct err *e)
{
	int rc;

	if (q->cr) {
		qp_blank(q, 0);
		qp_hex(q, '\r');
	}
	qp_blank(q, 1);
	if (q->column > 0)
		buf_add(&q->out, "=\n", 2);
	rc = flush(&q->out, q->sink, q->ctx, e);
	buf_free(&q->out);
	return rc;
}

void
b64_begin(struct b64 *b, sink_fn *sink, void *ctx)
{
	*b = (struct b64){ .sink = sink, .ctx = ctx };
}

static int
b64_line(struct b64 *b, const char *p, size_t n, struct err *e)
{
	base64_encode(&b->out, p, n);
	buf_addc(&b->out, '\n');
	return b->out.len >= FLUSH_AT ? flush(&b->out, b->sink, b->ctx, e) : 0;
}

int
b64_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct b64 *b = ctx;
	size_t room = BASE64_LINE - b->held, first = n < room ? n : room;

	if (b->held > 0) {
		memcpy(b->line + b->held, p, first);
		b->held += first;
		p += first;
		n -= first;
		if (b->held < BASE64_LINE)
			return 0;
		b->held = 0;
		if (b64_line(b, b->line, BASE64_LINE, e) == -1)
			return -1;
	}
	for (; n >= BASE64_LINE; p += BASE64_LINE, n -= BASE64_LINE)
		if (b64_line(b, p, BASE64_LINE, e) == -1)
			return -1;
	memcpy(b->line, p, n);
	b->held = n;
	return 0;
}

int
b64_end(struct b64 *b, struct err *e)
{
	int rc = b->held > 0 ? b64_line(b, b->line, b->held, e) : 0;

	if (rc == 0)
		rc = flush(&b->out, b->sink, b->ctx, e);
	buf_free(&b->out);
	return rc;
}

/* Well-formed by leading and continuation octets; overlong forms and surrogates are a reader's trouble, not a charset's. */
int
text_facts_feed(void *ctx, const char *p, size_t n, struct err *e)
{
	struct text_facts *t = ctx;
	unsigned char c;

	(void)e;
	for (; n > 0; p++, n--) {
		c = (unsigned char)*p;
		t->eight += c > 127;
		if (t->more > 0 && (c & 0xc0) == 0x80) {
			t->more--;
			continue;
		}
		if (t->more > 0 || (c & 0xc0) == 0x80 || c == 0xc0 || c == 0xc1 || c > 0xf4)
			t->broken = 1;
		t->more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	}
	return 0;
}
