/* SPDX-License-Identifier: ISC */
/* match.c - substring search on folded text. */
#include "match.h"

#include <stdint.h>
#include <string.h>
#include <wctype.h>

#include "charset.h"
#include "rune.h"

void
match_fold(struct buf *out, const char *text, size_t n)
{
	uint32_t r;
	size_t i, len;

	for (i = 0; i < n; i += len) {
		if ((len = rune_get(text + i, n - i, &r)) == 0) {
			len = 1;
			r = 0xfffd;
		}
		if (r != ' ' && (r < '\t' || r > '\r'))
			rune_put(out, (uint32_t)towlower((wint_t)r));
		else if (out->len == 0 || out->data[out->len - 1] != ' ')
			buf_addc(out, ' ');
	}
}

void
match_begin(struct match *m, const struct buf *needle, const char *charset)
{
	memset(m, 0, sizeof(*m));
	m->needle = needle;
	m->to_utf8 = iconv_open("UTF-8", charset != NULL ? charset : "UTF-8");
	if (m->to_utf8 == (iconv_t)-1)
		m->to_utf8 = iconv_open("UTF-8", "ISO-8859-1");
}

/* Only what could be the needle's beginning is kept. */
static void
look(struct match *m)
{
	m->found |= memmem(buf_str(&m->folded), m->folded.len, buf_str(m->needle), m->needle->len) != NULL;
	if (m->folded.len > m->needle->len)
		buf_drop(&m->folded, m->folded.len - m->needle->len);
}

int
match_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct match *m = ctx;
	size_t took;

	(void)e;
	if (m->found || m->to_utf8 == (iconv_t)-1)
		return 0;
	buf_add(&m->rest, p, n);
	took = charset_utf8(&m->text, m->to_utf8, buf_str(&m->rest), m->rest.len);
	buf_drop(&m->rest, took);
	match_fold(&m->folded, buf_str(&m->text), m->text.len);
	buf_cut(&m->text, 0);
	look(m);
	return 0;
}

int
match_end(struct match *m)
{
	if (m->to_utf8 != (iconv_t)-1)
		iconv_close(m->to_utf8);
	buf_free(&m->rest);
	buf_free(&m->text);
	buf_free(&m->folded);
	return m->found;
}
