/* SPDX-License-Identifier: ISC */
/* ls.c - mimap ls: the account's mailboxes (LIST, RFC 3501 section 6.3.8; SPECIAL-USE, RFC 6154), with -l or -j their
 * counts: in one turn with LIST-STATUS (RFC 5819), else by a STATUS each, all in one flight. */
#include "mimap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "imap.h"
#include "role.h"
#include "rows.h"
#include "stream.h"
#include "xalloc.h"

#define FOLDERS_MAX 100000

struct folder {
	char *name;		/* as shown */
	char *wire;
	const char *role;	/* or NULL */
	int selectable, counted, subscribed;
	uint64_t messages, unseen, size;
	int sized;
};

struct ls {
	struct imap *im;
	const char *label;	/* the account's name, or NULL */
	int counts, json;
	int subscribed;		/* only these */
	char **patterns;
	int pattern_count;
	struct folder *folder;
	size_t count, room, at;
};

static int
matches(const struct ls *ls, const char *name)
{
	int i;

	for (i = 0; i < ls->pattern_count; i++) {
		if (mailbox_match(ls->patterns[i], name) || mailbox_same(ls->patterns[i], name))
			return 1;
	}
	return ls->pattern_count == 0;
}

/* * LIST (attributes) "/" name      the delimiter is the name's own: namespaces may differ */
static int
on_list(struct ls *ls, const struct response *r, struct err *e)
{
	const struct value *delimiter = r->args != NULL ? r->args->next : NULL, *name = delimiter != NULL ? delimiter->next : NULL;
	struct mailbox_form form = ls->im->form;
	struct buf shown = { 0 };
	struct folder *f;
	const char *text;
	size_t n;

	if (value_text(delimiter, &text, &n) && n == 1)
		form.delimiter = *text;
	if (name == NULL || name->kind == VALUE_LIST || name->kind == VALUE_STREAMED)
		return err_set(e, ERR_PROTOCOL, "%s lists a mailbox without a name", stream_peer(ls->im->stream));
	if (ls->count == FOLDERS_MAX)
		return err_set(e, ERR_PROTOCOL, "%s lists more than %d mailboxes", stream_peer(ls->im->stream), FOLDERS_MAX);
	mailbox_from_wire(&shown, name->text, name->len, &form);
	if (!matches(ls, buf_str(&shown))) {
		buf_free(&shown);
		return 1;
	}
	if (ls->count == ls->room) {
		ls->room = ls->room > 0 ? ls->room * 2 : 32;
		ls->folder = xreallocarray(ls->folder, ls->room, sizeof(*ls->folder));
	}
	f = &ls->folder[ls->count++];
	*f = (struct folder){ .wire = xstrndup(name->text, name->len), .role = role_of(r->args) };
	f->subscribed = role_attribute(r->args, "\\Subscribed") || (ls->subscribed && caps_has(&ls->im->caps, CAP_LIST_EXTENDED));
	f->selectable = !role_attribute(r->args, "\\Noselect") && !role_attribute(r->args, "\\NonExistent");
	f->name = xstrdup(buf_str(&shown));
	buf_free(&shown);
	return 1;
}

static struct folder *find(struct ls *, const char *, size_t);

/* * LSUB () "/" name      one that does not exist any more is not listed */
static void
on_lsub(struct ls *ls, const struct response *r)
{
	const struct value *name = r->args != NULL && r->args->next != NULL ? r->args->next->next : NULL;
	struct folder *f;
	const char *text;
	size_t n;

	if (value_text(name, &text, &n) && (f = find(ls, text, n)) != NULL)
		f->subscribed = 1;
}

/* STATUS answers mostly come in the order of LIST: the search goes on where it was. */
static struct folder *
find(struct ls *ls, const char *wire, size_t n)
{
	size_t i, k;

	for (i = 0; i < ls->count; i++) {
		k = (ls->at + i) % ls->count;
		if (strlen(ls->folder[k].wire) == n && (memcmp(ls->folder[k].wire, wire, n) == 0
		    || (strcasecmp(ls->folder[k].wire, "INBOX") == 0 && strncasecmp(wire, "INBOX", n) == 0))) {
			ls->at = k + 1;
			return &ls->folder[k];
		}
	}
	return NULL;
}

/* * STATUS name (MESSAGES n UNSEEN n SIZE n) */
static int
on_status(struct ls *ls, const struct response *r)
{
	const struct value *items = r->args != NULL ? r->args->next : NULL;
	struct folder *f;
	const char *text;
	size_t n;

	if (!value_text(r->args, &text, &n) || (f = find(ls, text, n)) == NULL)
		return 0;
	f->counted = value_u64(value_after(items, "MESSAGES"), &f->messages);
	value_u64(value_after(items, "UNSEEN"), &f->unseen);
	f->sized = value_u64(value_after(items, "SIZE"), &f->size);
	return 1;
}

static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct ls *ls = ctx;

	if (response_is(r, "LIST"))
		return on_list(ls, r, e);
	if (response_is(r, "LSUB"))
		on_lsub(ls, r);
	return response_is(r, "STATUS") ? on_status(ls, r) : 0;
}

static const char *
status_items(const struct ls *ls)
{
	return caps_has(&ls->im->caps, CAP_STATUS_SIZE) ? "(MESSAGES UNSEEN SIZE)" : "(MESSAGES UNSEEN)";
}

/* What the server may leave out already: only the letters and digits that one pattern begins with, as they are spelt
 * alike everywhere. */
static void
server_pattern(const struct ls *ls, struct buf *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ ";

	if (ls->pattern_count == 1)
		buf_add(out, ls->patterns[0], strspn(ls->patterns[0], plain));
	buf_addc(out, '*');
}

/* C: LSUB "" "*"      for servers that do not tell with LIST what is subscribed to */
static int
send_lsub(struct ls *ls, struct err *e)
{
	struct command c;
	int r;

	imap_command(ls->im, &c);
	r = command_add(&c, e, "LSUB \"\" \"*\"");
	if (r == 0)
		r = imap_send(ls->im, &c, "list what is subscribed to", e);
	command_free(&c);
	return r;
}

/* " RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE))" */
static void
add_return(const struct ls *ls, struct buf *out)
{
	const struct caps *caps = &ls->im->caps;
	int extended = caps_has(caps, CAP_LIST_EXTENDED), status = ls->counts && caps_has(caps, CAP_LIST_STATUS);

	if (extended && ls->json)
		buf_adds(out, " SUBSCRIBED");
	if (extended && caps_has(caps, CAP_SPECIAL_USE))
		buf_adds(out, " SPECIAL-USE");
	if (status)
		buf_printf(out, " STATUS %s", status_items(ls));
}

/* C: LIST [(SUBSCRIBED)] "" "*" RETURN (SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE)) */
static int
send_list(struct ls *ls, struct err *e)
{
	struct imap *im = ls->im;
	struct buf pattern = { 0 }, more = { 0 };
	struct command c;
	int extended = caps_has(&im->caps, CAP_LIST_EXTENDED), r;

	server_pattern(ls, &pattern);
	add_return(ls, &more);
	imap_command(im, &c);
	r = command_add(&c, e, ls->subscribed && extended ? "LIST (SUBSCRIBED) \"\" %s" : "LIST \"\" %s", buf_str(&pattern));
	if (r == 0 && more.len > 0)
		r = command_add(&c, e, " RETURN (%r)", buf_str(&more) + 1);
	if (r == 0)
		r = imap_send(im, &c, "list its mailboxes", e);
	command_free(&c);
	buf_free(&pattern);
	buf_free(&more);
	return r == 0 && !extended && (ls->subscribed || ls->json) ? send_lsub(ls, e) : r;
}

/* C: STATUS name (MESSAGES UNSEEN)      for each folder, ahead; one that can't be counted (a name with controls in it
 * can't even be sent) shows no counts, and is no failure */
static int
send_status(struct ls *ls, struct err *e)
{
	struct command c;
	struct err refused = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < ls->count && r == 0; i++) {
		if (!ls->folder[i].selectable || (ls->subscribed && !ls->folder[i].subscribed))
			continue;
		imap_command(ls->im, &c);
		if (command_add(&c, &refused, "STATUS %s %r", ls->folder[i].wire, status_items(ls)) == 0)
			r = imap_send(ls->im, &c, "count messages", e);
		command_free(&c);
	}
	if (r == 0 && imap_finish(ls->im, &refused) == -1 && ls->im->broken) {
		*e = refused;
		r = -1;
	}
	return r;
}

static int
by_name(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;
	int inbox = mailbox_same(y->name, "INBOX") - mailbox_same(x->name, "INBOX");

	return inbox != 0 ? inbox : strcmp(x->name, y->name);
}

static void
print_counts(struct rows *rows, const struct folder *f)
{
	if (f->counted) {
		rows_number(rows, f->messages);
		rows_number(rows, f->unseen);
	} else {
		rows_none(rows);
		rows_none(rows);
	}
	if (f->sized)
		rows_size(rows, f->size);
	else
		rows_none(rows);
	if (f->role != NULL)
		rows_text(rows, f->role, strlen(f->role));
	else
		rows_none(rows);
}

static void
print(struct ls *ls)
{
	static const struct column columns[] = {
		{ "messages", 8, 1 }, { "unseen", 8, 1 }, { "size", 8, 1 }, { "role", 9, 0 }, { "name", 0, 0 }
	};
	struct rows rows;
	size_t i;

	if (ls->count > 0)
		qsort(ls->folder, ls->count, sizeof(*ls->folder), by_name);
	rows_begin(&rows, ls->counts ? columns : columns + 4, ls->counts ? 5 : 1, ls->json);
	rows.begun = !ls->counts;	/* a list of names needs no head */
	if (ls->label != NULL)
		rows_fix(&rows, "account", 12, ls->label);
	for (i = 0; i < ls->count; i++) {
		if (ls->subscribed && !ls->folder[i].subscribed)
			continue;
		if (ls->counts)
			print_counts(&rows, &ls->folder[i]);
		rows_text(&rows, ls->folder[i].name, strlen(ls->folder[i].name));
		if (rows_extra(&rows, "subscribed"))
			rows_truth(&rows, ls->folder[i].subscribed);
		rows_end(&rows);
	}
	rows_free(&rows);
}

static int
work(struct ls *ls, struct err *e)
{
	ls->im->handler = (struct imap_handler){ .data = on_data, .ctx = ls };
	if (send_list(ls, e) == -1 || imap_finish(ls->im, e) == -1)
		return -1;
	if (ls->counts && !caps_has(&ls->im->caps, CAP_LIST_STATUS) && send_status(ls, e) == -1)
		return -1;
	print(ls);
	imap_logout(ls->im);
	return 0;
}

int
verb_ls(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct ls ls = { .label = m->label };
	int ch, r;

	while ((ch = getopt(argc, argv, "+:jls")) != -1) {
		if (ch == '?')
			return err_set(e, ERR_USAGE, "ls: there is no option -%c", optopt);
		ls.json |= ch == 'j';
		ls.subscribed |= ch == 's';
		ls.counts |= ch != 's';
	}
	ls.patterns = argv + optind;
	ls.pattern_count = argc - optind;
	r = mimap_open(m, &ls.im, e) == -1 ? -1 : work(&ls, e);
	imap_close(&ls.im);
	while (ls.count > 0) {
		free(ls.folder[--ls.count].name);
		free(ls.folder[ls.count].wire);
	}
	free(ls.folder);
	return r;
}
