/* SPDX-License-Identifier: ISC */
/* mpop's parsers of one line and of whole listings. Lines that begin with U and L are UIDL's and LIST's, others are replies and
 * capabilities. The listing must then be sorted, each number once, twins counted, UIDs found again; each UID and size must stand
 * in a line of that message's number. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/mpop/listing.h"
#include "../../cmd/mpop/reply.h"
#include "buf.h"
#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
take_line(struct listing *l, struct caps *c, char *line, size_t len)
{
	struct reply r;
	struct err e;

	if (len > 0 && line[0] == 'U')
		listing_uidl(l, line + 1, len - 1, &e);
	else if (len > 0 && line[0] == 'L')
		listing_list(l, line + 1, len - 1, &e);
	else {
		caps_line(c, line);
		if (reply_parse(&r, line, &e) == 0 && (r.text < line || r.text > line + strlen(line)))
			abort();
		if (strlen(c->sasl) >= sizeof c->sasl)
			abort();
	}
}

/* Did the server say this UID of this number? The oracle reads the input again. */
static int
said(const char *text, size_t n, const struct listing_msg *m)
{
	size_t at = 0, uid_len = strlen(m->uid);

	while (at < n) {
		const char *lf = memchr(text + at, '\n', n - at), *rest;
		size_t end = lf != NULL ? (size_t)(lf - text) : n, len;
		uint32_t number;

		if (text[at] == 'U' && reply_number(text + at + 1, end - at - 1, &number, &rest, &len) == 0 &&
		    number == m->number && len == uid_len && memcmp(rest, m->uid, len) == 0)
			return 1;
		at = end + 1;
	}
	return 0;
}

static void
check(const struct listing *l, size_t twins, const char *text, size_t n)
{
	size_t with_twin = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct listing_msg *m = &l->msg[i], *found;

		if (m->number == 0 || (i > 0 && m->number <= l->msg[i - 1].number))
			abort();
		with_twin += m->twin > 0;
		if (m->uid == NULL)
			continue;
		found = listing_find(l, m->uid);
		if (found == NULL || strcmp(found->uid, m->uid) != 0 || (m->twin == 0 && found != m) || !said(text, n, m))
			abort();
	}
	if (with_twin != twins)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct listing l = { 0 };
	struct caps c = { 0 };
	struct buf copy = { NULL, 0, 0 };
	char *p, *lf;

	buf_add(&copy, data, size);
	for (p = copy.data; size > 0 && p < copy.data + size; p = lf + 1) {
		if ((lf = memchr(p, '\n', (size_t)(copy.data + size - p))) == NULL)
			lf = copy.data + size;
		*lf = '\0';
		take_line(&l, &c, p, (size_t)(lf - p));
	}
	check(&l, listing_end(&l), (const char *)data, size);
	listing_free(&l);
	buf_free(&copy);
	return 0;
}
