/* SPDX-License-Identifier: ISC */
/* header: any text becomes a field of printable ASCII in lines that SMTP takes, with nothing blank among them; folding a header changes
 * nothing but line ends; a domain in any script becomes one in ASCII. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/msend/header.h"
#include "../../cmd/msend/idn.h"
#include "buf.h"
#include "err.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* most: octets in a line */
static void
check(const struct buf *field, size_t most)
{
	size_t i, n = 0, visible = 0;

	for (i = 0; i < field->len; i++) {
		char c = field->data[i];

		if (c == '\n') {
			if (visible == 0 || n > most)
				abort();
			n = visible = 0;
			continue;
		}
		if ((c < ' ' && c != '\t') || c > '~')
			abort();
		visible += c != ' ' && c != '\t';
		n++;
	}
}

static void
fields(const char *text)
{
	static const char *const names[] = { "Subject", "To" };
	struct buf out = { 0 };
	struct err e = { 0 };
	size_t i;

	for (i = 0; i < 2; i++) {
		buf_cut(&out, 0);
		if (header_field(&out, names[i], text, &e) == 0) {
			/* Addresses are only taken apart, a thousand octets long or in other scripts they stay. */
			if (i == 0)
				check(&out, 998);
			if (out.len == 0 || out.data[out.len - 1] != '\n')
				abort();
		} else if (out.len != 0) {
			abort();
		}
	}
	buf_cut(&out, 0);
	buf_adds(&out, "Content-Disposition: attachment");
	header_param(&out, "filename", text);
	buf_addc(&out, '\n');
	check(&out, 998);
	buf_free(&out);
}

static void
folds(const char *p, size_t n)
{
	struct buf out = { 0 }, again = { 0 };
	size_t i = 0, k;
	int folded = header_fold(&out, p, n);

	for (k = 0; k < out.len; k++) {
		if (i < n && out.data[k] == p[i])
			i++;
		else if (out.data[k] != '\n')
			abort();
	}
	if (i != n || folded != (out.len != n) || header_fold(&again, out.data, out.len) != 0)
		abort();
	buf_free(&out);
	buf_free(&again);
}

static void
domain(const char *text)
{
	struct buf out = { 0 };
	size_t i, n = 0;

	if (idn_domain(&out, text) == 0)
		for (i = 0; i <= out.len; i++) {
			n = i == out.len || out.data[i] == '.' ? 0 : n + 1;
			if (n > 63 || (i < out.len && (out.data[i] <= ' ' || out.data[i] > '~')))
				abort();
		}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);

	fields(text);
	folds((const char *)data, size);
	domain(text);
	free(text);
	return 0;
}
