/* SPDX-License-Identifier: ISC */
/* quota.c - mimap quota: what the mailbox's quota roots allow, and what is used of it (RFC 9208, RFC 2087). */
#include "mimap.h"

#include <string.h>
#include <unistd.h>

#include "imap.h"
#include "rows.h"
#include "stream.h"

#define STORAGE_UNIT 1024

static void
print_amount(struct rows *rows, uint64_t n, int storage)
{
	if (!storage)
		rows_number(rows, n);
	else
		rows_size(rows, n < UINT64_MAX / STORAGE_UNIT ? n * STORAGE_UNIT : UINT64_MAX);
}

/* * QUOTA root (STORAGE 10 512 MESSAGE 5 1000) */
static int
on_data(void *ctx, const struct response *r, struct err *e)
{
	struct rows *rows = ctx;
	const struct value *v;
	const char *root, *name;
	size_t root_len, n;
	uint64_t used, limit;

	(void)e;
	if (!response_is(r, "QUOTA") || !value_text(r->args, &root, &root_len))
		return 0;
	for (v = value_at(r->args->next, 0); v != NULL && v->next != NULL && v->next->next != NULL; v = v->next->next->next) {
		if (!value_text(v, &name, &n) || !value_u64(v->next, &used) || !value_u64(v->next->next, &limit))
			continue;
		print_amount(rows, used, value_is(v, "STORAGE"));
		print_amount(rows, limit, value_is(v, "STORAGE"));
		rows_text(rows, name, n);
		rows_text(rows, root, root_len);
		rows_end(rows);
	}
	return 1;
}

/* C: GETQUOTAROOT mailbox */
static int
work(struct imap *im, const char *mailbox, struct err *e)
{
	struct command c;
	int r;

	if (!caps_has(&im->caps, CAP_QUOTA))
		return err_set(e, ERR_UNAVAILABLE, "%s tells no quotas (QUOTA)", stream_peer(im->stream));
	if (imap_name(im, mailbox, e) == -1)
		return -1;
	imap_command(im, &c);
	r = command_add(&c, e, "GETQUOTAROOT %m", mailbox);
	if (r == 0)
		r = imap_send(im, &c, "tell its quotas", e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	return r;
}

int
verb_quota(struct mimap *m, int argc, char **argv, struct err *e)
{
	static const struct column columns[] = { { "used", 10, 1 }, { "limit", 10, 1 }, { "of", 12, 0 }, { "root", 0, 0 } };
	struct imap *im = NULL;
	struct rows rows;
	int ch, json = 0, r;

	while ((ch = getopt(argc, argv, "+:j")) != -1) {
		if (ch != 'j')
			return err_set(e, ERR_USAGE, "quota: there is no option -%c", optopt);
		json = 1;
	}
	if (optind < argc)
		return err_set(e, ERR_USAGE, "quota: -m says of which mailbox; \"%s\" is one too many", argv[optind]);
	if (mimap_open(m, &im, e) == -1)
		return -1;
	rows_begin(&rows, columns, sizeof(columns) / sizeof(*columns), json);
	if (m->label != NULL)
		rows_fix(&rows, "account", 12, m->label);
	im->handler = (struct imap_handler){ .data = on_data, .ctx = &rows };
	r = work(im, m->mailbox, e);
	rows_free(&rows);
	imap_logout(im);
	imap_close(&im);
	return r;
}
