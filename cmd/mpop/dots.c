/* SPDX-License-Identifier: ISC */
/* dots.c - a state per octet position that matters; text between dots goes out in runs as long as the chunk allows. */
#include "dots.h"

#include <string.h>

static enum dots_state
after_text(char c)
{
	return c == '\r' ? DOTS_CR : DOTS_TEXT;
}

static enum dots_state
step(enum dots_state state, char c)
{
	switch (state) {
	case DOTS_LINE:
		return c == '.' ? DOTS_DOT : after_text(c);
	case DOTS_DOT:
		return c == '\r' ? DOTS_DOT_CR : DOTS_TEXT;
	case DOTS_DOT_CR:
		return c == '\n' ? DOTS_END : after_text(c);
	case DOTS_CR:
		return c == '\n' ? DOTS_LINE : after_text(c);
	default:
		return after_text(c);
	}
}

/* The run from *begin to at goes out; the next one begins at `next`. */
static int
give(const char *p, size_t *begin, size_t at, size_t next, sink_fn *sink, void *ctx, struct err *e)
{
	size_t from = *begin;

	*begin = next;
	return at > from ? sink(ctx, p + from, at - from, e) : 0;
}

/* The dot and CR of what looked like the end are held back, as they may lie in an earlier chunk. A CR that turns out to be text
 * is given here. */
static int
give_held_cr(sink_fn *sink, void *ctx, struct err *e)
{
	return sink(ctx, "\r", 1, e);
}

int
dots_feed(struct dots *d, const char *p, size_t n, size_t *used, sink_fn *sink, void *ctx, struct err *e)
{
	size_t begin = 0, i = 0;

	while (i < n && d->state != DOTS_END) {
		enum dots_state was = d->state;

		if (was == DOTS_TEXT) {		/* nothing happens before the next CR */
			const char *cr = memchr(p + i, '\r', n - i);

			if (cr == NULL) {
				i = n;
				break;
			}
			i = (size_t)(cr - p);
		}
		d->state = step(was, p[i]);
		if (d->state == DOTS_DOT || d->state == DOTS_DOT_CR || d->state == DOTS_END) {
			if (give(p, &begin, i, i + 1, sink, ctx, e) == -1)
				return -1;
		} else if (was == DOTS_DOT_CR && give_held_cr(sink, ctx, e) == -1)
			return -1;
		i++;
	}
	*used = i;
	if (give(p, &begin, i, i, sink, ctx, e) == -1)
		return -1;
	return d->state == DOTS_END;
}
