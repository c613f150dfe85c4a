/* SPDX-License-Identifier: ISC */
/* recode: a message recoded once has nothing more to recode, and where its header is cut from its body makes no difference. The first
 * octet says where that is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/msend/mail.h"
#include "buf.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
recode(struct mail *copy, const char *p, size_t n, size_t cut)
{
	struct mail m = { 0 };
	struct err e;
	int rc;

	buf_add(&m.head, p, cut);
	if (held_write(&m.body, p + cut, n - cut, &e) == -1 || mail_scan(&m, &e) == -1 || (rc = mail_recode(copy, &m, &e)) == -1)
		abort();
	mail_free(&m);
	return rc;
}

static void
text_of(struct buf *out, const struct mail *m)
{
	struct err e;

	if (mail_each(m, sink_buf, out, &e) == -1)
		abort();
}

/* For BINARYMIME: what BDAT announces is what is sent. */
static void
exact(const char *p, size_t n)
{
	struct mail m = { 0 }, copy = { 0 };
	struct buf text = { 0 };
	struct err e;

	if (held_write(&m.body, p, n, &e) == -1 || mail_scan(&m, &e) == -1)
		abort();
	if (mail_exact(&copy, &m, &e) == 1) {
		text_of(&text, &copy);
		if (!copy.raw || text.len != copy.scan.wire)
			abort();
	}
	buf_free(&text);
	mail_free(&m);
	mail_free(&copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail whole = { 0 }, cut = { 0 }, again = { 0 };
	struct buf a = { 0 }, b = { 0 };
	struct err e;
	const char *p = (const char *)data + 1;
	int rc;

	if (size < 2)
		return 0;
	exact(p, size - 1);
	rc = recode(&whole, p, size - 1, 0);
	if (recode(&cut, p, size - 1, *data % size) != rc)
		abort();
	if (rc == 1) {
		text_of(&a, &whole);
		text_of(&b, &cut);
		if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0 || mail_recode(&again, &whole, &e) != 0)
			abort();
	}
	buf_free(&a);
	buf_free(&b);
	mail_free(&whole);
	mail_free(&cut);
	mail_free(&again);
	return 0;
}
