/* SPDX-License-Identifier: ISC */
/* log: what was made harmless is harmless: nothing changes when it is done again, and no control stands in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = { 0 }, twice = { 0 };
	size_t i;

	log_safe(&once, (const char *)data, size);
	for (i = 0; i < once.len; i++)
		if ((unsigned char)once.data[i] < 0x20 || once.data[i] == 0x7f)
			abort();
	log_safe(&twice, buf_str(&once), once.len);
	if (once.len != twice.len || memcmp(buf_str(&once), buf_str(&twice), once.len) != 0)
		abort();
	buf_free(&once);
	buf_free(&twice);
	return 0;
}
