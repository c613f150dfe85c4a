/* SPDX-License-Identifier: ISC */
/* dkim.c - what is signed is what leaves: the message goes through the same line ends as on its way out, once, the body as a stream.
 *
 * Each field of the list is signed as often as it is there, and the first ones once more (RFC 6376 8.15): a second From or Subject,
 * or another Content-Type, put in on the way breaks the signature. */
#include "dkim.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "base64.h"
#include "buf.h"
#include "config.h"
#include "dkim_canon.h"
#include "dkim_key.h"
#include "eol.h"
#include "err.h"
#include "mail.h"
#include "message.h"
#include "xalloc.h"

#define KEYS_MAX	4
#define LISTED_MAX	500	/* names in h=; there is no honest message with more */

static const struct {
	const char *name;
	int over;	/* signed once more than it is there */
} listed[] = {
	{ "from", 1 }, { "to", 1 }, { "cc", 1 }, { "reply-to", 1 }, { "subject", 1 }, { "date", 1 }, { "message-id", 1 }, { "mime-version", 1 },
	{ "content-type", 1 }, { "content-transfer-encoding", 1 }, { "sender", 0 }, { "in-reply-to", 0 }, { "references", 0 },
	{ "resent-from", 0 }, { "resent-to", 0 }, { "resent-cc", 0 }, { "resent-date", 0 }, { "resent-message-id", 0 }, { "list-id", 0 },
	{ "list-unsubscribe", 0 }, { "list-unsubscribe-post", 0 },
};

struct dkim {
	char *domain;
	size_t n;
	struct {
		char *selector;
		struct dkim_key *key;
	} by[KEYS_MAX];
};

/* A name for the DNS: what else stands in it could be taken for another tag. */
static int
check_name(const char *key, const char *name, struct err *e)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

	if (*name != '\0' && strlen(name) <= 253 && name[strspn(name, fit)] == '\0')
		return 0;
	return err_set(e, ERR_CONFIG, "%s: \"%s\" is no name in the DNS: letters, digits, - and . (xn--... for others)", key, name);
}

static int
add_key(struct dkim *d, const char *selector, const char *file, struct err *e)
{
	char *path;
	int rc;

	if (d->n == KEYS_MAX)
		return err_set(e, ERR_CONFIG, "dkim-selector: more than %d", KEYS_MAX);
	if (check_name("dkim-selector", selector, e) == -1)
		return -1;
	path = config_tilde(file);
	rc = dkim_key_read(&d->by[d->n].key, path, e);
	free(path);
	if (rc == -1)
		return err_prefix(e, "not sent, since it can't be signed: dkim-key");
	d->by[d->n++].selector = xstrdup(selector);
	return 0;
}

/* One selector: the key's name may hold blanks. Several: as many keys, in the same order. */
static int
add_keys(struct dkim *d, const char *selectors, const char *files, struct err *e)
{
	char *names = xstrdup(selectors), *paths = xstrdup(files), *names_at = names, *paths_at = paths, *name, *path;
	int rc = 0;

	if (strpbrk(names, " \t") == NULL) {
		rc = add_key(d, names, paths, e);
		names_at = paths_at = NULL;
	}
	while (rc == 0 && (names_at != NULL || paths_at != NULL)) {
		while ((name = strsep(&names_at, " \t")) != NULL && *name == '\0')
			;
		while ((path = strsep(&paths_at, " \t")) != NULL && *path == '\0')
			;
		if (name != NULL && path != NULL)
			rc = add_key(d, name, path, e);
		else if (name != path)
			rc = err_set(e, ERR_CONFIG, "dkim-selector and dkim-key: each selector has one key, in the same order");
	}
	free(names);
	free(paths);
	return rc;
}

int
dkim_load(struct dkim **out, const struct account *a, struct err *e)
{
	const char *domain = account_get(a, KEY_DKIM_DOMAIN), *selectors = account_get(a, KEY_DKIM_SELECTOR);
	const char *files = account_get(a, KEY_DKIM_KEY);
	struct dkim *d;

	*out = NULL;
	if (domain == NULL && selectors == NULL && files == NULL)
		return 0;
	if (domain == NULL || selectors == NULL || files == NULL)
		return err_set(e, ERR_CONFIG, "dkim-domain, dkim-selector and dkim-key are used together: there is no dkim-%s",
		    domain == NULL ? "domain" : selectors == NULL ? "selector" : "key");
	d = xcalloc(1, sizeof(*d));
	if (check_name("dkim-domain", domain, e) == -1 || add_keys(d, selectors, files, e) == -1) {
		dkim_free(&d);
		return -1;
	}
	d->domain = xstrdup(domain);
	*out = d;
	return 0;
}

void
dkim_free(struct dkim **dp)
{
	struct dkim *d = *dp;
	size_t i;

	for (i = 0; d != NULL && i < KEYS_MAX; i++) {
		free(d->by[i].selector);
		dkim_key_free(&d->by[i].key);
	}
	if (d != NULL)
		free(d->domain);
	free(d);
	*dp = NULL;
}

/* A message on its way out: its header is kept, its body digested. */
struct reading {
	struct eol eol;
	struct buf head;
	int inside;		/* the body is reached */
	struct dkim_body body;
};

static size_t
header_end(const struct buf *head, size_t from)
{
	const char *end;

	if (head->len >= 2 && memcmp(head->data, "\r\n", 2) == 0)
		return 2;
	end = memmem(buf_str(head) + from, head->len - from, "\r\n\r\n", 4);
	return end == NULL ? 0 : (size_t)(end - head->data) + 4;
}

static int
read_wire(void *ctx, const char *p, size_t n, struct err *e)
{
	struct reading *r = ctx;
	size_t before = r->head.len, end;

	if (r->inside)
		return dkim_body_write(&r->body, p, n, e);
	buf_add(&r->head, p, n);
	if ((end = header_end(&r->head, before < 3 ? 0 : before - 3)) > 0) {
		r->inside = 1;
		buf_cut(&r->head, end);
		return dkim_body_write(&r->body, p + (end - before), n - (end - before), e);
	}
	if (r->head.len > 2 * MESSAGE_HEADER_MAX)
		return err_set(e, ERR_DATA, "the message can't be signed: its header is longer than %d octets", MESSAGE_HEADER_MAX);
	return 0;
}

static int
read_disk(void *ctx, const char *p, size_t n, struct err *e)
{
	struct reading *r = ctx;

	return eol_to_crlf(&r->eol, p, n, read_wire, r, e);
}

static int
read_mail(struct reading *r, const struct mail *m, unsigned char digest[SHA256_OCTETS], struct err *e)
{
	struct sha256 *sum = sha256_new();
	int rc;

	dkim_body_begin(&r->body, sha256_write, sum);
	rc = mail_each(m, read_disk, r, e) == -1 || eol_to_crlf_end(&r->eol, read_wire, r, e) == -1 ||
	    dkim_body_end(&r->body, e) == -1 || sha256_end(sum, digest, e) == -1 ? -1 : 0;
	sha256_free(&sum);
	return rc;
}

static size_t
count_fields(const struct buf *head, const char *name)
{
	struct field f;
	size_t pos = 0, n = 0;

	while (message_field(buf_str(head), head->len, &pos, &f))
		n += message_is(&f, name) != 0;
	return n;
}

static int
list_fields(struct buf *list, const struct buf *head, struct err *e)
{
	size_t i, n, all = 0;

	for (i = 0; i < sizeof(listed) / sizeof(*listed); i++) {
		n = count_fields(head, listed[i].name) + (listed[i].over ? 1 : 0);
		if ((all += n) > LISTED_MAX)
			return err_set(e, ERR_DATA, "the message can't be signed: its header repeats %s too often", listed[i].name);
		for (; n > 0; n--)
			buf_printf(list, "%s%s", list->len > 0 ? ":" : "", listed[i].name);
	}
	return 0;
}

/* In lines of at most 76 octets: after a colon of the list, or in the middle of base64, where white space does not count. */
static void
add_folded(struct buf *out, const char *text, const char *after)
{
	size_t column = 4, len;

	for (; *text != '\0'; text += len) {
		len = after != NULL ? strcspn(text, after) + 1 : 68;
		len = strnlen(text, len);
		if (column > 4 && column + len > 76) {
			buf_adds(out, "\n\t");
			column = 1;
		}
		buf_add(out, text, len);
		column += len;
	}
}

/* The field but for its signature, which is made over all the fields listed and this one as it stands (3.7). */
static int
add_signature(struct buf *out, const struct dkim *d, size_t by, const struct buf *head, const char *list, const char *hash, struct err *e)
{
	static const char name[] = "DKIM-Signature";
	struct buf field = { 0 }, text = { 0 }, octets = { 0 }, signature = { 0 };
	int rc;

	buf_printf(&field, " v=1; a=%s; c=relaxed/relaxed;\n\td=%s; s=%s; t=%lld;\n\tbh=%s;\n\th=", dkim_key_algorithm(d->by[by].key),
	    d->domain, d->by[by].selector, (long long)time(NULL), hash);
	add_folded(&field, list, ":");
	buf_adds(&field, ";\n\tb=");
	dkim_relax_listed(&text, buf_str(head), head->len, list);
	dkim_relax_field(&text, name, strlen(name), field.data, field.len);
	if ((rc = dkim_key_sign(d->by[by].key, &text, &octets, e)) == 0) {
		base64_encode(&signature, octets.data, octets.len);
		add_folded(&field, buf_str(&signature), NULL);
		buf_printf(out, "%s:%s\n", name, field.data);
	}
	buf_free(&field);
	buf_free(&text);
	buf_free(&octets);
	buf_free(&signature);
	return rc;
}

static void
scan_signed(struct mail *m, const struct mail *unsigned_mail)
{
	struct scan top = { 0 };

	scan_feed(&top, m->head.data, m->head.len);
	scan_end(&top);
	m->scan = unsigned_mail->scan;
	m->scan.bytes += top.bytes;
	m->scan.wire += top.wire;
	m->scan.longest = top.longest > m->scan.longest ? top.longest : m->scan.longest;
}

int
dkim_sign(const struct dkim *d, struct mail *signed_mail, const struct mail *mail, struct err *e)
{
	struct reading r = { 0 };
	struct buf list = { 0 }, hash = { 0 };
	unsigned char digest[SHA256_OCTETS];
	struct mail out = { .body = mail->body };	/* borrowed */
	size_t i;
	int rc;

	rc = read_mail(&r, mail, digest, e) == -1 || list_fields(&list, &r.head, e) == -1 ? -1 : 0;
	if (rc == 0)
		base64_encode(&hash, digest, sizeof(digest));
	for (i = 0; rc == 0 && i < d->n; i++)
		rc = add_signature(&out.head, d, i, &r.head, buf_str(&list), buf_str(&hash), e);
	buf_free(&r.head);
	buf_free(&list);
	buf_free(&hash);
	if (rc == -1) {
		buf_free(&out.head);
		return -1;
	}
	scan_signed(&out, mail);
	buf_add(&out.head, mail->head.data, mail->head.len);
	*signed_mail = out;
	return 0;
}

void
dkim_release(struct mail *signed_mail)
{
	buf_free(&signed_mail->head);
	memset(signed_mail, 0, sizeof(*signed_mail));
}
