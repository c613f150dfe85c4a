/* SPDX-License-Identifier: ISC */
/* role.c - roles, and the mailbox that has one. */
#include "role.h"

#include <string.h>
#include <strings.h>

#include "imap.h"
#include "mailbox.h"

static const struct { const char *attribute, *role; } roles[] = {
	{ "\\Sent", "sent" }, { "\\Drafts", "drafts" }, { "\\Junk", "junk" }, { "\\Trash", "trash" }, { "\\Archive", "archive" },
	{ "\\Flagged", "flagged" }, { "\\All", "all" }, { "\\Important", "important" },
};

#define ROLES (sizeof(roles) / sizeof(*roles))

int
role_attribute(const struct value *attributes, const char *name)
{
	const struct value *v;

	for (v = value_at(attributes, 0); v != NULL && !value_is(v, name); v = v->next)
		;
	return v != NULL;
}

const char *
role_of(const struct value *attributes)
{
	const struct value *v;
	size_t i;

	for (v = value_at(attributes, 0); v != NULL; v = v->next) {
		for (i = 0; i < ROLES; i++) {
			if (value_is(v, roles[i].attribute))
				return roles[i].role;
		}
	}
	return NULL;
}

const char *
role_wire(const char *role, struct err *e)
{
	size_t i;

	for (i = 0; i < ROLES; i++) {
		if (strcasecmp(role, roles[i].role) == 0)
			return roles[i].attribute;
	}
	err_set(e, ERR_USAGE, "\"%s\" is no role: sent, drafts, junk, trash, archive, flagged, all or important", role);
	return NULL;
}

struct lookup {
	struct imap *im;
	const char *role;
	struct buf name;
};

/* * LIST (\Trash \HasNoChildren) "/" name */
static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct lookup *l = ctx;
	const struct value *delimiter = r->args != NULL ? r->args->next : NULL, *name = delimiter != NULL ? delimiter->next : NULL;
	struct mailbox_form form = l->im->form;
	const char *text, *role;
	size_t n;

	(void)e;
	if (!response_is(r, "LIST"))
		return 0;
	role = role_of(r->args);
	if (l->name.len > 0 || role == NULL || strcmp(role, l->role) != 0 || name == NULL || name->text == NULL)
		return 1;
	if (value_text(delimiter, &text, &n) && n == 1)
		form.delimiter = *text;
	if (mailbox_from_wire(&l->name, name->text, name->len, &form) == -1)
		buf_cut(&l->name, 0);
	else if (form.delimiter != l->im->form.delimiter) {
		l->im->form.delimiter = form.delimiter;
		l->im->form_known = 1;
	}
	return 1;
}

/* C: LIST (SPECIAL-USE) "" "*"      servers without SPECIAL-USE may name roles in a plain LIST, RFC 6154 section 2 */
int
role_find(struct imap *im, const char *role, char **name, struct err *e)
{
	struct imap_handler before = im->handler;
	struct lookup l = { .im = im, .role = role };
	struct command c;
	int r;

	im->handler = (struct imap_handler){ .data = on_data, .ctx = &l };
	imap_command(im, &c);
	r = command_add(&c, e, caps_has(&im->caps, CAP_SPECIAL_USE) && caps_has(&im->caps, CAP_LIST_EXTENDED)
	    ? "LIST (SPECIAL-USE) \"\" \"*\"" : "LIST \"\" \"*\"");
	if (r == 0)
		r = imap_send(im, &c, "list its mailboxes", e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	im->handler = before;
	if (r == 0 && l.name.len > 0) {
		*name = buf_steal(&l.name);
		r = 1;
	}
	buf_free(&l.name);
	return r;
}
