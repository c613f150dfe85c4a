/* SPDX-License-Identifier: ISC */
/* notice.c - RFC 3464 2.2 and 2.3 for the fields, 3461 6 for who is told what, 3834 for Auto-Submitted. */
#include <string.h>
#include <time.h>

#include "buf.h"
#include "envelope.h"
#include "message.h"
#include "notice.h"

#define DIAGNOSTIC_MAX 800	/* a line has at most 998 octets */

static const struct words {
	enum notice_kind kind;
	const char *subject, *text, *action;
	char class;		/* of Status where the reply tells none that fits */
} words[] = {
	{ NOTICE_FAILED, "Undelivered mail returned to sender",
	    "your message could not be delivered to the recipients below. It will not be\ntried again for them.", "failed", '5' },
	{ NOTICE_DELAYED, "Delayed mail, still being tried",
	    "your message has not yet been delivered to the recipients below. There is\nnothing you need to do: it is tried again until",
	    "delayed", '4' },
	{ NOTICE_RELAYED, "Your mail was passed on",
	    "as you asked, here is word that your message was passed on for the recipients\nbelow. Whoever has it now may send no "
	    "further word.", "relayed", '2' },
};

static const struct words *
words_of(enum notice_kind kind)
{
	size_t i = 0;

	while (words[i].kind != kind)
		i++;
	return &words[i];
}

int
notice_concerns(enum notice_kind kind, const struct envelope_rcpt *r)
{
	switch (kind) {
	case NOTICE_FAILED:
		return r->fate == FATE_REFUSED && (r->notify == 0 || (r->notify & NOTIFY_FAILURE) != 0);
	case NOTICE_DELAYED:
		return r->fate == FATE_WAITING && (r->notify == 0 || (r->notify & NOTIFY_DELAY) != 0);
	case NOTICE_RELAYED:
		return r->fate == FATE_UNTOLD;
	}
	return 0;
}

static int
beyond_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7e)
			return 1;
	return 0;
}

static int
global(const struct notice *n)
{
	size_t i;

	for (i = 0; i < n->env->rcpts; i++)
		if (notice_concerns(n->kind, &n->env->rcpt[i]) && beyond_ascii(n->env->rcpt[i].addr))
			return 1;
	return 0;
}

static const char *
reply_of(const struct notice *n, size_t i)
{
	const char *full = n->said != NULL ? n->said[i].reply : NULL;

	return full != NULL ? full : n->env->rcpt[i].reply;
}

/* A field's value on one line, with nothing that could end it. */
static void
plain(struct buf *out, const char *text, size_t max, int ascii)
{
	size_t i;

	for (i = 0; i < max && text[i] != '\0'; i++) {
		unsigned char c = (unsigned char)text[i];

		buf_addc(out, c < ' ' || c == 0x7f || (ascii && c > 0x7e) ? '?' : text[i]);
	}
}

static void
date_line(struct buf *out, const char *name, int64_t when)
{
	buf_printf(out, "%s: ", name);
	message_date(out, (time_t)when);
	buf_addc(out, '\n');
}

static void
put_header(struct buf *out, const struct notice *n)
{
	buf_printf(out, "From: Mail Delivery System <MAILER-DAEMON@%s>\n", n->host);
	buf_printf(out, "To: %s\n", n->env->from);
	buf_printf(out, "Subject: %s\n", words_of(n->kind)->subject);
	date_line(out, "Date", n->now);
	buf_adds(out, "Message-ID: ");
	message_id(out, n->host);
	if (n->reference != NULL)
		buf_printf(out, "\nReferences: %s", n->reference);
	buf_adds(out, "\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n");
	buf_printf(out, "Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"%s\"\n", n->boundary);
	buf_printf(out, "Content-Transfer-Encoding: %s\n\n", n->eight || global(n) ? "8bit" : "7bit");
}

static void
put_text(struct buf *out, const struct notice *n)
{
	int utf8 = global(n);
	size_t i;

	buf_printf(out, "--%s\nContent-Type: text/plain; charset=%s\nContent-Transfer-Encoding: %s\n\n", n->boundary,
	    utf8 ? "utf-8" : "us-ascii", utf8 ? "8bit" : "7bit");
	buf_printf(out, "This is the mail system at %s:\n%s", n->host, words_of(n->kind)->text);
	if (n->kind == NOTICE_DELAYED) {
		buf_addc(out, '\n');
		message_date(out, (time_t)n->until);
		buf_addc(out, '.');
	}
	buf_addc(out, '\n');
	for (i = 0; i < n->env->rcpts; i++) {
		if (!notice_concerns(n->kind, &n->env->rcpt[i]))
			continue;
		buf_printf(out, "\n<%s>\n    ", n->env->rcpt[i].addr);
		plain(out, reply_of(n, i), DIAGNOSTIC_MAX, !utf8);
		buf_addc(out, '\n');
	}
	buf_addc(out, '\n');
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c - 'A' + 10;
}

/* envelope_xtext_ok has looked at it. What could break a line stays as it is written. */
static void
put_xtext(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		int c = *text == '+' ? hex(text[1]) * 16 + hex(text[2]) : 0;

		if (c < ' ' || c > '~') {
			buf_addc(out, *text);
			continue;
		}
		buf_addc(out, (char)c);
		text += 2;
	}
}

static int
is_reply(const char *text)
{
	return strspn(text, "0123456789") == 3 && (text[3] == ' ' || text[3] == '\0');
}

/* The enhanced code after a reply's first, if it is of that class: its length, else 0 (RFC 3463 2). */
static size_t
enhanced(const char *reply, char class, const char **code)
{
	const char *p = reply + 4;
	size_t at = 1, part;

	if (!is_reply(reply) || reply[3] == '\0' || *p != class)
		return 0;
	for (part = 0; part < 2; part++) {
		size_t digits;

		if (p[at++] != '.' || (digits = strspn(p + at, "0123456789")) < 1 || digits > 3)
			return 0;
		at += digits;
	}
	*code = p;
	return p[at] == ' ' || p[at] == '\0' ? at : 0;
}

/* What was given up is 4.4.7, delivery time expired. */
static void
put_status(struct buf *out, const struct notice *n, const char *reply, int given_up)
{
	char class = words_of(n->kind)->class;
	const char *code;
	size_t len = given_up ? 0 : enhanced(reply, class, &code);

	if (given_up)
		buf_adds(out, "Status: 4.4.7\n");
	else if (len > 0)
		buf_printf(out, "Status: %.*s\n", (int)len, code);
	else
		buf_printf(out, "Status: %c.0.0\n", class);
}

/* NULL: not known; "": this machine. */
static const char *
remote_of(const struct notice *n, size_t i)
{
	const char *kept = n->env->rcpt[i].remote;

	if (n->said != NULL && n->said[i].remote != NULL)
		return n->said[i].remote;
	return kept != NULL && *kept != '\0' ? kept : NULL;
}

static void
put_recipient(struct buf *out, const struct notice *n, size_t i)
{
	static const char up[] = NOTICE_GIVEN_UP;
	const struct envelope_rcpt *r = &n->env->rcpt[i];
	const char *reply = reply_of(n, i), *remote = remote_of(n, i);
	int given_up = strncmp(reply, up, sizeof up - 1) == 0;
	const char *last = given_up ? reply + sizeof up - 1 : reply;

	buf_addc(out, '\n');
	if (r->orcpt != NULL) {
		buf_adds(out, "Original-Recipient: ");
		put_xtext(out, r->orcpt);
		buf_addc(out, '\n');
	}
	buf_printf(out, "Final-Recipient: %s; %s\n", beyond_ascii(r->addr) ? "utf-8" : "rfc822", r->addr);
	buf_printf(out, "Action: %s\n",
	    n->kind == NOTICE_RELAYED && remote != NULL && *remote == '\0' ? "delivered" : words_of(n->kind)->action);
	put_status(out, n, reply, given_up);
	if (remote != NULL && *remote != '\0')
		buf_printf(out, "Remote-MTA: dns; %s\n", remote);
	if (*last != '\0') {
		buf_printf(out, "Diagnostic-Code: %s; ", is_reply(last) ? "smtp" : "x-pennypost");
		plain(out, last, DIAGNOSTIC_MAX, 1);
		buf_addc(out, '\n');
	}
	if (n->env->tried > 0)
		date_line(out, "Last-Attempt-Date", n->env->tried);
	if (n->kind == NOTICE_DELAYED)
		date_line(out, "Will-Retry-Until", n->until);
}

static void
put_details(struct buf *out, const struct notice *n)
{
	int utf8 = global(n);
	size_t i;

	buf_printf(out, "--%s\nContent-Type: message/%s\n", n->boundary, utf8 ? "global-delivery-status" : "delivery-status");
	buf_printf(out, "Content-Transfer-Encoding: %s\n\n", utf8 ? "8bit" : "7bit");
	buf_printf(out, "Reporting-MTA: dns; %s\n", n->host);
	if (n->env->envid != NULL) {
		buf_adds(out, "Original-Envelope-Id: ");
		put_xtext(out, n->env->envid);
		buf_addc(out, '\n');
	}
	date_line(out, "Arrival-Date", n->env->arrived);
	for (i = 0; i < n->env->rcpts; i++)
		if (notice_concerns(n->kind, &n->env->rcpt[i]))
			put_recipient(out, n, i);
	buf_addc(out, '\n');
}

void
notice_head(struct buf *out, const struct notice *n)
{
	static const char *const type[2][2] = { { "text/rfc822-headers", "message/rfc822" },
		{ "message/global-headers", "message/global" } };

	put_header(out, n);
	put_text(out, n);
	put_details(out, n);
	buf_printf(out, "--%s\nContent-Type: %s\nContent-Transfer-Encoding: %s\n\n", n->boundary, type[global(n)][n->whole != 0],
	    n->eight ? "8bit" : "7bit");
}

void
notice_tail(struct buf *out, const struct notice *n)
{
	buf_printf(out, "\n--%s--\n", n->boundary);
}
