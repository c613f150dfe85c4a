/* SPDX-License-Identifier: ISC */
/* utf7 and words: encode(decode(x)) is x and decode(encode(s)) is s; encoded words decode to valid UTF-8. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mimap/words.h"
#include "buf.h"
#include "rune.h"
#include "utf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

typedef int fn(struct buf *, const char *, size_t);

static void
round_trip(fn *there, fn *back, const char *text, size_t n)
{
	struct buf out = { 0 }, again = { 0 };

	buf_adds(&out, "x");
	if (there(&out, text, n) == 0) {
		if (back(&again, out.data + 1, out.len - 1) == -1 || again.len != n || (n > 0 && memcmp(again.data, text, n) != 0))
			abort();
	} else if (out.len != 1) {
		abort();
	}
	buf_free(&out);
	buf_free(&again);
}

static void
check_words(const char *text, size_t n)
{
	struct buf out = { 0 };
	uint32_t r;
	size_t i, len;

	words_decode(&out, text, n);
	for (i = 0; i < out.len; i += len) {
		if ((len = rune_get(out.data + i, out.len - i, &r)) == 0)
			abort();
	}
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	round_trip(utf7_decode, utf7_encode, text, size);
	round_trip(utf7_encode, utf7_decode, text, size);
	check_words(text, size);
	return 0;
}
