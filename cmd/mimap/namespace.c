/* SPDX-License-Identifier: ISC */
/* namespace.c - where names have to begin (NAMESPACE, RFC 2342): some servers keep all of a user's mailboxes below INBOX and refuse
 * any other name, without a word on why. Asked only after such a refusal, so that it costs nothing where all goes well. */
#include "imap.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "buf.h"

struct namespace {
	struct imap *im;
	const char *mailbox;
	struct buf begin, wire;	/* of the first personal namespace: as we write it, and as the server does */
	int fits;		/* the name begins as a namespace does */
};

/* ("INBOX." "." …)     one of the user's own may have no prefix, then any name fits; of those of others that says nothing */
static void
take_namespace(struct namespace *n, const struct value *v, int personal)
{
	struct mailbox_form form = n->im->form;
	struct buf prefix = { 0 };
	const char *text;
	size_t len, wire_len;

	if (value_text(value_at(v, 1), &text, &len) && len == 1)
		form.delimiter = *text;
	if (!value_text(value_at(v, 0), &text, &wire_len) || mailbox_from_wire(&prefix, text, wire_len, &form) == -1) {
		buf_free(&prefix);
		return;
	}
	len = strlen(buf_str(&prefix));
	if (personal || len > 0)
		n->fits |= strncasecmp(n->mailbox, buf_str(&prefix), len) == 0;
	if (personal && n->begin.len == 0 && len > 0) {
		buf_adds(&n->begin, buf_str(&prefix));
		buf_add(&n->wire, text, wire_len);
	}
	buf_free(&prefix);
}

static int
on_namespace(void *ctx, const struct response *r, struct err *e)
{
	const struct value *kind, *v;
	struct namespace *n = ctx;
	int personal = 1;

	(void)e;
	if (!response_is(r, "NAMESPACE"))
		return 0;
	for (kind = r->args; kind != NULL; kind = kind->next, personal = 0) {
		for (v = kind->kind == VALUE_LIST ? kind->first : NULL; v != NULL; v = v->next)
			take_namespace(n, v, personal);
	}
	return 1;
}

/* The name as it should have been: it may be that the server's own way to write the prefix was used. */
static void
advise(const struct namespace *n, struct err *why)
{
	const char *begin = buf_str(&n->begin), *rest = n->mailbox;
	size_t used = strlen(why->text);

	if (strncasecmp(rest, buf_str(&n->wire), n->wire.len) == 0)
		rest += n->wire.len;
	snprintf(why->text + used, sizeof(why->text) - used, "; mailboxes are below %.80s on this server: %.80s%.80s", begin, begin, rest);
}

/* C: NAMESPACE
 * S: * NAMESPACE (("INBOX." ".")) NIL NIL | OK      the user's own, other users', shared: RFC 2342 section 5 */
void
imap_misplaced(struct imap *im, const char *mailbox, struct err *why)
{
	struct imap_handler before = im->handler;
	struct namespace n = { .im = im, .mailbox = mailbox };
	struct err ignored = { 0 };

	if (im->broken || im->pending != NULL || mailbox_same(mailbox, "INBOX") || !caps_has(&im->caps, CAP_NAMESPACE))
		return;
	im->handler = (struct imap_handler){ .data = on_namespace, .ctx = &n };
	if (imap_ask(im, "NAMESPACE", "tell its namespaces", &ignored) == 0 && n.begin.len > 0 && !n.fits)
		advise(&n, why);
	im->handler = before;
	buf_free(&n.begin);
	buf_free(&n.wire);
}
