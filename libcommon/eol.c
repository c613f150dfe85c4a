/* SPDX-License-Identifier: ISC */
/* eol.c - line ends between the wire and the disk. What comes out is gathered, so a sink is not called for each line. */
#include "eol.h"

#include <string.h>

struct out {
	sink_fn *sink;
	void *ctx;
	struct err *e;
	size_t n;
	char text[8192];
};

static int
flush(struct out *o)
{
	size_t n = o->n;

	o->n = 0;
	return n > 0 ? o->sink(o->ctx, o->text, n, o->e) : 0;
}

static int
put(struct out *o, const char *p, size_t n)
{
	if (n > sizeof o->text - o->n && flush(o) == -1)
		return -1;
	if (n > sizeof o->text)
		return o->sink(o->ctx, p, n, o->e);
	memcpy(o->text + o->n, p, n);
	o->n += n;
	return 0;
}

static void
out_init(struct out *o, sink_fn *sink, void *ctx, struct err *e)
{
	o->sink = sink;
	o->ctx = ctx;
	o->e = e;
	o->n = 0;
}

int
eol_to_lf(struct eol *s, const char *p, size_t n, sink_fn *sink, void *ctx, struct err *e)
{
	const char *end = p + n, *cr;
	struct out o;

	if (n == 0)
		return 0;
	out_init(&o, sink, ctx, e);
	if (s->cr && *p != '\n' && put(&o, "\r", 1) == -1)
		return -1;
	s->cr = 0;
	while ((cr = memchr(p, '\r', (size_t)(end - p))) != NULL) {
		if (cr + 1 == end) {	/* what it is, the next chunk tells */
			s->cr = 1;
			end = cr;
			break;
		}
		if (put(&o, p, (size_t)(cr - p) + (cr[1] != '\n')) == -1)
			return -1;
		p = cr + 1;
	}
	if (put(&o, p, (size_t)(end - p)) == -1)
		return -1;
	s->mid = s->cr || end[-1] != '\n';
	return flush(&o);
}

int
eol_to_lf_end(struct eol *s, sink_fn *sink, void *ctx, struct err *e)
{
	int cr = s->cr;

	s->cr = 0;
	return cr ? sink(ctx, "\r", 1, e) : 0;
}

int
eol_to_crlf(struct eol *s, const char *p, size_t n, sink_fn *sink, void *ctx, struct err *e)
{
	const char *end = p + n, *lf = NULL, *cr = NULL, *at;
	struct out o;

	out_init(&o, sink, ctx, e);
	while (p < end) {
		if (s->cr && *p == '\n') {	/* of a CR whose CRLF is out already */
			s->cr = 0;
			p++;
			continue;
		}
		if ((lf == NULL || lf < p) && (lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		if ((cr == NULL || cr < p) && (cr = memchr(p, '\r', (size_t)(end - p))) == NULL)
			cr = end;
		at = lf < cr ? lf : cr;
		if (put(&o, p, (size_t)(at - p)) == -1 || (at < end && put(&o, "\r\n", 2) == -1))
			return -1;
		s->cr = at < end && *at == '\r';
		s->mid = at == end;
		p = at < end ? at + 1 : end;
	}
	return flush(&o);
}

int
eol_to_crlf_end(struct eol *s, sink_fn *sink, void *ctx, struct err *e)
{
	int mid = s->mid;

	*s = (struct eol){ 0 };
	return mid ? sink(ctx, "\r\n", 2, e) : 0;
}
