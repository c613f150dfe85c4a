/* SPDX-License-Identifier: ISC */
/* message: the raw fields are the header, octet for octet; a header found in the whole is found in no less; completed, it is a whole
 * header with the three fields and no Bcc, and completing it again changes nothing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int so)
{
	if (!so)
		abort();
}

/* What the header opens with before its first field. */
static size_t
raw_fields(const char *p, size_t len, struct buf *all)
{
	struct field f;
	size_t pos = 0, first = len, at = 0;

	while (message_field(p, len, &pos, &f)) {
		if (first == len)
			first = (size_t)(f.raw - p);
		must(f.raw >= p + at && f.raw + f.raw_len == p + pos);
		must(f.name == f.raw && f.name_len > 0 && f.value > f.name && f.value + f.value_len <= f.raw + f.raw_len);
		at = pos;
		buf_add(all, f.raw, f.raw_len);
	}
	return first;
}

static void
check_fields(const char *p, size_t len)
{
	struct buf all = {0};
	size_t before = raw_fields(p, len, &all), end;

	if (all.len == 0 && len > 0)	/* an mbox line at most, then the empty line */
		before = 0;
	end = before + all.len;
	must(all.len == 0 || memcmp(p + before, all.data, all.len) == 0);
	must(before == 0 || strncmp(p, "From ", 5) == 0 || strncmp(p, ">From ", 6) == 0);
	must(all.len == 0 || end == len || (len - end == 1 && p[end] == '\n') || (len - end == 2 && p[end] == '\r' && p[end + 1] == '\n'));
	buf_free(&all);
}

static void
check_complete(const char *p, size_t n)
{
	static const struct message_from from = {"Ann \"A.\" Example", "ann@example.org"};
	static const char *const want[] = {"Date", "From", "Message-ID"};
	struct buf once = {0}, twice = {0}, value = {0};
	size_t len = 0;

	message_complete(&once, p, n, &from);
	must(message_header(once.data, once.len, &len) == 1 && len == once.len);
	for (int i = 0; i < 3; i++)
		must(message_get(once.data, once.len, want[i], &value));
	must(!message_get(once.data, once.len, "Bcc", &value) && !message_get(once.data, once.len, "Resent-Bcc", &value));
	message_complete(&twice, once.data, once.len, &from);
	must(twice.len == once.len && memcmp(twice.data, once.data, once.len) == 0);
	buf_free(&once);
	buf_free(&twice);
	buf_free(&value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	size_t len = size + 1, part;
	int end = message_header(p, size, &len);

	must(len <= size && (end || len == size));
	if (end) {
		check_fields(p, len);
		for (size_t cut = 0; cut < len && cut < 64; cut++)
			if (message_header(p, cut, &part) == 1)
				must(part == len);
	}
	check_complete(p, size);
	return 0;
}
