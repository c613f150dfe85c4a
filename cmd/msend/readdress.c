/* SPDX-License-Identifier: ISC */
/* readdress.c - RFC 6409 8.1 (incomplete addresses), RFC 5322 3.4 and 3.6.2. A field is written anew only if an address in it
 * changes; one that a DKIM signature stands for never does. */
#include "readdress.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "alias.h"
#include "buf.h"
#include "config.h"
#include "err.h"
#include "header.h"
#include "idn.h"
#include "local.h"
#include "message.h"
#include "rcpt.h"
#include "sender.h"
#include "xalloc.h"

#define SYSTEM_ALIASES "/etc/aliases"

/* The system's file needs no key, and holds for bare names. */
int
readdress_load(struct readdress *r, const struct account *a, int kind, struct err *e)
{
	const char *aliases = account_get(a, KEY_ALIASES), *domain = account_get(a, KEY_DOMAIN);
	int lmtp = kind == ROUTE_SERVER && strncmp(a->url.scheme, "lmtp", 4) == 0, rc = 0;
	char *path;

	r->complete = kind == ROUTE_MX || (kind == ROUTE_SERVER && (!lmtp || domain != NULL));
	r->domain = xstrdup(domain != NULL ? domain : message_hostname());
	r->all_ours = aliases != NULL;
	if (!message_addr_ok(path = xasprintf("x@%s", r->domain)))
		rc = err_set(e, ERR_CONFIG, "domain: \"%s\" is none", r->domain);
	free(path);
	if (rc == -1 || kind == ROUTE_MAILDIR || (aliases == NULL && access(SYSTEM_ALIASES, R_OK) == -1))
		return rc;
	path = config_tilde(aliases != NULL ? aliases : SYSTEM_ALIASES);
	if (strcmp(path, "none") != 0)
		rc = aliases_read(&r->aliases, path, e);
	free(path);
	return rc;
}

void
readdress_free(struct readdress *r)
{
	aliases_free(&r->aliases);
	free(r->domain);
	memset(r, 0, sizeof(*r));
}

char *
readdress_complete(const struct readdress *r, const char *addr)
{
	char *full = strrchr(addr, '@') != NULL ? xstrdup(addr) : xasprintf("%s@%s", addr, r->domain);
	char *ascii = idn_address(full);

	free(full);
	return ascii;
}

/* The name to look up: of a bare address, or of one at this machine; NULL for others. The caller frees. */
static char *
local_name(const struct readdress *r, const char *addr)
{
	const char *at = strrchr(addr, '@');

	if (at == NULL)
		return xstrdup(addr);
	return r->all_ours && local_is_here(at + 1) ? xstrndup(addr, (size_t)(at - addr)) : NULL;
}

/* 1 where there is an alias; "*" catches what is nobody's name, as in dma, "default" all that has no alias, as in msmtp. */
static int
expand(const struct readdress *r, const char *addr, alias_fn *fn, void *ctx, struct err *e)
{
	char *name = r->aliases != NULL ? local_name(r, addr) : NULL;
	int rc = 0;

	if (name != NULL) {
		rc = aliases_expand(r->aliases, name, fn, ctx, e);
		if (rc == 0 && getpwnam(name) == NULL)
			rc = aliases_expand(r->aliases, "*", fn, ctx, e);
		if (rc == 0)
			rc = aliases_expand(r->aliases, "default", fn, ctx, e);
	}
	free(name);
	return rc;
}

struct resolving {
	const struct readdress *how;
	struct rcpts *out;
	const char *addr;	/* whose alias it is */
};

static int
add_target(void *ctx, enum alias_kind kind, const char *target, struct err *e)
{
	struct resolving *s = ctx;
	char *full;

	(void)e;
	if (kind == ALIAS_ADDRESS || kind == ALIAS_USER) {
		full = kind == ALIAS_ADDRESS || s->how->complete ? readdress_complete(s->how, target) : xstrdup(target);
		rcpts_add(s->out, full);
		free(full);
	} else {
		rcpts_add(s->out, s->addr);
		s->out->v[s->out->n - 1].to = xasprintf("%s%s", kind == ALIAS_COMMAND ? "|" : "",
		    kind == ALIAS_NOWHERE ? "" : target);
	}
	return 0;
}

static void
move(struct rcpts *to, struct rcpts *from)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		rcpts_add(to, from->v[i].addr);
		to->v[to->n - 1].to = from->v[i].to;
		from->v[i].to = NULL;
	}
	rcpts_free(from);
}

/* An alias that can't be followed is this recipient's failure: none of its targets gets the message, the other recipients do. */
void
readdress_rcpts(const struct readdress *r, struct rcpts *rcpts)
{
	struct rcpts out = { .dsn = rcpts->dsn }, one = { 0 };
	struct resolving s = { r, &one, NULL };
	size_t i;

	for (i = 0; i < rcpts->n; i++) {
		struct err e = { 0 };
		int rc;

		s.addr = rcpts->v[i].addr;
		if ((rc = expand(r, s.addr, add_target, &s, &e)) == 0)
			add_target(&s, strchr(s.addr, '@') != NULL ? ALIAS_ADDRESS : ALIAS_USER, s.addr, &e);
		if (rc == -1) {
			rcpts_free(&one);
			rcpts_add(&one, s.addr);
		}
		move(&out, &one);
		if (rc == -1)
			rcpt_fail(&out.v[out.n - 1], RCPT_LATER, &e);
	}
	rcpts_free(rcpts);
	*rcpts = out;
}

/* An address field while it is read: what it would be, and whether that is something else. */
struct rewriting {
	const struct readdress *how;
	int follow;		/* aliases */
	struct buf list;
	const char *name;
	int changed, count;
};

static void
put(struct rewriting *w, const char *addr)
{
	if (w->count++ > 0)
		buf_adds(&w->list, ", ");
	if (*w->name != '\0') {
		message_quote_name(&w->list, w->name);
		buf_printf(&w->list, " <%s>", addr);
	} else {
		buf_adds(&w->list, addr);
	}
}

static int
put_target(void *ctx, enum alias_kind kind, const char *target, struct err *e)
{
	struct rewriting *w = ctx;
	char *full;

	(void)e;
	if (kind == ALIAS_ADDRESS) {
		put(w, full = readdress_complete(w->how, target));
		free(full);
	}
	return 0;
}

/* An alias shows where the mail goes, if that is an address; what stays on this machine, or can't be followed, keeps its name. */
static int
rewrite(void *ctx, const char *name, const char *addr, struct err *e)
{
	struct rewriting *w = ctx;
	size_t len = w->list.len;
	int before = w->count;
	struct err bad = { 0 };
	char *full;

	(void)e;
	w->name = name;
	if (w->follow && expand(w->how, addr, put_target, w, &bad) == -1) {
		buf_cut(&w->list, len);
		w->count = before;
	}
	if (w->count == before) {
		full = readdress_complete(w->how, addr);
		w->changed |= strcmp(full, addr) != 0;
		put(w, full);
		free(full);
	} else {
		w->changed = 1;
	}
	return 0;
}

static void
from_sender(struct buf *list, const struct sender *s, const char *name)
{
	if (s->name != NULL)
		name = s->name;
	if (*name != '\0') {
		message_quote_name(list, name);
		buf_printf(list, " <%s>", s->addr);
	} else {
		buf_adds(list, s->addr);
	}
}

static int
first_name(void *ctx, const char *name, const char *addr, struct err *e)
{
	struct buf *first = ctx;

	(void)addr;
	(void)e;
	if (first->len == 0)
		buf_adds(first, name);
	return 0;
}

/* Forced: the account's address, with the name that was there if the account has none. Unreadable: the sender's. */
static int
put_from(const struct sender *s, struct buf *out, const struct field *f, struct err *e)
{
	struct buf list = { 0 }, name = { 0 };
	struct err ignored;
	int rc;

	if (s->forced)
		message_addresses(f->value, f->value_len, first_name, &name, &ignored);
	from_sender(&list, s, buf_str(&name));
	rc = header_field(out, "From", buf_str(&list), e);
	buf_free(&list);
	buf_free(&name);
	return rc;
}

static int
put_addresses(const struct readdress *r, const struct sender *s, struct buf *out, const struct field *f, int follow,
    struct err *e)
{
	struct rewriting w = { .how = r, .follow = follow };
	char *name = xstrndup(f->name, f->name_len);
	struct err why = { 0 };
	int rc = message_addresses(f->value, f->value_len, rewrite, &w, &why);

	if (message_is(f, "From") && (rc == -1 || w.count == 0)) {
		rc = put_from(s, out, f, e);
	} else if (rc == -1 || !w.changed) {
		buf_add(out, f->raw, f->raw_len);
		rc = 0;
	} else {
		rc = header_field(out, name, buf_str(&w.list), e);
	}
	buf_free(&w.list);
	free(name);
	return rc;
}

static int
among(const struct field *f, const char *const *names)
{
	for (; *names != NULL; names++)
		if (message_is(f, *names))
			return 1;
	return 0;
}

int
readdress_header(const struct readdress *r, const struct sender *s, struct buf *out, const char *head, size_t n, struct err *e)
{
	static const char *const to[] = { "To", "Cc", "Resent-To", "Resent-Cc", NULL };
	static const char *const others[] = { "From", "Sender", "Reply-To", "Resent-From", "Resent-Sender", NULL };
	struct buf sign = { 0 };
	struct field f;
	size_t pos = 0;
	int rc = 0, is_signed = message_get(head, n, "DKIM-Signature", &sign);

	buf_free(&sign);
	while (rc == 0 && message_field(head, n, &pos, &f)) {
		if (s->forced && message_is(&f, "From"))
			rc = put_from(s, out, &f, e);
		else if (s->forced && message_is(&f, "Sender"))
			continue;
		else if (!is_signed && (among(&f, to) || among(&f, others)))
			rc = put_addresses(r, s, out, &f, among(&f, to), e);
		else
			buf_add(out, f.raw, f.raw_len);
	}
	return rc;
}
