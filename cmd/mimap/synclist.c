/* SPDX-License-Identifier: ISC */
/* synclist.c - LIST and STATUS (RFC 3501 sections 6.3.8 and 6.3.10), in one turn where the server can. */
#include "synclist.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "imap.h"
#include "mailbox.h"
#include "role.h"
#include "stream.h"
#include "synctree.h"
#include "update.h"
#include "xalloc.h"

#define FOLDERS_MAX 100000

struct listing {
	struct imap *im;
	struct synclist *list;
	char *const *patterns;
	size_t count;
	struct buf items;	/* "(MESSAGES UIDNEXT …)" */
};

static struct synclist_folder *
add(struct synclist *l)
{
	if (l->count == l->room) {
		l->room = l->room > 0 ? l->room * 2 : 64;
		l->folder = xreallocarray(l->folder, l->room, sizeof(*l->folder));
	}
	memset(&l->folder[l->count], 0, sizeof(*l->folder));
	return &l->folder[l->count++];
}

static int
is_selectable(const struct value *attributes)
{
	return !role_attribute(attributes, "\\Noselect") && !role_attribute(attributes, "\\NonExistent");
}

/* * LIST (attributes) "/" name */
static int
on_list(struct listing *g, const struct response *r, struct err *e)
{
	const struct value *delimiter = r->args != NULL ? r->args->next : NULL, *name = delimiter != NULL ? delimiter->next : NULL;
	struct mailbox_form form = g->im->form;
	struct synclist_folder *f;
	struct buf shown = { 0 };
	const char *text;
	size_t n;
	int odd;

	if (value_text(delimiter, &text, &n) && n == 1)
		form.delimiter = *text;
	if (name == NULL || name->kind == VALUE_LIST || name->kind == VALUE_STREAMED)
		return err_set(e, ERR_PROTOCOL, "%s lists a mailbox without a name", stream_peer(g->im->stream));
	if (g->list->count == FOLDERS_MAX)
		return err_set(e, ERR_PROTOCOL, "%s lists more than %d mailboxes", stream_peer(g->im->stream), FOLDERS_MAX);
	if (!g->im->form_known && form.delimiter != '\0') {
		g->im->form.delimiter = form.delimiter;
		g->im->form_known = 1;
	}
	odd = mailbox_from_wire(&shown, name->text, name->len, &form) == -1 || strlen(buf_str(&shown)) != shown.len;
	if (synctree_wanted(g->patterns, g->count, buf_str(&shown))) {
		f = add(g->list);
		f->wire = xstrndup(name->text, name->len);
		f->role = role_of(r->args);
		f->odd = odd;
		f->selectable = !odd && is_selectable(r->args);
		f->name = xstrdup(buf_str(&shown));
	}
	buf_free(&shown);
	return 1;
}

/* STATUS answers mostly come in the order of LIST: the search goes on where it was. */
static struct synclist_folder *
find_wire(struct synclist *l, const char *wire, size_t n)
{
	size_t i, k;

	for (i = 0; i < l->count; i++) {
		k = (l->at + i) % l->count;
		if (strlen(l->folder[k].wire) == n && (memcmp(l->folder[k].wire, wire, n) == 0
		    || (n == 5 && strcasecmp(l->folder[k].wire, "INBOX") == 0 && strncasecmp(wire, "INBOX", n) == 0))) {
			l->at = k + 1;
			return &l->folder[k];
		}
	}
	return NULL;
}

/* * STATUS name (MESSAGES n UIDNEXT n UIDVALIDITY n HIGHESTMODSEQ n) */
static int
on_status(struct listing *g, const struct response *r)
{
	static const unsigned int needed = UPDATE_MESSAGES | UPDATE_UIDNEXT | UPDATE_UIDVALIDITY;
	struct synclist_folder *f;
	struct update_status s;

	if (!update_status(r, &s) || (f = find_wire(g->list, s.wire, s.wire_len)) == NULL)
		return 0;
	f->counted = (s.told & needed) == needed && s.uidvalidity > 0;
	f->numbers = (struct sync_numbers){ s.uidvalidity, s.uidnext, s.highestmodseq, s.messages };
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct listing *g = ctx;

	if (response_is(r, "LIST"))
		return on_list(g, r, e);
	return response_is(r, "STATUS") ? on_status(g, r) : 0;
}

/* C: LIST "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)) */
static int
send_list(struct listing *g, struct err *e)
{
	struct imap *im = g->im;
	struct command c;
	int roles = caps_has(&im->caps, CAP_LIST_EXTENDED) && caps_has(&im->caps, CAP_SPECIAL_USE), r;

	imap_command(im, &c);
	r = command_add(&c, e, "LIST \"\" \"*\"");
	if (r == 0 && caps_has(&im->caps, CAP_LIST_STATUS))
		r = command_add(&c, e, roles ? " RETURN (SPECIAL-USE STATUS %r)" : " RETURN (STATUS %r)", buf_str(&g->items));
	else if (r == 0 && roles)
		r = command_add(&c, e, " RETURN (SPECIAL-USE)");
	if (r == 0)
		r = imap_send(im, &c, "list its mailboxes", e);
	command_free(&c);
	return r;
}

static int
on_refused(void *ctx, unsigned int tag, const struct response *r, struct err *e)
{
	(void)ctx;
	(void)tag;
	(void)r;
	(void)e;
	return 1;
}

/* C: STATUS name (MESSAGES UIDNEXT UIDVALIDITY)      for each that has none yet, ahead; one that can't be counted will be opened,
 * which tells why */
static int
send_status(struct listing *g, struct err *e)
{
	struct command c;
	struct err ignored = { 0 };
	size_t i;
	int r = 0;

	g->im->handler.answer = on_refused;
	for (i = 0; i < g->list->count && r == 0; i++) {
		if (!g->list->folder[i].selectable || g->list->folder[i].counted)
			continue;
		imap_command(g->im, &c);
		if (command_add(&c, &ignored, "STATUS %s %r", g->list->folder[i].wire, buf_str(&g->items)) == 0)
			r = imap_send(g->im, &c, "count messages", e);
		command_free(&c);
		if (r == 0)
			r = imap_poll(g->im, e);
	}
	return r == 0 ? imap_finish(g->im, e) : r;
}

static int
by_name(const void *a, const void *b)
{
	return synctree_order(((const struct synclist_folder *)a)->name, ((const struct synclist_folder *)b)->name);
}

/* A server may list a name twice (two namespaces, a bug): the first one counts. */
static void
put_in_order(struct synclist *l)
{
	size_t i, kept = 0;

	if (l->count == 0)
		return;
	qsort(l->folder, l->count, sizeof(*l->folder), by_name);
	for (i = 1; i < l->count; i++) {
		if (strcmp(l->folder[i].name, l->folder[kept].name) != 0) {
			l->folder[++kept] = l->folder[i];
		} else {
			free(l->folder[i].name);
			free(l->folder[i].wire);
		}
	}
	l->count = kept + 1;
}

int
synclist_get(struct imap *im, struct synclist *list, char *const *patterns, size_t count, struct err *e)
{
	struct listing g = { .im = im, .list = list, .patterns = patterns, .count = count };
	struct imap_handler before = im->handler;
	int r;

	buf_printf(&g.items, "(MESSAGES UIDNEXT UIDVALIDITY%s)", caps_has(&im->caps, CAP_CONDSTORE) ? " HIGHESTMODSEQ" : "");
	im->handler = (struct imap_handler){ .data = on_data, .ctx = &g };
	r = send_list(&g, e);
	if (r == 0)
		r = imap_compress(im, e);
	if (r == 0)
		r = imap_finish(im, e);
	if (r == 0 && !caps_has(&im->caps, CAP_LIST_STATUS))
		r = send_status(&g, e);
	im->handler = before;
	put_in_order(list);
	buf_free(&g.items);
	return r;
}

struct synclist_folder *
synclist_find(const struct synclist *l, const char *name)
{
	struct synclist_folder key = { .name = (char *)(uintptr_t)name };

	return l->count == 0 ? NULL : bsearch(&key, l->folder, l->count, sizeof(*l->folder), by_name);
}

void
synclist_free(struct synclist *l)
{
	while (l->count > 0) {
		free(l->folder[--l->count].name);
		free(l->folder[l->count].wire);
	}
	free(l->folder);
	memset(l, 0, sizeof(*l));
}
