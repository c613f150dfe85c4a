/* SPDX-License-Identifier: ISC */
/* serve_data.c - see serve_data.h. */
#include <string.h>
#include <strings.h>

#include "serve_data.h"

/* Looks at what goes out, until the header is over. */
static void
look(struct serve_data *d, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && !d->past_header; i++) {
		if (p[i] == '\n') {
			d->past_header = d->begun == 0;
			d->received += d->begun == sizeof d->begin && strncasecmp(d->begin, "received:", sizeof d->begin) == 0;
			d->begun = 0;
		} else if (d->begun < sizeof d->begin)
			d->begin[d->begun++] = p[i];
	}
}

static int
give(struct serve_data *d, const char *p, size_t n, sink_fn *sink, void *ctx, struct err *e)
{
	d->size += n + (*p == '\n');
	look(d, p, n);
	return sink(ctx, p, n, e);
}

/* The octets up to the next CR or LF. */
static size_t
plain(const char *p, size_t n)
{
	const char *cr = memchr(p, '\r', n), *lf;

	if (cr != NULL)
		n = (size_t)(cr - p);
	lf = memchr(p, '\n', n);
	return lf != NULL ? (size_t)(lf - p) : n;
}

/* One octet, which matters, or the plain ones that stand together. *taken is how many. */
static enum serve_data_result
step(struct serve_data *d, const char *p, size_t n, size_t *taken, sink_fn *sink, void *ctx, struct err *e)
{
	*taken = 1;
	switch (d->at) {
	case DATA_CR:
	case DATA_DOT_CR:
		if (*p != '\n')
			return DATA_BARE;
		if (d->at == DATA_DOT_CR)
			return DATA_END;
		d->at = DATA_LINE_START;
		return give(d, "\n", 1, sink, ctx, e) == -1 ? DATA_FAILED : DATA_MORE;
	case DATA_LINE_START:
		if (*p == '.' && !d->counted) {
			d->at = DATA_DOT;
			return DATA_MORE;
		}
		break;
	case DATA_DOT:
	case DATA_WITHIN:
		break;
	}
	if (*p == '\n')
		return DATA_BARE;
	if (*p == '\r') {
		d->at = d->at == DATA_DOT ? DATA_DOT_CR : DATA_CR;
		return DATA_MORE;
	}
	d->at = DATA_WITHIN;
	*taken = plain(p, n);
	return give(d, p, *taken, sink, ctx, e) == -1 ? DATA_FAILED : DATA_MORE;
}

enum serve_data_result
serve_data(struct serve_data *d, const char *p, size_t n, size_t *used, sink_fn *sink, void *ctx, struct err *e)
{
	enum serve_data_result r = DATA_MORE;
	size_t taken;

	for (*used = 0; *used < n && r == DATA_MORE; *used += taken)
		r = step(d, p + *used, n - *used, &taken, sink, ctx, e);
	return r;
}

/* A line that was begun is ended. */
enum serve_data_result
serve_data_last(struct serve_data *d, sink_fn *sink, void *ctx, struct err *e)
{
	if (d->at == DATA_CR)
		return DATA_BARE;
	if (d->at == DATA_WITHIN && give(d, "\n", 1, sink, ctx, e) == -1)
		return DATA_FAILED;
	return DATA_END;
}
