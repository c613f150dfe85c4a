/* SPDX-License-Identifier: ISC */
/* SMTP command lines: what is taken, printed again in the plainest form and parsed once more, is the same; what is taken holds no
 * control, and its numbers and strings are within their limits. The first octet decides between that and the text of a message, whose
 * result must not depend on how it is cut. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mqueue/serve_data.h"
#include "../../cmd/mqueue/serve_parse.h"
#include "buf.h"
#include "err.h"
#include "message.h"
#include "xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int true_one)
{
	if (!true_one)
		abort();
}

static void
print_mail(struct buf *b, const struct serve_command *c)
{
	buf_printf(b, "MAIL FROM:<%s>", c->text);
	if (c->size != -1)
		buf_printf(b, " SIZE=%lld", (long long)c->size);
	if (c->eightbit)
		buf_printf(b, " BODY=%s", c->eightbit == 1 ? "8BITMIME" : "7BIT");
	if (c->utf8)
		buf_adds(b, " SMTPUTF8");
	if (c->ret != RET_UNSAID)
		buf_printf(b, " RET=%s", c->ret == RET_FULL ? "FULL" : "HDRS");
	if (c->envid != NULL)
		buf_printf(b, " ENVID=%s", c->envid);
}

static void
print_rcpt(struct buf *b, const struct serve_command *c)
{
	buf_printf(b, "RCPT TO:<%s>", c->text);
	if (c->notify != 0) {
		buf_adds(b, " NOTIFY=");
		envelope_notify_text(b, c->notify);
	}
	if (c->orcpt != NULL)
		buf_printf(b, " ORCPT=%s", c->orcpt);
}

static int
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
one_command(const char *line, size_t len)
{
	struct serve_command c, again;
	struct buf b = { 0 };
	char *copy = xmalloc(len + 1);

	memcpy(copy, line, len);
	copy[len] = '\0';
	if (serve_parse(copy, len, &c) == NULL && (c.verb == SERVE_MAIL || c.verb == SERVE_RCPT)) {
		must(*c.text == '\0' ? c.verb == SERVE_MAIL : message_addr_ok(c.text) && strlen(c.text) <= SERVE_PATH_MAX);
		if (c.verb == SERVE_MAIL)
			print_mail(&b, &c);
		else
			print_rcpt(&b, &c);
		must(serve_parse(b.data, b.len, &again) == NULL);
		must(same_text(c.text, again.text) && same_text(c.envid, again.envid) && same_text(c.orcpt, again.orcpt));
		must(c.verb == again.verb && c.size == again.size && c.eightbit == again.eightbit && c.utf8 == again.utf8);
		must(c.ret == again.ret && c.notify == again.notify && c.wide == again.wide);
	}
	buf_free(&b);
	free(copy);
}

static enum serve_data_result
take(const char *p, size_t n, size_t piece, int counted, struct buf *out, size_t *used)
{
	struct serve_data d = { .counted = counted };
	enum serve_data_result r = DATA_MORE;
	struct err e = { 0 };
	size_t some;

	for (*used = 0; *used < n && r == DATA_MORE; *used += some)
		r = serve_data(&d, p + *used, n - *used < piece ? n - *used : piece, &some, sink_buf, out, &e);
	must(r != DATA_END || !counted);
	return r;
}

static void
one_text(const char *p, size_t n, int counted)
{
	struct buf whole = { 0 }, bytes = { 0 };
	size_t used, other;
	enum serve_data_result r = take(p, n, n + 1, counted, &whole, &used);

	must(take(p, n, 1, counted, &bytes, &other) == r && used == other);
	must(whole.len == bytes.len && memcmp(buf_str(&whole), buf_str(&bytes), whole.len) == 0);
	must(memchr(buf_str(&whole), '\r', whole.len) == NULL);
	if (r == DATA_END)
		must(used >= 3 && memcmp(p + used - 3, ".\r\n", 3) == 0 && (used == 3 || memcmp(p + used - 5, "\r\n", 2) == 0));
	buf_free(&whole);
	buf_free(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;

	if (size == 0)
		return 0;
	if (*p == 'D' || *p == 'B')
		one_text(p + 1, size - 1, *p == 'B');
	else
		one_command(p + 1, size - 1);
	return 0;
}
