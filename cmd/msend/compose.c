/* SPDX-License-Identifier: ISC */
/* compose.c - the text is held first: its encoding follows from all of it. Everything else goes through once. */
#include "compose.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "attach.h"
#include "buf.h"
#include "eol.h"
#include "err.h"
#include "header.h"
#include "mail.h"
#include "mime.h"
#include "xalloc.h"

#define LINE_MAX_OCTETS 998

/* A message in the making: part headers and bodies go to mail->body, for one part alone the header goes to mail->head. */
struct making {
	struct mail *mail;
	struct held text;	/* stdin */
	struct scan scan;	/* of it */
	struct text_facts facts;
	char boundary[32];	/* "" for a single part */
};

/* -H 'Name: value': the value, or NULL if the option is not of that name. */
static const char *
header_value(const char *option, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(option, name, n) != 0 || option[n] != ':')
		return NULL;
	return option + n + 1 + strspn(option + n + 1, " \t");
}

static const char *
given(const struct compose *c, const char *name)
{
	const char *value;
	size_t i;

	for (i = 0; i < c->headers; i++)
		if ((value = header_value(c->header[i], name)) != NULL)
			return value;
	return NULL;
}

static int
put_list(struct buf *out, const char *name, const char **list, size_t n, struct err *e)
{
	struct buf all = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		buf_printf(&all, "%s%s", i > 0 ? ", " : "", list[i]);
	rc = n > 0 ? header_field(out, name, buf_str(&all), e) : 0;
	buf_free(&all);
	return rc;
}

static int
put_given(struct buf *out, const struct compose *c, struct err *e)
{
	size_t i, n;
	char *name;
	int rc;

	for (i = 0; i < c->headers; i++) {
		n = strcspn(c->header[i], ":");
		if (c->header[i][n] == '\0' || !header_name_ok(c->header[i], n))
			return err_set(e, ERR_USAGE, "-H wants \"Name: value\", not \"%s\"", c->header[i]);
		if (header_value(c->header[i], "Content-Type") != NULL)	/* the text's, see put_text */
			continue;
		if (header_value(c->header[i], "Content-Transfer-Encoding") != NULL)
			return err_set(e, ERR_USAGE, "-H can't set Content-Transfer-Encoding: it follows from the text");
		name = xstrndup(c->header[i], n);
		rc = header_field(out, name, header_value(c->header[i], name), e);
		free(name);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
put_header(struct buf *out, const struct compose *c, struct err *e)
{
	if (given(c, "From") == NULL && header_field(out, "From", c->from, e) == -1)
		return -1;
	if (given(c, "To") == NULL) {
		if (c->tos > 0 ? put_list(out, "To", c->to, c->tos, e) == -1
		    : c->ccs == 0 && header_field(out, "To", "undisclosed-recipients:;", e) == -1)
			return -1;
	}
	if (given(c, "Cc") == NULL && put_list(out, "Cc", c->cc, c->ccs, e) == -1)
		return -1;
	if (given(c, "Subject") == NULL && c->subject != NULL && header_field(out, "Subject", c->subject, e) == -1)
		return -1;
	if (put_given(out, c, e) == -1)
		return -1;
	if (given(c, "MIME-Version") == NULL)
		buf_adds(out, "MIME-Version: 1.0\n");
	return 0;
}

static int
scan_text(void *ctx, const char *p, size_t n, struct err *e)
{
	struct making *m = ctx;

	scan_feed(&m->scan, p, n);
	return m->scan.eight ? text_facts_feed(&m->facts, p, n, e) : 0;
}

static int
read_text(struct making *m, int fd, struct err *e)
{
	if (held_copy(&m->text, fd, "the text on standard input", e) == -1 || held_each(&m->text, scan_text, m, e) == -1)
		return -1;
	scan_end(&m->scan);
	return 0;
}

/* The shortest encoding that keeps the text: an octet above 127 costs three in quoted-printable, any costs 4/3 in base64. */
static const char *
text_encoding(const struct making *m)
{
	if (!m->scan.eight && !m->scan.nul && !m->scan.bare && m->scan.longest <= LINE_MAX_OCTETS)
		return "7bit";
	return m->scan.nul || m->facts.eight > m->scan.bytes / 6 ? "base64" : "quoted-printable";
}

/* Text in base64 has CRLF inside (RFC 2045 6.8). */
struct b64_text {
	struct eol eol;
	struct b64 b64;
};

static int
b64_text_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct b64_text *t = ctx;

	return eol_to_crlf(&t->eol, p, n, b64_write, &t->b64, e);
}

static int
put_base64_text(struct making *m, struct err *e)
{
	struct b64_text t = { 0 };
	int rc;

	b64_begin(&t.b64, held_write, &m->mail->body);
	rc = held_each(&m->text, b64_text_write, &t, e);
	return b64_end(&t.b64, e) == -1 ? -1 : rc;
}

static int
put_encoded_text(struct making *m, const char *encoding, struct err *e)
{
	struct qp qp;
	int rc;

	if (strcmp(encoding, "base64") == 0)
		return put_base64_text(m, e);
	if (strcmp(encoding, "7bit") == 0)
		return held_each(&m->text, held_write, &m->mail->body, e);
	qp_begin(&qp, held_write, &m->mail->body);
	rc = held_each(&m->text, qp_write, &qp, e);
	return qp_end(&qp, e) == -1 ? -1 : rc;
}

/* The type that -H gives, or plain text. The charset is told where the type does not tell it: without one it is ASCII (RFC 2046 4.1.2). */
static int
put_type(const struct making *m, struct buf *head, const char *type, struct err *e)
{
	const char *charset = !m->scan.eight ? "us-ascii" : m->facts.broken || m->facts.more > 0 ? "unknown-8bit" : "utf-8";
	int rc, told = type != NULL && (strncasecmp(type, "text/", 5) != 0 || strcasestr(type, "charset") != NULL || !m->scan.eight);
	char *value = told ? xstrdup(type) : xasprintf("%s; charset=%s", type != NULL ? type : "text/plain", charset);

	rc = header_field(head, "Content-Type", value, e);
	free(value);
	return rc;
}

static int
put_text(struct making *m, struct buf *head, const char *type, struct err *e)
{
	const char *encoding = text_encoding(m);

	if (put_type(m, head, type, e) == -1)
		return -1;
	buf_printf(head, "Content-Transfer-Encoding: %s\n\n", encoding);
	if (m->boundary[0] != '\0' && held_write(&m->mail->body, head->data, head->len, e) == -1)
		return -1;
	return put_encoded_text(m, encoding, e);
}

/* "=_" is in no encoded body, and nobody guesses the rest. */
static void
make_boundary(struct making *m)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t i;

	m->boundary[0] = '=';
	m->boundary[1] = '_';
	for (i = 2; i < sizeof(m->boundary) - 1; i++)
		m->boundary[i] = letters[arc4random_uniform(sizeof(letters) - 1)];
}

static int
put_parts(struct making *m, const struct compose *c, struct err *e)
{
	struct buf b = { 0 };
	size_t i;
	int rc, eight = 0;

	make_boundary(m);
	buf_printf(&m->mail->head, "Content-Type: multipart/mixed; boundary=\"%s\"\n", m->boundary);
	buf_printf(&b, "--%s\n", m->boundary);
	rc = put_text(m, &b, given(c, "Content-Type"), e);
	for (i = 0; rc == 0 && i < c->attaches; i++)
		rc = attach_file(&m->mail->body, m->boundary, c->attach[i], &eight, e);
	buf_adds(&m->mail->head, eight ? "Content-Transfer-Encoding: 8bit\n\n" : "\n");
	buf_cut(&b, 0);
	buf_printf(&b, "\n--%s--\n", m->boundary);
	if (rc == 0)
		rc = held_write(&m->mail->body, b.data, b.len, e);
	buf_free(&b);
	return rc;
}

int
compose_mail(struct mail *mail, const struct compose *c, int body_fd, struct err *e)
{
	struct making m = { .mail = mail };
	int rc;

	if (put_header(&mail->head, c, e) == -1)
		return -1;
	if ((rc = read_text(&m, body_fd, e)) == 0) {
		if (c->attaches > 0)
			rc = put_parts(&m, c, e);
		else
			rc = put_text(&m, &mail->head, given(c, "Content-Type"), e);
	}
	held_free(&m.text);
	return rc;
}
