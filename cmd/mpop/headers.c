/* SPDX-License-Identifier: ISC */
/* headers.c - see headers.h. Headers over MESSAGE_HEADER_MAX are cut there. */
#include "headers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "err.h"
#include "listing.h"
#include "message.h"
#include "pop3.h"
#include "xalloc.h"

int
header_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct header_text *h = ctx;
	size_t from = h->text.len > 0 ? h->text.len - 1 : 0;
	const char *end;

	(void)e;
	if (h->ended)
		return 0;
	buf_add(&h->text, p, n);
	if (h->text.len > 0 && h->text.data[0] == '\n') {
		buf_cut(&h->text, 1);
		h->ended = 1;
	} else if ((end = memmem(h->text.data + from, h->text.len - from, "\n\n", 2)) != NULL) {
		buf_cut(&h->text, (size_t)(end - h->text.data) + 2);
		h->ended = 1;
	} else if (h->text.len > MESSAGE_HEADER_MAX)
		h->ended = 1;
	return 0;
}

struct each {
	struct pop3 *p;
	headers_fn *fn;
	void *ctx;
	const char *verb;
	struct listing_msg **refused;	/* to be asked for by RETR; NULL: no other way is left */
	size_t count;
};

static int
answered(void *ctx, struct listing_msg *m, const struct reply *r, struct err *e)
{
	struct each *each = ctx;
	struct header_text h = { 0 };
	struct err why;
	int rc;

	if (r->kind != REPLY_OK && each->refused != NULL) {
		each->refused[each->count++] = m;
		return 0;
	}
	if (r->kind != REPLY_OK) {
		pop3_refused(each->p, r, each->verb, &why);
		return each->fn(each->ctx, m, NULL, &why, e);
	}
	rc = pop3_body(each->p, header_write, &h, e);
	if (rc == 0)
		rc = each->fn(each->ctx, m, &h.text, NULL, e);
	buf_free(&h.text);
	return rc;
}

static int
ask(struct each *each, int top, struct listing_msg **msg, size_t count, struct err *e)
{
	struct pop3_run run = { .verb = top ? "TOP" : "RETR", .suffix = top ? " 0" : "", .msg = msg, .count = count,
	    .fn = answered,
	    .ctx = each };

	each->verb = run.verb;
	return pop3_run(each->p, &run, e);
}

int
headers_each(struct pop3 *p, struct listing_msg **msg, size_t count, headers_fn *fn, void *ctx, struct err *e)
{
	struct each each = { .p = p, .fn = fn, .ctx = ctx };
	struct listing_msg **refused;
	int rc;

	if (p->asked)
		return ask(&each, p->caps.top, msg, count, e);
	each.refused = refused = xcalloc(count + 1, sizeof *refused);	/* nobody knows what the server has */
	rc = ask(&each, 1, msg, count, e);
	each.refused = NULL;
	if (rc == 0 && each.count > 0)
		rc = ask(&each, 0, refused, each.count, e);
	free(refused);
	return rc;
}

static int
is_state(const struct field *f)
{
	static const char *const names[] = { "Status", "X-Status", "X-Keywords", "X-UID", "X-UIDL", "X-IMAP", "X-IMAPbase",
	    "Content-Length",
		"Lines" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (message_is(f, names[i]))
			return 1;
	return 0;
}

int
headers_print(const char *header, size_t n, char print[HEADERS_PRINT])
{
	char hex[DIGEST_HEX];
	struct digest *d;
	struct field f;
	struct err unused;
	size_t at = 0;
	int known = 0;

	print[0] = '\0';
	if (digest_new(&d, DIGEST_SHA256, &unused) == -1)
		return -1;
	while (message_field(header, n, &at, &f)) {
		known |= message_is(&f, "Message-ID") && f.value_len > 2;
		if (!is_state(&f))
			digest_add(d, f.raw, f.raw_len);
	}
	digest_end(&d, hex);
	if (!known)
		return -1;
	strlcpy(print, hex, HEADERS_PRINT);
	return 0;
}

size_t
headers_ours(const char *header, size_t n)
{
	struct field f;
	size_t at = 0;

	while (message_field(header, n, &at, &f))
		if (message_is(&f, "Received"))
			return memmem(f.raw, f.raw_len, " (mpop)", 7) != NULL ? at : 0;
		else if (!message_is(&f, "Return-Path") && !message_is(&f, "Delivered-To"))
			break;
	return 0;
}

void
headers_note(struct buf *out, const struct buf *header, uint64_t size, uint64_t limit)
{
	struct field f;
	size_t at = 0;

	while (message_field(buf_str(header), header->len, &at, &f))
		if (!message_is(&f, "Content-Type") && !message_is(&f, "Content-Transfer-Encoding") &&
		    !message_is(&f, "MIME-Version"))
			buf_add(out, f.raw, f.raw_len);
	buf_printf(out,
	    "\n[mpop: this is only the header. The message has %" PRIu64 " octets, more than the %" PRIu64 " that -z allows.\n"
	    "It is still on the server, and comes whole with the next run that allows as much.]\n", size, limit);
}
