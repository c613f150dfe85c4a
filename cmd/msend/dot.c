/* SPDX-License-Identifier: ISC */
/* dot.c - what may be the last line is held back until the octets behind it tell. */
#include "dot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Octets of p that are text. What follows them is the end, or may be, and then it is all of the rest. */
static size_t
text_before_dot(struct dot_input *d, const char *p, size_t n)
{
	size_t at = 0, end;
	const char *lf;

	for (; at < n; at = lf != NULL ? (size_t)(lf - p) + 1 : n) {
		if (!d->inside && p[at] == '.') {
			end = at + 1 + (at + 1 < n && p[at + 1] == '\r');
			d->ended = end < n && p[end] == '\n';
			if (end == n || d->ended)
				return at;
		}
		lf = memchr(p + at, '\n', n - at);
		d->inside = lf == NULL;
	}
	return n;
}

ssize_t
dot_read(struct dot_input *d, char *p, size_t size)
{
	size_t all, text;
	ssize_t n;

	if (!d->dot_ends)
		return read(d->fd, p, size);
	do {
		if (d->ended)
			return 0;
		memcpy(p, ".\r", d->held);
		if ((n = read(d->fd, p + d->held, size - d->held)) <= 0) {
			d->ended = n == 0;
			return n;
		}
		all = d->held + (size_t)n;
		text = text_before_dot(d, p, all);
		d->held = d->ended ? 0 : all - text;
	} while (text == 0);
	return (ssize_t)text;
}
