/* SPDX-License-Identifier: ISC */
/* SMTP replies: what is taken in, written out again in the same form, is taken in as the same; nothing said about it is longer than
 * promised. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/msend/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Lines until one completes the reply. 1 when one did. */
static int
take(struct answer *a, const char *p, size_t n)
{
	struct err e = { 0 };
	const char *end = p + n, *lf;
	int rc = 0;

	for (; rc == 0 && p < end; p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		rc = answer_feed(a, p, (size_t)(lf - p), &e);
		if (rc == -1 && (e.class != ERR_PROTOCOL || e.text[0] == '\0'))
			abort();
	}
	return rc == 1;
}

static void
write_out(const struct answer *a, struct buf *out)
{
	const char *p = buf_str(&a->text), *end = p + a->text.len, *lf;
	unsigned int i;

	for (i = 1; i <= a->lines; i++, p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		buf_printf(out, "%03d%c", a->code, i < a->lines ? '-' : ' ');
		buf_add(out, p, (size_t)(lf - p));
		buf_addc(out, '\n');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct answer a = { 0 }, again = { 0 };
	struct buf out = { 0 }, shown = { 0 };
	struct offer offer;

	if (take(&a, (const char *)data, size)) {
		if (a.code < 200 || a.code > 599 || a.lines == 0 || a.lines > ANSWER_LINES_MAX || a.text.len > ANSWER_TEXT_MAX + ANSWER_LINES_MAX)
			abort();
		write_out(&a, &out);
		if (!take(&again, buf_str(&out), out.len) || again.code != a.code || again.lines != a.lines || again.text.len != a.text.len
		    || memcmp(buf_str(&again.text), buf_str(&a.text), a.text.len) != 0 || strcmp(again.enhanced, a.enhanced) != 0)
			abort();
		answer_show(&a, &shown);
		if (shown.len > 250 || memchr(buf_str(&shown), '\n', shown.len) != NULL)
			abort();
		offer_parse(&offer, &a);
		if (memchr(offer.auth, '\0', sizeof(offer.auth)) == NULL)
			abort();
	}
	answer_free(&a);
	answer_free(&again);
	buf_free(&out);
	buf_free(&shown);
	return 0;
}
