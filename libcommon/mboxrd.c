/* SPDX-License-Identifier: ISC */
/* mboxrd.c - quotes "From " lines while a message streams by. Added to a line of '>'s, one more may stand anywhere among them,
 * so the '>'s pass as they come and the new one is put before "From "; only a begun "From " at the end of a chunk is held back. */
#include "mboxrd.h"

#include <stdio.h>
#include <string.h>

static const char from[] = "From ";

int
mboxrd_begin(struct mboxrd *m, sink_fn *sink, void *ctx, const char *sender, time_t when, struct err *e)
{
	static const char *const day[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char line[600], name[513];
	struct tm tm;
	int n;

	*m = (struct mboxrd){.sink = sink, .ctx = ctx, .last = '\n'};
	strlcpy(name, sender == NULL || *sender == '\0' ? "MAILER-DAEMON" : sender, sizeof name);
	for (char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			*p = '_';
	if (gmtime_r(&when, &tm) == NULL) {
		when = 0;
		gmtime_r(&when, &tm);
	}
	n = snprintf(line, sizeof line, "From %s %s %s %2d %02d:%02d:%02d %d\n", name, day[tm.tm_wday], month[tm.tm_mon], tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
	return sink(ctx, line, (size_t)n, e);
}

static int
give(struct mboxrd *m, const char *p, size_t n, struct err *e)
{
	if (n == 0)
		return 0;
	m->last = (unsigned char)p[n - 1];
	return m->sink(m->ctx, p, n, e);
}

/* "From " is complete, or can't come any more: what an earlier chunk held back of it goes out, quoted in the first case. */
static int
release(struct mboxrd *m, size_t carried, int whole, struct err *e)
{
	return whole && give(m, ">", 1, e) == -1 ? -1 : give(m, from, carried, e);
}

int
mboxrd_write(void *ctx, const char *data, size_t len, struct err *e)
{
	struct mboxrd *m = ctx;
	size_t carried = m->held, start = 0, i = 0;

	while (i < len) {
		const char *lf;

		if (m->quoting == MBOXRD_REST) {
			lf = memchr(data + i, '\n', len - i);
			i = lf == NULL ? len : (size_t)(lf - data) + 1;
			m->quoting = lf == NULL ? MBOXRD_REST : MBOXRD_START;
			continue;
		}
		if (data[i] == from[m->held]) {
			i++;
			m->quoting = MBOXRD_FROM;
			if (++m->held < sizeof from - 1)
				continue;
			if (give(m, data + start, i - start - (m->held - carried), e) == -1 || release(m, carried, 1, e) == -1)
				return -1;
			start = i - (m->held - carried);
			carried = m->held = 0;
			m->quoting = MBOXRD_REST;
			continue;
		}
		if (release(m, carried, 0, e) == -1)
			return -1;
		carried = m->held = 0;
		if (m->quoting == MBOXRD_START && data[i] == '>')
			i++;
		else
			m->quoting = MBOXRD_REST;
	}
	return give(m, data + start, len - start - (m->held - carried), e);
}

int
mboxrd_end(struct mboxrd *m, struct err *e)
{
	size_t carried = m->held;

	m->held = 0;
	if (give(m, from, carried, e) == -1 || (m->last != '\n' && give(m, "\n", 1, e) == -1))
		return -1;
	return m->sink(m->ctx, "\n", 1, e);
}
