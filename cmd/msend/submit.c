/* SPDX-License-Identifier: ISC */
/* submit.c - the order of things: account, recipients, message, then print, send or queue. */
#include "submit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "account.h"
#include "alias.h"
#include "answer.h"
#include "batch.h"
#include "compose.h"
#include "dkim.h"
#include "err.h"
#include "handover.h"
#include "local.h"
#include "log.h"
#include "maillog.h"
#include "message.h"
#include "outgoing.h"
#include "sink.h"
#include "xalloc.h"

void
list_append(struct list *l, const char *text)
{
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = text;
}

static void
warn(const struct err *e)
{
	log_warn("%s", e->text);
}

/* -f chooses the account whose `from` it is, where -a does not. */
static int
choose_account(struct job *j, struct err *e)
{
	struct account *a = &j->route.account;

	if (a->which == NULL && j->from != NULL && strchr(j->from, '@') != NULL && account_find_from(j->from, &a->which, e) == -1)
		return -1;
	if (route_load(&j->route, e) == -1)
		return -1;
	err_clear(e);		/* no configuration is none here */
	if (j->verb == VERB_CHECK)
		return 0;
	if (readdress_load(&j->readdress, a, (int)j->route.kind, e) == -1)
		return -1;
	if (j->readdress.aliases != NULL)
		aliases_check(j->readdress.aliases, j->verb == VERB_ALIASES, warn);
	return j->verb == VERB_ALIASES ? 0 : sender_find(&j->sender, j->from, j->full_name, a, e);
}

static int
add_lists(struct job *j, const char **v, size_t n, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (rcpts_add_list(&j->rcpts, v[i], e) == -1)
			return -1;
	return 0;
}

/* It would look as if somebody got the message. */
static int
no_blind_header(const struct job *j, struct err *e)
{
	size_t i;

	for (i = 0; i < j->header.n; i++)
		if (strncasecmp(j->header.v[i], "Bcc:", 4) == 0)
			return err_set(e, ERR_USAGE, "-H 'Bcc: ...' sends to nobody: use -b, or -t");
	return 0;
}

/* Those of the command line: what is wrong with them is said before stdin is read. */
static int
recipients_given(struct job *j, const char **args, size_t count, struct err *e)
{
	if (add_lists(j, args, count, e) == -1 || add_lists(j, j->cc.v, j->cc.n, e) == -1
	    || add_lists(j, j->bcc.v, j->bcc.n, e) == -1)
		return -1;
	if (!j->from_headers && no_blind_header(j, e) == -1)
		return -1;
	if (j->rcpts.n == 0 && !j->from_headers)
		return err_set(e, ERR_USAGE, "no recipients: give addresses, or -t to take them from the message");
	return 0;
}

static int
recipients_found(struct job *j, struct err *e)
{
	if (j->from_headers && rcpts_add_headers(&j->rcpts, buf_str(&j->mail.head), j->mail.head.len, e) == -1)
		return -1;
	if (j->rcpts.n == 0)
		return err_set(e, ERR_USAGE, "no recipients: the message has none in To, Cc and Bcc");
	readdress_rcpts(&j->readdress, &j->rcpts);
	rcpts_unique(&j->rcpts);
	return 0;
}

static int
compose(struct job *j, const char **args, size_t count, struct err *e)
{
	struct compose c = {
		.subject = j->subject, .to = args, .tos = count, .cc = j->cc.v, .ccs = j->cc.n, .attach = j->attach.v,
		.attaches = j->attach.n, .header = j->header.v, .headers = j->header.n
	};
	char *from = sender_mailbox(&j->sender);
	int rc;

	c.from = from;
	rc = compose_mail(&j->mail, &c, STDIN_FILENO, e);
	free(from);
	return rc;
}

/* The message as it will leave: recipients are read before Bcc goes. */
static int
prepare(struct job *j, const char **args, size_t count, struct err *e)
{
	struct message_from from = { j->sender.name, j->sender.addr };
	struct buf done = { 0 }, ours = { 0 };
	int rc;

	if (recipients_given(j, args, count, e) == -1)
		return -1;
	if (j->composing)
		rc = compose(j, args, count, e);
	else
		rc = mail_read(&j->mail, STDIN_FILENO, "standard input", j->dot_ends, e);
	if (rc == -1)
		return -1;
	if (recipients_found(j, e) == -1)
		return -1;
	rc = readdress_header(&j->readdress, &j->sender, &ours, buf_str(&j->mail.head), j->mail.head.len, e);
	message_complete(&done, buf_str(&ours), ours.len, &from);
	buf_free(&ours);
	buf_free(&j->mail.head);
	j->mail.head = done;
	return rc == -1 ? -1 : mail_scan(&j->mail, e);
}

/* The message as it would leave for a server that takes 8 bits: encoded anew where it must be, and signed. */
static int
as_sent(struct job *j, struct outgoing *out, struct err *e)
{
	const struct offer offer = { .eightbit = 1 };
	struct dkim *dkim = NULL;
	int rc;

	*out = (struct outgoing){ .mail = &j->mail };
	if (j->route.kind != ROUTE_SERVER && j->route.kind != ROUTE_MX)
		return 0;
	if (dkim_load(&dkim, &j->route.account, e) == -1)
		return -1;
	rc = outgoing_make(out, &j->mail, &offer, dkim, e);
	dkim_free(&dkim);
	return rc;
}

static void
print_envelope(const struct job *j)
{
	const struct account *a = &j->route.account;
	size_t i;

	if (j->route.kind == ROUTE_LOCAL)
		printf("via\tlocal delivery\n");
	else
		printf("via\t%s:%s%s\n", a->url.scheme, a->url.host != NULL ? "//" : "",
		    a->url.host != NULL ? a->url.host : a->url.path);
	printf("from\t%s\n", j->sender.envelope);
	for (i = 0; i < j->rcpts.n; i++)
		if (j->rcpts.v[i].state == RCPT_WAITING)
			printf("to\t%s\n", j->rcpts.v[i].to != NULL ? j->rcpts.v[i].to : j->rcpts.v[i].addr);
	putchar('\n');
}

/* -n: the envelope in lines of two fields, an empty line, the message. */
static int
print(struct job *j, struct err *e)
{
	int fd = STDOUT_FILENO, rc = -1;
	struct outgoing out;

	signal(SIGPIPE, SIG_DFL);	/* who reads no further wants no more */
	if (as_sent(j, &out, e) == 0) {
		print_envelope(j);
		rc = fflush(stdout) != 0 ? err_sys(e, ERR_IO, "write standard output") : mail_each(out.mail, sink_fd, &fd, e);
	}
	outgoing_free(&out);
	rcpts_report(&j->rcpts);
	return rc == -1 ? -1 : rcpts_exit(&j->rcpts);
}

static const char *
account_name(const struct job *j)
{
	return j->route.account.name != NULL ? j->route.account.name : j->route.account.which;
}

static int
queue(struct job *j, enum rcpt_state state, struct err *e)
{
	if (j->route.account.option[KEY_DKIM_DOMAIN] != NULL)
		return err_set(e, ERR_USAGE, "-o dkim-domain: a queued message is signed as its account says; put it into the configuration");
	if (j->route.account.option[KEY_REQUIRE_TLS] != NULL)
		return err_set(e, ERR_USAGE, "not queued: the queue would forget require-tls of the command line; put it into the configuration");
	return handover(j->sender.envelope, account_name(j), &j->rcpts, state, &j->mail, j->route.account.verbose, e);
}

/* Queued or not, what will not mend itself (a wrong password, a certificate) must be known. */
static void
warn_why(const struct rcpts *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].state == RCPT_LATER && r->v[i].class != ERR_TEMP && r->v[i].class != ERR_CONFIG) {
			log_warn("queued, since it can't be sent now: %s", r->v[i].text);
			return;
		}
}

static int
deliver(struct job *j, struct err *e)
{
	local_deliver_aliases(j->sender.envelope, &j->rcpts, &j->mail, j->route.account.end);
	if (j->queue_now)
		return queue(j, RCPT_WAITING, e);
	route_send(&j->route, j->sender.envelope, &j->rcpts, &j->mail, 1);
	if (!j->queue_later || rcpts_count(&j->rcpts, RCPT_LATER) == 0)
		return 0;
	warn_why(&j->rcpts);
	return queue(j, RCPT_LATER, e);
}

static int
keep_copy(struct job *j, struct maildir **copy, struct err *e)
{
	struct outgoing out;
	int rc = as_sent(j, &out, e);

	if (rc == 0 && (rc = local_copy(copy, j->copy, out.mail, e)) == -1)
		err_prefix(e, "not sent, since no copy can be kept");
	outgoing_free(&out);
	return rc;
}

static int
send_mail(struct job *j, struct err *e)
{
	struct maildir *copy = NULL;
	int rc, code;

	if (j->copy != NULL && keep_copy(j, &copy, e) == -1)
		return -1;
	rc = deliver(j, e);
	if (rc == -1)
		log_err(e);
	rcpts_report(&j->rcpts);
	code = rcpts_exit(&j->rcpts);
	if (rc == -1 && code == 0)
		code = (int)e->class;
	maillog_write(&j->route, j->sender.envelope, &j->rcpts, j->mail.scan.wire, code);
	if (local_copy_end(&copy, rcpts_count(&j->rcpts, RCPT_OK) > 0, e) == -1) {
		err_prefix(e, "the message was sent, but no copy kept");
		code = code != 0 ? code : log_err(e);
	}
	return code;
}

int
submit_run(struct job *j, const char **args, size_t count, struct err *e)
{
	struct batch_options o = {
		.which = j->route.account.which, .set = j->set.v, .sets = (int)j->set.n, .verbose = j->route.account.verbose
	};
	int code = 0;

	if (j->verb == VERB_BATCH)
		return send_batch(&o, &code, e) == -1 ? -1 : code;
	if (choose_account(j, e) == -1)
		return -1;
	if (j->verb == VERB_CHECK)
		return route_show(&j->route, e);
	if (j->verb == VERB_ALIASES)
		return 0;
	if (prepare(j, args, count, e) == -1)
		return -1;
	return j->print ? print(j, e) : send_mail(j, e);
}

void
submit_free(struct job *j)
{
	route_free(&j->route);
	sender_free(&j->sender);
	readdress_free(&j->readdress);
	rcpts_free(&j->rcpts);
	mail_free(&j->mail);
	free(j->bcc.v);
	free(j->cc.v);
	free(j->attach.v);
	free(j->header.v);
	free(j->set.v);
}
