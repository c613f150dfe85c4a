/* SPDX-License-Identifier: ISC */
/* session.c - how a session begins and ends, and how a mailbox is opened.
 * STARTTLS, where it is wanted, comes first and is not up for discussion: a server that lacks it, refuses it or claims
 * to be past it (PREAUTH) gets nothing from us. What it said before TLS is forgotten. */
#include "imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "stream.h"
#include "usage.h"
#include "xalloc.h"

static const struct service services[] = {
	{ "imaps", "993", 1, 0 },
	{ "imap", "143", 0, 0 },
	{ NULL, NULL, 0, 0 }
};

/* S: * OK | PREAUTH | BYE          RFC 3501 section 7.1 */
static int
greeting(struct imap *im, struct err *e)
{
	const struct response *r = &im->response;

	if (imap_greeting(im, e) == -1)
		return -1;
	if (r->kind == RESPONSE_STATUS && r->status == STATUS_BYE)
		return err_set(e, ERR_TEMP, "%s lets nobody in now: \"%.200s\"", stream_peer(im->stream), r->text);
	if (r->kind != RESPONSE_STATUS || (r->status != STATUS_OK && r->status != STATUS_PREAUTH))
		return err_set(e, ERR_PROTOCOL, "%s does not greet as an IMAP server", stream_peer(im->stream));
	im->preauth = r->status == STATUS_PREAUTH;
	return 0;
}

/* C: STARTTLS   S: OK, then TLS    RFC 3501 section 6.2.1 */
static int
starttls(struct imap *im, struct err *e)
{
	const char *peer = stream_peer(im->stream);

	if (im->preauth)
		return err_set(e, ERR_PROTOCOL, "%s says that we are logged in before TLS began; somebody may be tampering with the connection",
		    peer);
	if (im->caps.known && !caps_has(&im->caps, CAP_STARTTLS))
		return err_set(e, ERR_UNAVAILABLE, "%s offers no STARTTLS; use imaps://, or tls=off where the network is trusted", peer);
	if (imap_ask(im, "STARTTLS", "begin TLS", e) == -1)
		return -1;
	if (im->response.status != STATUS_OK) {
		imap_refusal(im, "begin TLS", e);
		e->class = ERR_UNAVAILABLE;
		return -1;
	}
	if (account_starttls(im->account, im->stream, e) == -1)
		return -1;
	caps_clear(&im->caps);
	return 0;
}

static int
capability(struct imap *im, struct err *e)
{
	if (im->caps.known)
		return 0;
	if (imap_ask(im, "CAPABILITY", "list its capabilities", e) == -1)
		return -1;
	if (im->response.status != STATUS_OK)
		return imap_refusal(im, "list its capabilities", e);
	im->caps.known = 1;
	return 0;
}

/* C: ID ("name" "mimap" "version" "0.1")      RFC 2971; ahead of what follows, whatever the answer is */
static int
identify(struct imap *im, struct err *e)
{
	const char *on = account_get(im->account, KEY_IMAP_ID);
	struct command c;
	int r;

	if (on == NULL || strcmp(on, "on") != 0 || !caps_has(&im->caps, CAP_ID))
		return 0;
	imap_command(im, &c);
	r = command_add(&c, e, "ID (\"name\" \"mimap\" \"version\" %s)", PENNYPOST_VERSION);
	if (r == 0)
		r = imap_send(im, &c, "take our name", e);
	if (r == 0 && im->pending != NULL)
		im->pending->judged = 1;
	command_free(&c);
	return r;
}

static int
begin(struct imap *im, int want_tls, struct err *e)
{
	if (greeting(im, e) == -1 || (want_tls && starttls(im, e) == -1) || capability(im, e) == -1)
		return -1;
	if (!im->preauth) {
		im->caps.known = 0;	/* what holds now may not hold after; but it is what login goes by */
		if (imap_login(im, e) == -1 || capability(im, e) == -1)
			return -1;
	}
	stream_limit(im->stream, IMAP_LINE_MAX);
	if (!caps_has(&im->caps, CAP_REV1) && !caps_has(&im->caps, CAP_REV2))
		return err_set(e, ERR_PROTOCOL, "%s speaks neither IMAP4rev1 nor IMAP4rev2", stream_peer(im->stream));
	im->form.utf8 = !caps_has(&im->caps, CAP_REV1);
	return identify(im, e) == -1 ? -1 : imap_compress_always(im, e);
}

int
imap_open(struct imap **out, struct account *account, struct err *e)
{
	struct imap *im = xcalloc(1, sizeof(*im));
	int want_tls;

	im->account = account;
	im->caps.without = account_get(account, KEY_IMAP_WITHOUT);
	im->pending_end = &im->pending;
	im->mailbox.name = xstrdup("");
	if (account_connect(account, services, &im->stream, &want_tls, e) == -1 || begin(im, want_tls, e) == -1) {
		imap_close(&im);
		return -1;
	}
	if (caps_without(&im->caps, "CHARSET"))
		im->charset = xstrdup("");
	*out = im;
	return 0;
}

/* C: LOGOUT      Everything has its answer, so its own is not waited for: that would be a turn for nothing */
void
imap_logout(struct imap *im)
{
	struct command c = { 0 };
	struct err ignored = { 0 };

	if (im->broken)
		return;
	memset(&im->handler, 0, sizeof(im->handler));
	if (command_add(&c, &ignored, "LOGOUT") == 0 && imap_send(im, &c, "end the session", &ignored) == 0)
		stream_flush(im->stream, &ignored);
	im->broken = 1;
	command_free(&c);
}

void
imap_close(struct imap **imp)
{
	struct imap *im = *imp;
	struct imap_pending *p;

	if (im == NULL)
		return;
	while ((p = im->pending) != NULL) {
		im->pending = p->next;
		free(p->opens);
		free(p->named);
		free(p);
	}
	stream_close(&im->stream);
	response_free(&im->response);
	caps_clear(&im->caps);
	free(im->charset);
	free(im->failure_named);
	buf_free(&im->literal);
	free(im->mailbox.name);
	free(im->mailbox.permanent);
	free(im->mailbox.id);
	free(im);
	*imp = NULL;
}

/* S: * LIST (\Noselect) "/" ""     RFC 3501 section 6.3.8 */
static int
note_delimiter(void *ctx, const struct response *r, struct err *e)
{
	struct imap *im = ctx;
	const char *text;
	size_t n;

	(void)e;
	if (!response_is(r, "LIST") || r->args == NULL)
		return 0;
	if (value_text(r->args->next, &text, &n) && n == 1)
		im->form.delimiter = *text;
	return 1;
}

static int
learn_delimiter(struct imap *im, struct err *e)
{
	struct imap_handler before = im->handler;
	struct command c;
	int r;

	imap_command(im, &c);
	im->handler = (struct imap_handler){ .data = note_delimiter, .ctx = im };
	r = command_add(&c, e, "LIST \"\" \"\"");
	if (r == 0)
		r = imap_send(im, &c, "tell its delimiter", e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	im->handler = before;
	im->form_known = r == 0;
	return r;
}

int
imap_name(struct imap *im, const char *mailbox, struct err *e)
{
	if (mailbox_check(mailbox, e) == -1)
		return -1;
	return mailbox_delimited(mailbox) && !im->form_known ? learn_delimiter(im, e) : 0;
}

