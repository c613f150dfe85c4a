/* SPDX-License-Identifier: ISC */
/* recode.c - a message whose parts a server could not take, text in quoted-printable, octets in base64 (RFC 2045 6.7, 6.8, 2046 5.1);
 * and as one takes it that has BINARYMIME.
 * Two walks over its lines: the first learns what each part holds, the second writes. What is signed or encrypted, and what is not
 * plain text as it stands, stays as it is; header lines are folded. No line is held but for its first 4 KiB. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "header.h"
#include "mail.h"
#include "mime.h"
#include "mimehead.h"
#include "xalloc.h"

#define DEPTH_MAX 16
#define PARTS_MAX 10000
#define LINE_HELD 4096
#define LINE_MAX_OCTETS 998

enum state { IN_HEADER, IN_BODY, IN_TEXT, IN_OCTETS };	/* text: being encoded; octets: of a binary part */

struct leaf {
	struct scan scan;
	int text;		/* may be encoded anew */
	int binary;
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
	int exact;		/* octets stay; all lines but theirs get CRLF */
	struct b64 b64;
	struct buf tail;	/* a line end that is of the octets, or of the boundary behind them */
	struct eol eol;
};

static int
store(void *ctx, const char *p, size_t n, struct err *e)
{
	struct walk *w = ctx;

	if (w->top) {
		buf_add(&w->copy->head, p, n);
		return 0;
	}
	return held_write(&w->copy->body, p, n, e);
}

static int
out(struct walk *w, const char *p, size_t n, struct err *e)
{
	if (w->copy == NULL)
		return 0;
	return w->exact ? eol_to_crlf(&w->eol, p, n, store, w, e) : store(w, p, n, e);
}

static int
out_held(void *ctx, const char *p, size_t n, struct err *e)
{
	return out(ctx, p, n, e);
}

static int
needs(const struct leaf *l)
{
	return l->text && (l->scan.eight || l->scan.longest > LINE_MAX_OCTETS);
}

static int
put_head(struct walk *w, const char *encoding, int eight, struct err *e)
{
	struct buf to = { 0 }, folded = { 0 };
	int rc;

	if (encoding != NULL)
		mimehead_encoded(&to, &w->head, encoding, w->top, eight);
	w->folded |= header_fold(&folded, encoding != NULL ? to.data : w->head.data, encoding != NULL ? to.len : w->head.len);
	rc = out(w, buf_str(&folded), folded.len, e);
	buf_free(&to);
	buf_free(&folded);
	return rc;
}

/* Octets of a binary part. */
static int
content(struct walk *w, const char *p, size_t n, struct err *e)
{
	return w->exact ? store(w, p, n, e) : b64_write(&w->b64, p, n, e);
}

/* The line end before a boundary belongs to that (RFC 2046 5.1.1). */
static int
octets(struct walk *w, const char *p, size_t n, struct err *e)
{
	const char *end;
	size_t keep;

	buf_add(&w->tail, p, n);
	end = w->tail.data + w->tail.len;
	keep = end[-1] == '\n' && w->tail.len > 1 && end[-2] == '\r' ? 2 : end[-1] == '\n' || end[-1] == '\r';
	if (content(w, w->tail.data, w->tail.len - keep, e) == -1)
		return -1;
	buf_drop(&w->tail, w->tail.len - keep);
	return 0;
}

static int
end_octets(struct walk *w, int boundary, struct err *e)
{
	int rc = boundary ? 0 : content(w, buf_str(&w->tail), w->tail.len, e), line = boundary && w->tail.len > 0;

	w->state = IN_BODY;
	buf_free(&w->tail);
	if (!w->exact)
		return b64_end(&w->b64, e) == -1 ? -1 : rc;
	return rc == 0 && line ? out(w, "\n", 1, e) : rc;
}

static int
begin_octets(struct walk *w, int eight, struct err *e)
{
	int rc = put_head(w, w->exact ? NULL : "base64", eight, e);

	w->state = IN_OCTETS;
	w->top = 0;
	w->eol = (struct eol){ 0 };
	b64_begin(&w->b64, out_held, w);
	return rc;
}

static int
begin_leaf(struct walk *w, int text, int binary, struct err *e)
{
	struct leaf *l;
	int rc;

	if (w->copy == NULL) {
		put_head(w, NULL, 0, e);	/* to learn whether it fits */
		w->hopeless |= w->leaves == PARTS_MAX;
		w->leaf = xreallocarray(w->leaf, w->leaves + 1, sizeof(*w->leaf));
		w->leaf[w->leaves++] = (struct leaf){ .text = text && !w->exact, .binary = binary };
		w->scanning = 1;
		return 0;
	}
	l = &w->leaf[w->at++];
	if (l->binary)
		return begin_octets(w, l->scan.eight, e);
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

/* What a part that holds others is said to hold: NULL for what it says itself. */
static const char *
container(const struct walk *w, int eight, int binary)
{
	if (w->exact || (!eight && !binary))
		return NULL;
	return w->cleaned ? "7bit" : binary ? "8bit" : NULL;
}

/* A header is complete: what follows it? */
static int
begin_entity(struct walk *w, struct err *e)
{
	struct buf type = { 0 }, encoding = { 0 }, sign = { 0 };
	int has_type = message_get(buf_str(&w->head), w->head.len, "Content-Type", &type), rc;
	int told = message_get(buf_str(&w->head), w->head.len, "Content-Transfer-Encoding", &encoding);
	int eight = strcasecmp(buf_str(&encoding), "8bit") == 0;
	int binary = strcasecmp(buf_str(&encoding), "binary") == 0;
	int as_is = !told || eight || binary || strcasecmp(buf_str(&encoding), "7bit") == 0;
	int open = as_is && begins(&type, "multipart/") && !begins(&type, "multipart/signed") && !begins(&type, "multipart/encrypted");
	char *boundary = open ? mimehead_boundary(buf_str(&type)) : NULL;

	w->hopeless |= w->top && message_get(buf_str(&w->head), w->head.len, "DKIM-Signature", &sign);
	w->state = IN_BODY;
	if (boundary != NULL && w->depth < DEPTH_MAX) {
		rc = put_head(w, container(w, eight, binary), 0, e);
		w->boundary[w->depth++] = boundary;
		boundary = NULL;
	} else if (as_is && begins(&type, "message/rfc822")) {
		rc = put_head(w, container(w, eight, binary), 0, e);
		w->state = IN_HEADER;
	} else {
		binary = binary && !begins(&type, "multipart/") && !begins(&type, "message/");
		rc = begin_leaf(w, as_is && !binary && (!has_type || begins(&type, "text/")), binary, e);
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
end_leaf(struct walk *w, int boundary, struct err *e)
{
	if (w->scanning)
		scan_end(&w->leaf[w->leaves - 1].scan);
	w->scanning = 0;
	if (w->state == IN_OCTETS)
		return end_octets(w, boundary, e);
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
	if (w->state == IN_HEADER ? out(w, w->head.data, w->head.len, e) == -1 : end_leaf(w, 1, e) == -1)
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
	if (w->state == IN_OCTETS)
		return octets(w, p, n, e);
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
		rc = w->state == IN_HEADER ? out(w, w->head.data, w->head.len, e) : end_leaf(w, 0, e);
	else if (w->state == IN_TEXT)
		buf_free(&w->qp.out);
	else if (w->state == IN_OCTETS)
		buf_free(&w->b64.out);
	buf_free(&w->tail);
	while (w->depth > 0)
		free(w->boundary[--w->depth]);
	buf_free(&w->line);
	buf_free(&w->head);
	w->inside = w->scanning = 0;
	return rc;
}

static int
make(struct mail *copy, const struct mail *m, int exact, struct err *e)
{
	struct walk w = { .cleaned = 1, .exact = exact };
	int rc = walk(&w, m, e), any = 0;
	size_t i;

	for (i = 0; i < w.leaves; i++) {
		any |= w.leaf[i].binary || needs(&w.leaf[i]);
		w.cleaned &= w.leaf[i].binary || needs(&w.leaf[i]) || !w.leaf[i].scan.eight;
	}
	w.copy = copy;
	w.folded = w.folded && !exact;
	if (rc == 0 && (any || w.folded) && !w.hopeless)
		rc = walk(&w, m, e) == -1 || mail_scan(copy, e) == -1 ? -1 : 1;
	if (rc != 1)
		mail_free(copy);
	free(w.leaf);
	return rc;
}

int
mail_recode(struct mail *copy, const struct mail *m, struct err *e)
{
	return make(copy, m, 0, e);
}

int
mail_exact(struct mail *copy, const struct mail *m, struct err *e)
{
	int rc = make(copy, m, 1, e);

	copy->raw = rc == 1;
	copy->scan.wire = copy->scan.bytes;
	return rc;
}
