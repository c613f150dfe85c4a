/* SPDX-License-Identifier: ISC */
/* seek.c - searches as commands and responses. */
#include "seek.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "imap.h"
#include "query.h"
#include "querysend.h"
#include "sortkey.h"
#include "stream.h"
#include "uidset.h"
#include "xalloc.h"

#define SLACK 100000	/* results beyond EXISTS that are believed: messages that came meanwhile */

int
seek_can(const struct imap *im, const struct query *q)
{
	struct query *copy;

	if (im->charset == NULL || query_ascii(q))
		return 1;
	if (*im->charset == '\0' || (copy = query_recode(q, im->charset)) == NULL)
		return 0;
	query_free(&copy);
	return 1;
}

/* " RETURN (ALL)" and the charset, which SORT needs in any case, and SEARCH may not have with UTF8=ACCEPT (RFC 6855 section 3) */
static int
add_options(struct imap *im, struct command *c, const struct seek_opts *o, int ascii, struct err *e)
{
	const char *charset = im->charset != NULL && *im->charset != '\0' ? im->charset : "UTF-8";
	struct buf keys = { 0 };
	int r = 0;

	if (o->sort != NULL) {
		sortkey_wire(o->sort, &keys);
		r = command_add(c, e, "UID SORT (%r) %a", buf_str(&keys), ascii && !im->utf8 ? "US-ASCII" : charset);
		buf_free(&keys);
		return r;
	}
	r = command_add(c, e, "UID SEARCH");
	if (r == 0 && caps_has(&im->caps, CAP_ESEARCH))
		r = command_add(c, e, o->save ? " RETURN (SAVE ALL)" : " RETURN (ALL)");
	if (r == 0 && !ascii && !im->utf8)
		r = command_add(c, e, " CHARSET %a", charset);
	return r;
}

/* C: UID SEARCH RETURN (ALL) CHARSET UTF-8 UID 1:99 SUBJECT {7+} …
 * S: * ESEARCH (TAG "A3") UID ALL 2,5:9 | * SEARCH 2 5 6 7 8 9 */
int
seek_send(struct imap *im, const struct query *q, const struct seek_opts *o, struct err *e)
{
	int ascii = query_ascii(q), recode = !ascii && im->charset != NULL, r;
	struct query *copy = recode ? query_recode(q, im->charset) : NULL;
	struct command c;

	imap_command(im, &c);
	r = add_options(im, &c, o, ascii, e);
	if (r == 0 && o->within != NULL)
		r = command_add(&c, e, " UID %S", o->within);
	if (r == 0)
		r = command_add(&c, e, " ");
	if (r == 0)
		r = querysend(&c, copy != NULL ? copy : q, &im->caps, time(NULL), e);
	if (r == 0)
		r = imap_send(im, &c, "search", e);
	query_free(&copy);
	command_free(&c);
	return r;
}

static int
check_count(const struct imap *im, const struct uidset *found, struct err *e)
{
	if (uidset_size(found) <= (uint64_t)im->mailbox.exists + SLACK)
		return 1;
	return err_set(e, ERR_PROTOCOL, "%s finds more messages than %s holds", stream_peer(im->stream), im->mailbox.name);
}

/* * SEARCH 2 5 9 | * SORT 9 2 5; a number that comes twice counts once */
static int
on_numbers(struct imap *im, const struct response *r, struct uidset *found, struct buf *order, struct err *e)
{
	size_t i;

	for (i = 0; i < r->number_count; i++) {
		if (r->numbers[i] == 0 || (order != NULL && uidset_has(found, r->numbers[i])))
			continue;
		uidset_add(found, r->numbers[i], r->numbers[i]);
		if (order != NULL)
			buf_add(order, &r->numbers[i], sizeof(r->numbers[i]));
	}
	return check_count(im, found, e);
}

/* * ESEARCH (TAG "A3") UID ALL 2,5:9 */
static int
on_esearch(struct imap *im, const struct response *r, struct uidset *found, struct err *e)
{
	const struct value *v;

	for (v = r->args; v != NULL && v->next != NULL; v = v->next) {
		if (!value_is(v, "ALL"))
			continue;
		if (v->next->kind != VALUE_ATOM || uidset_parse(found, v->next->text, v->next->len, e) == -1)
			return err_set(e, ERR_PROTOCOL, "%s sent a search result that is no set", stream_peer(im->stream));
		return check_count(im, found, e);
	}
	return 1;
}

int
seek_data(struct imap *im, const struct response *r, struct uidset *found, struct buf *order, struct err *e)
{
	if (response_is(r, "SEARCH") || response_is(r, "SORT"))
		return on_numbers(im, r, found, order, e);
	return response_is(r, "ESEARCH") ? on_esearch(im, r, found, e) : 0;
}

/* The first of "(US-ASCII ISO-8859-1)" that the query can be written in; "" if none is. */
static char *
choose_charset(const struct query *q, const char *list)
{
	struct query *copy;
	char *name;
	size_t n;

	for (; *list != '\0'; list += n) {
		list += strspn(list, "() \"");
		n = strcspn(list, "() \"");
		name = xstrndup(list, n);
		if (n > 0 && n < 40 && strcasecmp(name, "US-ASCII") != 0 && (copy = query_recode(q, name)) != NULL) {
			query_free(&copy);
			return name;
		}
		free(name);
	}
	return xstrdup("");
}

int
seek_refused(struct imap *im, const struct query *q)
{
	const struct response *r = &im->response;
	int named = r->code != NULL && strcasecmp(r->code, "BADCHARSET") == 0, first = im->charset == NULL;

	if (query_ascii(q) || (r->status == STATUS_NO && r->code != NULL && !named))
		return 0;
	free(im->charset);
	im->charset = first && named && !im->utf8 ? choose_charset(q, r->code_args) : xstrdup("");
	return 1;
}
