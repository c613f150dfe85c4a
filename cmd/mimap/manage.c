/* SPDX-License-Identifier: ISC */
/* manage.c - mimap mkdir, rmdir, rename, subscribe and unsubscribe: mailboxes as such (RFC 3501 sections 6.3.3 to 6.3.7). */
#include "mimap.h"

#include <stdio.h>
#include <unistd.h>

#include "imap.h"
#include "role.h"
#include "stream.h"

/* A command on each of the mailboxes, all in one flight. */
struct each {
	const char *command;	/* "CREATE %m", and what follows: "%r" */
	const char *verb;	/* "make" */
	const char *rest;	/* or NULL */
};

static int
send_one(struct imap *im, const struct each *each, const char *mailbox, struct err *e)
{
	struct command c;
	char what[160];
	int r;

	snprintf(what, sizeof(what), "%s the mailbox %s", each->verb, mailbox);
	imap_command(im, &c);
	r = command_add(&c, e, each->command, mailbox);
	if (r == 0 && each->rest != NULL)
		r = command_add(&c, e, "%r", each->rest);
	if (r == 0)
		r = imap_send(im, &c, what, e);
	command_free(&c);
	return r;
}

static int
send_each(struct imap *im, const struct each *each, char **mailboxes, struct err *e)
{
	char **p;

	for (p = mailboxes; *p != NULL; p++) {
		if (imap_name(im, *p, e) == -1)
			return -1;
	}
	for (p = mailboxes; *p != NULL; p++) {
		if (send_one(im, each, *p, e) == -1)
			return -1;
	}
	return imap_finish(im, e);
}

static int
with_session(struct mimap *m, const struct each *each, char **mailboxes, struct err *e)
{
	struct imap *im = NULL;
	int r;

	if (mimap_open(m, &im, e) == -1)
		return -1;
	r = send_each(im, each, mailboxes, e);
	imap_logout(im);
	imap_close(&im);
	return r;
}

/* No options, and at least one mailbox. */
static int
no_options(int argc, char **argv, struct err *e)
{
	if (getopt(argc, argv, "+:") != -1)
		return err_set(e, ERR_USAGE, "%s: there is no option -%c", argv[0], optopt);
	return optind < argc ? 0 : err_set(e, ERR_USAGE, "%s: which mailbox?", argv[0]);
}

int
verb_subscribe(struct mimap *m, int argc, char **argv, struct err *e)
{
	static const struct each each = { .command = "SUBSCRIBE %m", .verb = "subscribe to" };

	return no_options(argc, argv, e) == -1 ? -1 : with_session(m, &each, argv + optind, e);
}

int
verb_unsubscribe(struct mimap *m, int argc, char **argv, struct err *e)
{
	static const struct each each = { .command = "UNSUBSCRIBE %m", .verb = "unsubscribe from" };

	return no_options(argc, argv, e) == -1 ? -1 : with_session(m, &each, argv + optind, e);
}

/* C: CREATE mailbox (USE (\Trash))      RFC 6154 section 3 */
static int
make(struct imap *im, const char *role, char **mailboxes, struct err *e)
{
	struct each each = { .command = "CREATE %m", .verb = "make" };
	struct buf use = { 0 };
	int r;

	if (role != NULL && !caps_has(&im->caps, CAP_CREATE_SPECIAL_USE))
		return err_set(e, ERR_UNAVAILABLE, "%s gives mailboxes no role on request (CREATE-SPECIAL-USE)", stream_peer(im->stream));
	if (role != NULL) {
		buf_printf(&use, " (USE (%s))", role);
		each.rest = buf_str(&use);
	}
	r = send_each(im, &each, mailboxes, e);
	buf_free(&use);
	return r;
}

int
verb_mkdir(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct imap *im = NULL;
	const char *role = NULL;
	int ch, r;

	while ((ch = getopt(argc, argv, "+:r:")) != -1) {
		if (ch != 'r')
			return err_set(e, ERR_USAGE, ch == ':' ? "mkdir: option -%c needs an argument" : "mkdir: there is no option -%c", optopt);
		if ((role = role_wire(optarg, e)) == NULL)
			return -1;
	}
	if (optind == argc || (role != NULL && argc - optind > 1))
		return err_set(e, ERR_USAGE, optind == argc ? "mkdir: which mailbox?" : "mkdir: one mailbox has the role, not several");
	if (mimap_open(m, &im, e) == -1)
		return -1;
	r = make(im, role, argv + optind, e);
	imap_logout(im);
	imap_close(&im);
	return r;
}

struct count {
	uint64_t messages;
	int known;
};

static int
on_status(void *ctx, const struct response *r, struct err *e)
{
	struct count *count = ctx;

	(void)e;
	if (!response_is(r, "STATUS") || r->args == NULL)
		return 0;
	count->known = value_u64(value_after(r->args->next, "MESSAGES"), &count->messages);
	return 1;
}

/* C: STATUS mailbox (MESSAGES)      DELETE would take the messages with it */
static int
check_empty(struct imap *im, const char *mailbox, struct err *e)
{
	static const struct each each = { .command = "STATUS %m", .verb = "count the messages of", .rest = " (MESSAGES)" };
	struct count count = { .known = 0 };
	int r;

	im->handler = (struct imap_handler){ .data = on_status, .ctx = &count };
	r = send_one(im, &each, mailbox, e);
	if (r == 0)
		r = imap_finish(im, e);
	im->handler = (struct imap_handler){ .data = NULL };
	if (r == 0 && !count.known)
		return err_set(e, ERR_PROTOCOL, "%s does not count the messages of %s", stream_peer(im->stream), mailbox);
	if (r == 0 && count.messages > 0)
		return err_set(e, ERR_UNAVAILABLE, "%s holds %llu message%s; mimap rmdir -f removes it with all of them", mailbox,
		    (unsigned long long)count.messages, count.messages == 1 ? "" : "s");
	return r;
}

static int
unmake(struct imap *im, int force, char **mailboxes, struct err *e)
{
	static const struct each each = { .command = "DELETE %m", .verb = "remove" };
	char **p;

	for (p = mailboxes; *p != NULL && !force; p++) {
		if (imap_name(im, *p, e) == -1 || check_empty(im, *p, e) == -1)
			return -1;
	}
	return send_each(im, &each, mailboxes, e);
}

int
verb_rmdir(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct imap *im = NULL;
	int ch, force = 0, r;

	while ((ch = getopt(argc, argv, "+:f")) != -1) {
		if (ch != 'f')
			return err_set(e, ERR_USAGE, "rmdir: there is no option -%c", optopt);
		force = 1;
	}
	if (optind == argc)
		return err_set(e, ERR_USAGE, "rmdir: which mailbox?");
	if (mimap_open(m, &im, e) == -1)
		return -1;
	r = unmake(im, force, argv + optind, e);
	imap_logout(im);
	imap_close(&im);
	return r;
}

static int
rename_it(struct imap *im, const char *from, const char *to, struct err *e)
{
	struct command c;
	char what[160];
	int r;

	if (imap_name(im, from, e) == -1 || imap_name(im, to, e) == -1)
		return -1;
	snprintf(what, sizeof(what), "rename the mailbox %s", from);
	imap_command(im, &c);
	r = command_add(&c, e, "RENAME %m %m", from, to);
	if (r == 0)
		r = imap_send(im, &c, what, e);
	if (r == 0)
		r = imap_finish(im, e);
	command_free(&c);
	return r;
}

int
verb_rename(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct imap *im = NULL;
	int r;

	if (no_options(argc, argv, e) == -1)
		return -1;
	if (argc - optind != 2)
		return err_set(e, ERR_USAGE, "rename needs a mailbox and its new name");
	if (mimap_open(m, &im, e) == -1)
		return -1;
	r = rename_it(im, argv[optind], argv[optind + 1], e);
	imap_logout(im);
	imap_close(&im);
	return r;
}
