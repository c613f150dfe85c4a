/* SPDX-License-Identifier: ISC */
/* rows.c - listings. */
#include "rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "log.h"
#include "rune.h"

void
rows_begin(struct rows *r, const struct column *column, size_t count, int json)
{
	struct winsize size;

	memset(r, 0, sizeof(*r));
	memcpy(r->column, column, count * sizeof(*column));
	r->count = count;
	r->form = json ? ROWS_JSON : isatty(STDOUT_FILENO) ? ROWS_TERMINAL : ROWS_TABS;
	r->edge = 80;
	if (r->form == ROWS_TERMINAL && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		r->edge = size.ws_col;
}

void
rows_fix(struct rows *r, const char *name, size_t width, const char *value)
{
	memmove(r->column + r->fixed + 1, r->column + r->fixed, (r->count - r->fixed) * sizeof(*r->column));
	r->column[r->fixed] = (struct column){ name, width, 0 };
	r->value[r->fixed++] = value;
	r->count++;
}

static void
pad(struct buf *out, size_t n)
{
	for (; n > 0; n--)
		buf_addc(out, ' ');
}

/* A cell of the table: cut or padded to its width, but numbers are never cut. */
static void
cell(struct rows *r, const char *text, size_t n)
{
	const struct column *c = &r->column[r->at];
	size_t used = rune_width(r->line.data, r->line.len), room = c->width;

	if (r->at + 1 == r->count)
		room = r->edge > used + 8 ? r->edge - used : 8;
	if (!c->right)
		n = rune_fit(text, n, room);
	used = rune_width(text, n);
	if (c->right && used < room)
		pad(&r->line, room - used);
	buf_add(&r->line, text, n);
	if (r->at + 1 < r->count)
		pad(&r->line, (c->right || used >= room ? 0 : room - used) + 2);
}

static void
put(struct rows *r, const char *text, size_t n)
{
	if (r->form == ROWS_TERMINAL) {
		cell(r, text, n);
	} else {
		if (r->at > 0)
			buf_addc(&r->line, '\t');
		buf_add(&r->line, text, n);
	}
	r->at++;
}

static void
head(struct rows *r)
{
	for (r->at = 0; r->at < r->count;)
		put(r, r->column[r->at].name, strlen(r->column[r->at].name));
	printf("%s\n", buf_str(&r->line));
	buf_cut(&r->line, 0);
	r->at = 0;
}

static void
json_key(struct rows *r)
{
	buf_printf(&r->line, "%s\"%s\":", r->at == 0 ? "{" : ",", r->extra != NULL ? r->extra : r->column[r->at].name);
	r->at++;
	r->extra = NULL;
}

int
rows_extra(struct rows *r, const char *name)
{
	if (r->form == ROWS_JSON)
		r->extra = name;
	return r->form == ROWS_JSON;
}

static void
json_string(struct buf *out, const char *p, size_t n)
{
	uint32_t rune;
	size_t i, len;

	buf_addc(out, '"');
	for (i = 0; i < n; i += len) {
		if ((len = rune_get(p + i, n - i, &rune)) == 0) {
			len = 1;
			rune = 0xfffd;
		}
		if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0))
			buf_printf(out, "\\u%04x", rune);
		else if (rune == '"' || rune == '\\')
			buf_printf(out, "\\%c", (char)rune);
		else
			rune_put(out, rune);
	}
	buf_addc(out, '"');
}

static void
put_text(struct rows *r, const char *text, size_t n)
{
	if (r->form == ROWS_JSON) {
		json_key(r);
		json_string(&r->line, text, n);
		return;
	}
	buf_cut(&r->safe, 0);
	log_safe(&r->safe, text, n);
	put(r, buf_str(&r->safe), r->safe.len);
}

static void
begin(struct rows *r)
{
	if (r->form == ROWS_TERMINAL && !r->begun)
		head(r);
	r->begun = 1;
	while (r->at < r->fixed)
		put_text(r, r->value[r->at], strlen(r->value[r->at]));
}

void
rows_text(struct rows *r, const char *text, size_t n)
{
	begin(r);
	put_text(r, text, n);
}

void
rows_number(struct rows *r, uint64_t n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)n);

	begin(r);
	if (r->form == ROWS_JSON) {
		json_key(r);
		buf_adds(&r->line, text);
	} else {
		put(r, text, (size_t)len);
	}
}

void
rows_size(struct rows *r, uint64_t n)
{
	static const char units[] = "kMGTPE";
	double size = (double)n / 1024;
	char text[24];
	size_t i;

	if (r->form != ROWS_TERMINAL || n < 1024) {
		rows_number(r, n);
		return;
	}
	for (i = 0; size >= 1024 && units[i + 1] != '\0'; i++)
		size /= 1024;
	begin(r);
	snprintf(text, sizeof(text), size < 10 ? "%.1f%c" : "%.0f%c", size, units[i]);
	put(r, text, strlen(text));
}

void
rows_none(struct rows *r)
{
	begin(r);
	if (r->form != ROWS_JSON) {
		put(r, "-", 1);
		return;
	}
	json_key(r);
	buf_adds(&r->line, "null");
}

void
rows_truth(struct rows *r, int is)
{
	begin(r);
	json_key(r);
	buf_adds(&r->line, is ? "true" : "false");
}

void
rows_words(struct rows *r, const char *words)
{
	size_t n;

	if (r->form != ROWS_JSON) {
		rows_text(r, words, strlen(words));
		return;
	}
	begin(r);
	json_key(r);
	buf_addc(&r->line, '[');
	for (; *words != '\0' && strcmp(words, "-") != 0; words += n) {
		if (*words == ',') {
			buf_addc(&r->line, ',');
			words++;
		}
		n = strcspn(words, ",");
		json_string(&r->line, words, n);
	}
	buf_addc(&r->line, ']');
}

void
rows_end(struct rows *r)
{
	if (r->form == ROWS_JSON)
		buf_addc(&r->line, '}');
	buf_addc(&r->line, '\n');
	if (r->keep != NULL)
		buf_add(r->keep, r->line.data, r->line.len);
	else
		fwrite(r->line.data, 1, r->line.len, stdout);
	buf_cut(&r->line, 0);
	r->at = 0;
}

void
rows_free(struct rows *r)
{
	buf_free(&r->line);
	buf_free(&r->safe);
}
