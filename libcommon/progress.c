/* SPDX-License-Identifier: ISC */
/* progress.c - "fetching 120 of 1000, 3.4 of 20 MB, 2.1 MB/s, 8 s left" */
#include "progress.h"

#include <stddef.h>
#include <unistd.h>

#include "buf.h"
#include "deadline.h"
#include "log.h"

#define FIRST_MS 500
#define AGAIN_MS 200

/* n in the unit that suits `as`: "3.4", "20"; the unit's name is returned. */
static const char *
add_bytes(struct buf *b, uint64_t n, uint64_t as)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB" };
	uint64_t unit = 1;
	size_t i = 0;

	while (i < 4 && as / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	if (unit > 1 && n / unit < 10)
		buf_printf(b, "%.1f", (double)n / (double)unit);
	else
		buf_printf(b, "%llu", (unsigned long long)(n / unit));
	return names[i];
}

static void
add_left(struct buf *b, uint64_t seconds)
{
	if (seconds < 90)
		buf_printf(b, ", %llu s left", (unsigned long long)seconds);
	else if (seconds < 90 * 60)
		buf_printf(b, ", %llu min left", (unsigned long long)(seconds + 30) / 60);
	else
		buf_printf(b, ", %llu h left", (unsigned long long)(seconds + 1800) / 3600);
}

void
progress_text(const struct progress *p, int64_t now, struct buf *b)
{
	uint64_t ms = now > p->began ? (uint64_t)(now - p->began) : 1;
	uint64_t done = p->bytes_all > 0 ? p->bytes : p->items, all = p->bytes_all > 0 ? p->bytes_all : p->items_all;

	buf_adds(b, p->verb);
	if (p->items > 0 || p->items_all > 0)
		buf_printf(b, " %llu", (unsigned long long)p->items);
	if (p->items_all > 0)
		buf_printf(b, " of %llu", (unsigned long long)p->items_all);
	if (p->bytes > 0) {
		buf_adds(b, p->items > 0 || p->items_all > 0 ? ", " : " ");
		if (p->bytes_all > 0) {
			add_bytes(b, p->bytes, p->bytes_all);
			buf_adds(b, " of ");
			buf_printf(b, " %s", add_bytes(b, p->bytes_all, p->bytes_all));
		} else
			buf_printf(b, " %s", add_bytes(b, p->bytes, p->bytes));
		buf_adds(b, ", ");
		buf_printf(b, " %s/s", add_bytes(b, p->bytes * 1000 / ms, p->bytes * 1000 / ms));
	}
	if (done > 0 && all > done)
		add_left(b, (uint64_t)((double)ms * (double)(all - done) / (double)done / 1000 + 0.5));
}

void
progress_begin(struct progress *p, const char *verb, uint64_t items, uint64_t bytes, int quiet)
{
	*p = (struct progress){ .verb = verb, .items_all = items, .bytes_all = bytes };
	p->on = !quiet && isatty(STDERR_FILENO);
	if (p->on)
		p->began = deadline_now();
}

void
progress_add(struct progress *p, uint64_t items, uint64_t bytes)
{
	struct buf text = { 0 };
	int64_t now;

	p->items += items;
	p->bytes += bytes;
	if (!p->on || (now = deadline_now()) - p->began < FIRST_MS || now - p->shown < AGAIN_MS)
		return;
	p->shown = now;
	progress_text(p, now, &text);
	log_status(buf_str(&text));
	buf_free(&text);
}

void
progress_end(struct progress *p)
{
	if (p->on)
		log_status(NULL);
	p->on = 0;
}
