/* SPDX-License-Identifier: ISC */
/* recode.c - a message whose text parts a server could not take, with those parts in quoted-printable (RFC 2045 6.7, 2046 5.1).
 * Two walks over its lines: the first learns what each part holds, the second writes. What is signed or encrypted, and what is not
 * plain text as it stands, stays as it is; header lines are folded. No line is held but for its first 4 KiB. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "header.h"
#include "mail.h"
#include "mime.h"
#include "xalloc.h"

#define DEPTH_MAX 16
#define PARTS_MAX 10000
#define LINE_HELD 4096
#define LINE_MAX_OCTETS 998

enum state { IN_HEADER, IN_BODY, IN_TEXT };	/* text: being encoded */

struct leaf {
	struct scan scan;
	int text;		/* may be encoded anew */
};

struct walk {
	struct mail *copy;	/* NULL in the first walk */
	struct leaf *leaf;
	size_t leaves, at;	/* at: of the second walk */
	int scanning;		/* the last leaf is what comes */
	int cleaned;		/* nothing of 8 bits will be left */
	int top;		/* the message's own header is not yet over */
	int hopeless;
	int folded;		/* a header's lines were too long */
	enum state state;
	struct buf line, head;
	int inside;		/* the line's beginning has been dealt with */
	char *boundary[DEPTH_MAX];
	int depth;
	struct qp qp;
};

static int
out(struct walk *w, const char *p, size_t n, struct err *e)
{
	if (w->copy == NULL)
		return 0;
	if (w->top) {
		buf_add(&w->copy->head, p, n);
		return 0;
	}
	return held_write(&w->copy->body, p, n, e);
}

static int
out_held(void *ctx, const char *p, size_t n, struct err *e)
{
	return out(ctx, p, n, e);
}

/* The value of boundary= in a Content-Type; the caller frees. */
static char *
find_boundary(const char *type)
{
	struct buf found = { 0 };
	const char *p = type;
	int quoted = 0;

	for (; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (!quoted && *p == ';' && strncasecmp(p + 1 + strspn(p + 1, " \t"), "boundary=", 9) == 0)
			break;
	}
	if (*p == '\0')
		return NULL;
	p = strchr(p, '=') + 1;
	if (*p == '"')
		for (p++; *p != '\0' && *p != '"'; p++)
			buf_addc(&found, *p == '\\' && p[1] != '\0' ? *++p : *p);
	else
		buf_add(&found, p, strcspn(p, "; \t"));
	return buf_steal(&found);
}

static int
needs(const struct leaf *l)
{
	return l->text && (l->scan.eight || l->scan.longest > LINE_MAX_OCTETS);
}

/* The header with another transfer encoding, and what that needs. */
static void
encoded_head(struct buf *to, const struct buf *head, const char *encoding, int top, int eight)
{
	int version = 0, type = 0;
	struct field f;
	size_t pos = 0;

	while (message_field(buf_str(head), head->len, &pos, &f)) {
		version |= message_is(&f, "MIME-Version");
		type |= message_is(&f, "Content-Type");
		if (!message_is(&f, "Content-Transfer-Encoding"))
			buf_add(to, f.raw, f.raw_len);
	}
	if (to->len > 0 && to->data[to->len - 1] != '\n')
		buf_addc(to, '\n');
	if (top && !version)
		buf_adds(to, "MIME-Version: 1.0\n");
	if (!type)
		buf_printf(to, "Content-Type: text/plain; charset=%s\n", eight ? "utf-8" : "us-ascii");
	buf_printf(to, "Content-Transfer-Encoding: %s\n\n", encoding);
}

static int
put_head(struct walk *w, const char *encoding, int eight, struct err *e)
{
	struct buf to = { 0 }, folded = { 0 };
	int rc;

	if (encoding != NULL)
		encoded_head(&to, &w->head, encoding, w->top, eight);
	w->folded |= header_fold(&folded, encoding != NULL ? to.data : w->head.data, encoding != NULL ? to.len : w->head.len);
	rc = out(w, buf_str(&folded), folded.len, e);
	buf_free(&to);
	buf_free(&folded);
	return rc;
}

static int
begin_leaf(struct walk *w, int text, struct err *e)
{
	struct leaf *l;
	int rc;

	if (w->copy == NULL) {
		put_head(w, NULL, 0, e);	/* to learn whether it fits */
		w->hopeless |= w->leaves == PARTS_MAX;
		w->leaf = xreallocarray(w->leaf, w->leaves + 1, sizeof(*w->leaf));
		w->leaf[w->leaves++] = (struct leaf){ .text = text };
		w->scanning = 1;
		return 0;
	}
	l = &w->leaf[w->at++];
	rc = put_head(w, needs(l) ? "quoted-printable" : NULL, l->scan.eight, e);
	w->state = needs(l) ? IN_TEXT : IN_BODY;
	w->top = 0;
	if (needs(l))
		qp_begin(&w->qp, out_held, w);
	return rc;
}

static int
begins(const struct buf *text, const char *with)
{
	return strncasecmp(buf_str(text), with, strlen(with)) == 0;
}

/* A header is complete: what follows it? */
static int
begin_entity(struct walk *w, struct err *e)
{
	struct buf type = { 0 }, encoding = { 0 }, sign = { 0 };
	int has_type = message_get(buf_str(&w->head), w->head.len, "Content-Type", &type), rc;
	int told = message_get(buf_str(&w->head), w->head.len, "Content-Transfer-Encoding", &encoding);
	int eight = strcasecmp(buf_str(&encoding), "8bit") == 0;
	int as_is = !told || eight || strcasecmp(buf_str(&encoding), "7bit") == 0;
	int open = as_is && begins(&type, "multipart/") && !begins(&type, "multipart/signed") && !begins(&type, "multipart/encrypted");
	char *boundary = open ? find_boundary(buf_str(&type)) : NULL;

	w->hopeless |= w->top && message_get(buf_str(&w->head), w->head.len, "DKIM-Signature", &sign);
	w->state = IN_BODY;
	if (boundary != NULL && w->depth < DEPTH_MAX) {
		rc = put_head(w, eight && w->cleaned ? "7bit" : NULL, 0, e);
		w->boundary[w->depth++] = boundary;
		boundary = NULL;
	} else if (as_is && begins(&type, "message/rfc822")) {
		rc = put_head(w, eight && w->cleaned ? "7bit" : NULL, 0, e);
		w->state = IN_HEADER;
	} else {
		rc = begin_leaf(w, as_is && (!has_type || begins(&type, "text/")), e);
	}
	w->top = 0;
	buf_cut(&w->head, 0);
	free(boundary);
	buf_free(&type);
	buf_free(&encoding);
	buf_free(&sign);
	return rc;
}

static int
end_leaf(struct walk *w, struct err *e)
{
	if (w->scanning)
		scan_end(&w->leaf[w->leaves - 1].scan);
	w->scanning = 0;
	return w->state == IN_TEXT ? qp_end(&w->qp, e) : 0;
}

/* The level whose boundary a line is, from 0, or -1. *last: it closes that level. */
static int
is_boundary(const struct walk *w, const char *p, size_t n, int *last)
{
	int d;

	if (n < 3 || p[0] != '-' || p[1] != '-')
		return -1;
	for (d = w->depth - 1; d >= 0; d--) {
		size_t len = strlen(w->boundary[d]), rest;

		if (n < len + 2 || memcmp(p + 2, w->boundary[d], len) != 0)
			continue;
		rest = len + 2;
		*last = n >= rest + 2 && p[rest] == '-' && p[rest + 1] == '-';
		for (rest += *last ? 2 : 0; rest < n && strchr(" \t\r\n", p[rest]) != NULL && p[rest] != '\0'; rest++)
			;
		if (rest == n)
			return d;
	}
	return -1;
}

static int
at_boundary(struct walk *w, int level, int last, struct err *e)
{
	if (w->state == IN_HEADER ? out(w, w->head.data, w->head.len, e) == -1 : end_leaf(w, e) == -1)
		return -1;
	buf_cut(&w->head, 0);
	while (w->depth > level + !last)
		free(w->boundary[--w->depth]);
	w->state = last ? IN_BODY : IN_HEADER;
	return out(w, w->line.data, w->line.len, e);
}

static int
in_header(struct walk *w, const char *p, size_t n, struct err *e)
{
	size_t len;

	buf_add(&w->head, p, n);
	if (w->head.len > MESSAGE_HEADER_MAX)
		w->hopeless = 1;
	if (w->inside || p[n - 1] != '\n')
		return 0;
	if (n == 1 || (n == 2 && p[0] == '\r'))
		return begin_entity(w, e);
	w->hopeless |= message_header(buf_str(&w->head), w->head.len, &len);	/* a body that nothing parts from its header */
	return 0;
}

/* A line, or a piece of a long one. */
static int
piece(struct walk *w, const char *p, size_t n, struct err *e)
{
	int level, last = 0;

	if (!w->inside && (level = is_boundary(w, p, n, &last)) != -1)
		return at_boundary(w, level, last, e);
	if (w->state == IN_HEADER)
		return in_header(w, p, n, e);
	if (w->scanning)
		scan_feed(&w->leaf[w->leaves - 1].scan, p, n);
	return w->state == IN_TEXT ? qp_write(&w->qp, p, n, e) : out(w, p, n, e);
}

static int
flush_line(struct walk *w, int ended, struct err *e)
{
	int rc = w->line.len > 0 ? piece(w, w->line.data, w->line.len, e) : 0;

	buf_cut(&w->line, 0);
	w->inside = !ended;
	return rc;
}

static int
walk_on(void *ctx, const char *p, size_t n, struct err *e)
{
	struct walk *w = ctx;
	const char *lf;
	size_t len;

	for (; n > 0 && !w->hopeless; p += len, n -= len) {
		lf = memchr(p, '\n', n);
		len = lf != NULL ? (size_t)(lf - p) + 1 : n;
		buf_add(&w->line, p, len);
		if ((lf != NULL || w->line.len >= LINE_HELD) && flush_line(w, lf != NULL, e) == -1)
			return -1;
	}
	return 0;
}

static int
walk(struct walk *w, const struct mail *m, struct err *e)
{
	int rc;

	w->top = 1;
	w->state = IN_HEADER;
	rc = mail_each(m, walk_on, w, e);
	if (rc == 0)
		rc = flush_line(w, 1, e);
	if (rc == 0)
		rc = w->state == IN_HEADER ? out(w, w->head.data, w->head.len, e) : end_leaf(w, e);
	else if (w->state == IN_TEXT)
		buf_free(&w->qp.out);
	while (w->depth > 0)
		free(w->boundary[--w->depth]);
	buf_free(&w->line);
	buf_free(&w->head);
	w->inside = w->scanning = 0;
	return rc;
}

int
mail_recode(struct mail *copy, const struct mail *m, struct err *e)
{
	struct walk w = { .cleaned = 1 };
	int rc = walk(&w, m, e), any = 0;
	size_t i;

	for (i = 0; i < w.leaves; i++) {
		any |= needs(&w.leaf[i]);
		w.cleaned &= needs(&w.leaf[i]) || !w.leaf[i].scan.eight;
	}
	w.copy = copy;
	if (rc == 0 && (any || w.folded) && !w.hopeless)
		rc = walk(&w, m, e) == -1 || mail_scan(copy, e) == -1 ? -1 : 1;
	if (rc != 1)
		mail_free(copy);
	free(w.leaf);
	return rc;
}
