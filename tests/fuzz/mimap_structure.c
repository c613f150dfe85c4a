/* SPDX-License-Identifier: ISC */
/* structure: what follows BODYSTRUCTURE in a response. Sections are numbers between dots, each one only once; a safe name is one
 * component of a path, short, and safe again. The same octets go through the decoders, whole and cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mimap/decode.h"
#include "../../cmd/mimap/partname.h"
#include "../../cmd/mimap/response.h"
#include "../../cmd/mimap/structure.h"
#include "buf.h"
#include "err.h"
#include "rune.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_name(const struct part *p)
{
	struct buf safe = { 0 }, again = { 0 };
	const char *s;

	partname_safe(&safe, p->name, p->section);
	s = buf_str(&safe);
	if (safe.len == 0 || (safe.len > PARTNAME_MAX && p->name != NULL && *p->name != '\0' && strncmp(s, "part-", 5) != 0) || strpbrk(s, "/\\") != NULL
	    || *s == '.' || *s == '-' || !rune_valid(s, safe.len))
		abort();
	partname_safe(&again, s, p->section);
	if (safe.len <= PARTNAME_MAX && strcmp(buf_str(&again), s) != 0)
		abort();
	buf_free(&safe);
	buf_free(&again);
}

static void
check(const struct structure *s)
{
	size_t i;

	if (s->count > PARTS_MAX)
		abort();
	for (i = 0; i < s->count; i++) {
		const char *section = s->part[i].section;

		if (section[strspn(section, "0123456789.")] != '\0' || structure_section(s, section) != &s->part[i])
			abort();
		check_name(&s->part[i]);
	}
	structure_text(s);
}

static void
decode(const char *p, size_t n, size_t cut, enum encoding encoding, struct buf *out)
{
	struct decode d;
	struct err e;

	decode_begin(&d, encoding, n % 2 == 0, sink_buf, out);
	if (decode_write(&d, p, cut, &e) == -1 || decode_write(&d, p + cut, n - cut, &e) == -1 || decode_end(&d, &e) == -1)
		abort();
	if (out->len > n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct response r;
	struct structure s = { NULL, 0 };
	struct buf line = { 0 }, whole = { 0 }, cut = { 0 };
	struct err e = { 0 };

	buf_adds(&line, "* 1 FETCH (BODYSTRUCTURE ");
	buf_add(&line, data, size);
	buf_addc(&line, ')');
	response_begin(&r);
	if (memchr(line.data, '\n', line.len) == NULL && response_line(&r, line.data, line.len, &e) == RESPONSE_DONE && r.kind == RESPONSE_DATA
	    && structure_read(&s, value_after(r.args, "BODYSTRUCTURE"), &e) == 0)
		check(&s);
	structure_free(&s);
	for (int encoding = ENCODING_NONE; encoding <= ENCODING_QUOTED; encoding++) {
		buf_cut(&whole, 0);
		buf_cut(&cut, 0);
		decode((const char *)data, size, 0, (enum encoding)encoding, &whole);
		decode((const char *)data, size, size / 3, (enum encoding)encoding, &cut);
		if (whole.len != cut.len || memcmp(buf_str(&whole), buf_str(&cut), whole.len) != 0)
			abort();
	}
	buf_free(&line);
	buf_free(&whole);
	buf_free(&cut);
	return 0;
}
