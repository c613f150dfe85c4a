/* SPDX-License-Identifier: ISC */
/* wire.c - line ends and dots. What is sent and what scan counts must agree to the octet: BDAT announces the count. */
#include "wire.h"

#include <string.h>

static int
has_eight(const char *p, size_t n)
{
	uint64_t all = 0, word;

	for (; n >= sizeof(word); p += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		all |= word;
	}
	for (; n > 0; p++, n--)
		all |= (unsigned char)*p & 0x80u;
	return (all & 0x8080808080808080u) != 0;
}

static void
line_done(struct scan *s)
{
	if (s->line > s->longest)
		s->longest = s->line;
	s->wire += s->line + 2;
	s->line = 0;
}

/* With a CR about: octet by octet. */
static void
scan_slow(struct scan *s, const char *p, size_t n)
{
	for (; n > 0; p++, n--) {
		if (*p == '\n' && s->cr) {
			s->cr = 0;
			continue;
		}
		s->bare |= s->cr;
		s->cr = *p == '\r';
		if (*p == '\n' || *p == '\r')
			line_done(s);
		else
			s->line++;
	}
}

void
scan_feed(struct scan *s, const char *p, size_t n)
{
	const char *end = p + n, *lf;

	s->bytes += n;
	s->eight = s->eight || has_eight(p, n);
	s->nul = s->nul || memchr(p, '\0', n) != NULL;
	if (s->cr || memchr(p, '\r', n) != NULL) {
		scan_slow(s, p, n);
		return;
	}
	for (; (lf = memchr(p, '\n', (size_t)(end - p))) != NULL; p = lf + 1) {
		s->line += (uint64_t)(lf - p);
		line_done(s);
	}
	s->line += (uint64_t)(end - p);
}

void
scan_end(struct scan *s)
{
	if (s->line > 0)
		line_done(s);
	s->bare |= s->cr;
	s->cr = 0;
}

void
wire_begin(struct wire *w, int dots, sink_fn *sink, void *ctx)
{
	*w = (struct wire){ .dots = dots, .sink = sink, .ctx = ctx };
}

/* Behind the line ends: only CRLF comes here, so a line begins after an LF. */
static int
stuff(void *ctx, const char *p, size_t n, struct err *e)
{
	struct wire *w = ctx;
	const char *from = p, *end = p + n;

	while (p < end) {
		if (!w->text && *p == '.') {
			if (w->sink(w->ctx, from, (size_t)(p - from), e) == -1 || w->sink(w->ctx, ".", 1, e) == -1)
				return -1;
			from = p;
		}
		p = memchr(p, '\n', (size_t)(end - p));
		w->text = p == NULL;
		p = p == NULL ? end : p + 1;
	}
	return w->sink(w->ctx, from, (size_t)(end - from), e);
}

int
wire_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct wire *w = ctx;

	if (w->dots)
		return eol_to_crlf(&w->eol, p, n, stuff, w, e);
	return eol_to_crlf(&w->eol, p, n, w->sink, w->ctx, e);
}

int
wire_end(struct wire *w, struct err *e)
{
	w->text = 0;
	return eol_to_crlf_end(&w->eol, w->sink, w->ctx, e);
}
