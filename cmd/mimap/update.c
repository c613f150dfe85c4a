/* SPDX-License-Identifier: ISC */
/* update.c - readers of single responses; see update.h. */
#include "update.h"

#include <string.h>
#include <strings.h>

#include "err.h"
#include "response.h"
#include "value.h"

/* The one atom in (id), or NULL. */
static const char *
only(const struct value *list)
{
	const struct value *v = value_at(list, 0);
	const char *text;
	size_t n;

	return value_text(v, &text, &n) && strlen(text) == n ? text : NULL;
}

/* S: * 12 FETCH (UID 827 FLAGS (\Seen) MODSEQ (917162500)) */
int
update_fetch(const struct response *r, struct update_fetch *f)
{
	const char *text;
	size_t n;

	*f = (struct update_fetch){ .number = r->number };
	if (!response_is(r, "FETCH") || !r->numbered)
		return 0;
	value_u32(value_after(r->args, "UID"), &f->uid);
	value_u64(value_at(value_after(r->args, "MODSEQ"), 0), &f->modseq);
	value_u64(value_after(r->args, "RFC822.SIZE"), &f->size);
	f->flags = value_after(r->args, "FLAGS");
	if (f->flags != NULL && f->flags->kind != VALUE_LIST)
		f->flags = NULL;
	if (value_text(value_after(r->args, "INTERNALDATE"), &text, &n) && strlen(text) == n)
		f->date = text;
	f->email = only(value_after(r->args, "EMAILID"));
	f->thread = only(value_after(r->args, "THREADID"));
	return 1;
}

static void
status_item(struct update_status *s, const struct value *name, const struct value *v)
{
	struct { const char *name; uint64_t *wide; uint32_t *narrow; unsigned int bit; } items[] = {
		{ "MESSAGES", &s->messages, NULL, UPDATE_MESSAGES }, { "UNSEEN", &s->unseen, NULL, UPDATE_UNSEEN },
		{ "RECENT", &s->recent, NULL, UPDATE_RECENT }, { "DELETED", &s->deleted, NULL, UPDATE_DELETED },
		{ "SIZE", &s->size, NULL, UPDATE_SIZE }, { "HIGHESTMODSEQ", &s->highestmodseq, NULL, UPDATE_HIGHESTMODSEQ },
		{ "UIDNEXT", NULL, &s->uidnext, UPDATE_UIDNEXT }, { "UIDVALIDITY", NULL, &s->uidvalidity, UPDATE_UIDVALIDITY },
	};
	size_t i;

	if (value_is(name, "MAILBOXID"))
		s->id = only(v);
	for (i = 0; i < sizeof(items) / sizeof(*items); i++) {
		if (value_is(name, items[i].name)
		    && (items[i].wide != NULL ? value_u64(v, items[i].wide) : value_u32(v, items[i].narrow)))
			s->told |= items[i].bit;
	}
}

/* S: * STATUS Lists (MESSAGES 3 UIDNEXT 9 HIGHESTMODSEQ 7011231777 MAILBOXID (F2212ea87)) */
int
update_status(const struct response *r, struct update_status *s)
{
	const struct value *v;

	*s = (struct update_status){ .wire = "" };
	if (!response_is(r, "STATUS") || r->args == NULL || r->args->text == NULL)
		return 0;
	s->wire = r->args->text;
	s->wire_len = r->args->len;
	for (v = value_at(r->args->next, 0); v != NULL && v->next != NULL; v = v->next->next)
		status_item(s, v, v->next);
	return 1;
}

static int
bad_set(const struct response *r, const char *set, size_t n, struct err *e)
{
	return err_set(e, ERR_PROTOCOL, "%s with \"%.*s\", which is no set of UIDs", r->code != NULL ? r->code : r->name,
	    n > 80 ? 80 : (int)n, set);
}

/* A set without "*": a server knows its UIDs. */
static int
add_set(const struct response *r, struct uidset *out, const char *set, size_t n, struct err *e)
{
	if (memchr(set, '*', n) != NULL || uidset_parse(out, set, n, e) == -1)
		return bad_set(r, set, n, e);
	return 1;
}

/* S: * VANISHED [(EARLIER)] 300:310,405 */
int
update_vanished(const struct response *r, struct uidset *out, int *earlier, struct err *e)
{
	const struct value *v = r->args;

	*earlier = 0;
	if (!response_is(r, "VANISHED"))
		return 0;
	if (v != NULL && v->kind == VALUE_LIST) {
		*earlier = value_is(v->first, "EARLIER");
		v = v->next;
	}
	if (v == NULL || v->kind != VALUE_ATOM)
		return err_set(e, ERR_PROTOCOL, "VANISHED without UIDs");
	return add_set(r, out, v->text, v->len, e);
}

static int
has_code(const struct response *r, const char *code)
{
	return (r->kind == RESPONSE_TAGGED || r->kind == RESPONSE_STATUS) && r->code != NULL && strcasecmp(r->code, code) == 0;
}

/* S: A4 OK [MODIFIED 7,9] some were changed by others */
int
update_modified(const struct response *r, struct uidset *out, struct err *e)
{
	return has_code(r, "MODIFIED") ? add_set(r, out, r->code_args, strlen(r->code_args), e) : 0;
}

/* The validity before the sets; *p moves behind its space. */
static int
read_validity(const struct response *r, const char **p, uint32_t *validity, struct err *e)
{
	size_t n = strcspn(*p, " ");
	struct value v = { .kind = VALUE_ATOM, .text = *p, .len = n };

	if (!value_u32(&v, validity) || (*p)[n] != ' ')
		return err_set(e, ERR_PROTOCOL, "%s without its UIDVALIDITY: \"%.80s\"", r->code, r->code_args);
	*p += n + 1;
	return 0;
}

/* S: A4 OK [APPENDUID 38505 3955:3957] */
int
update_appended(const struct response *r, uint32_t *validity, struct uidset *out, struct err *e)
{
	const char *p = r->code_args;

	if (!has_code(r, "APPENDUID"))
		return 0;
	return read_validity(r, &p, validity, e) == -1 ? -1 : add_set(r, out, p, strlen(p), e);
}

/* One number after the other of a set, in the order in which it is written. */
struct walk {
	const char *p, *end;
	uint64_t at, hi;	/* of the range at hand; at > hi: the next one is due */
};

/* 1 with *uid, 0 at the end, -1: this is no set. */
static int
walk_next(struct walk *w, uint32_t *uid)
{
	struct uidset one = { NULL, 0, 0 };
	struct err ignored;
	size_t n;

	if (w->at > w->hi) {
		if (w->p >= w->end)
			return 0;
		n = strcspn(w->p, ", ");
		if (memchr(w->p, '*', n) != NULL || uidset_parse(&one, w->p, n, &ignored) == -1)
			return -1;
		w->at = one.range[0].lo;
		w->hi = one.range[0].hi;
		uidset_free(&one);
		w->p += w->p + n < w->end ? n + 1 : n;
	}
	*uid = (uint32_t)w->at++;
	return 1;
}

/* S: A4 OK [COPYUID 38505 304,319:320 3956:3958] */
int
update_copied(const struct response *r, uint32_t *validity, uint64_t max, int (*pair)(void *, uint32_t, uint32_t, struct err *),
    void *ctx, struct err *e)
{
	const char *p = r->code_args, *space;
	struct walk from, to;
	uint32_t a = 0, b = 0;
	int more, other;

	if (!has_code(r, "COPYUID"))
		return 0;
	if (read_validity(r, &p, validity, e) == -1)
		return -1;
	space = p + strcspn(p, " ");
	from = (struct walk){ .p = p, .end = space, .at = 1 };
	to = (struct walk){ .p = *space == ' ' ? space + 1 : space, .end = space + strlen(space), .at = 1 };
	while ((more = walk_next(&from, &a)) == (other = walk_next(&to, &b)) && more == 1 && max-- > 0) {
		if (pair(ctx, a, b, e) == -1)
			return -1;
	}
	return more == 0 && other == 0 ? 1 : err_set(e, ERR_PROTOCOL, "COPYUID with sets that do not match: \"%.80s\"", r->code_args);
}
