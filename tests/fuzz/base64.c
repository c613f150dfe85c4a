/* SPDX-License-Identifier: ISC */
/* base64: what decodes encodes to the same text; what is encoded decodes to the same octets. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_same(const struct buf *b, const void *data, size_t n)
{
	if (b->len != n || memcmp(buf_str(b), data, n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf octets = { 0 }, text = { 0 };

	if (base64_decode(&octets, (const char *)data, n) == 0) {
		base64_encode(&text, octets.data, octets.len);
		check_same(&text, data, n);
	} else if (octets.len != 0)
		abort();
	buf_cut(&octets, 0);
	buf_cut(&text, 0);
	base64_encode(&text, data, n);
	if (base64_decode(&octets, buf_str(&text), text.len) == -1)
		abort();
	check_same(&octets, data, n);
	buf_free(&octets);
	buf_free(&text);
	return 0;
}
