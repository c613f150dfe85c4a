/* SPDX-License-Identifier: ISC */
/* sendmail.c - the options of Postfix's sendmail(1), and those of the first sendmail that programs still give: what means
 * something here is done, what is only tuning is taken and forgotten, what can't be done is refused in clear words.
 * The one rule of its own: what can't be sent now is queued, and that is success. */
#include "sendmail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "account.h"
#include "dsn.h"
#include "err.h"
#include "handover.h"
#include "log.h"
#include "submit.h"
#include "usage.h"
#include "xalloc.h"

/* With : an argument, attached or the next one; with :: only attached. */
#define SENDMAIL_OPTS "A:B:b:C:cd::e:F:f:Gh:IiL:mN:nO:o:p:q::R:r:tUV:vX:x"

static const char usage[] =
    "usage: sendmail [-tiGUv] [-f address] [-F name] [-N events] [-R full | hdrs]\n"
    "                [-V envelope-id] [option ...] [address ...]\n"
    "       sendmail -bp | mailq\n"
    "       sendmail -q[f | Iid]\n"
    "       sendmail -bi | newaliases\n";

const char *
sendmail_name(const char *argv0)
{
	static const char *const names[] = { "sendmail", "mailq", "newaliases" };
	const char *slash = strrchr(argv0, '/'), *base = slash != NULL ? slash + 1 : argv0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(base, names[i]) == 0)
			return names[i];
	return NULL;
}

enum mode { MODE_SEND, MODE_LIST, MODE_RUN, MODE_RETRY, MODE_SERVE, MODE_ALIASES, MODE_NOTHING };

struct face {			/* the command line, as far as it is not the job's */
	struct job *job;
	enum mode mode;
	const char *id;		/* MODE_RETRY */
};

/* -bX */
static int
set_mode(struct face *f, const char *arg, struct err *e)
{
	if (strcmp(arg, "m") == 0)
		f->mode = MODE_SEND;
	else if (strcmp(arg, "p") == 0)
		f->mode = MODE_LIST;
	else if (strcmp(arg, "i") == 0)
		f->mode = MODE_ALIASES;		/* there is no database to make of them, but mistakes to tell */
	else if (strcmp(arg, "h") == 0 || strcmp(arg, "H") == 0)
		f->mode = MODE_NOTHING;		/* there is no host status to show */
	else if (strcmp(arg, "s") == 0)
		f->mode = MODE_SERVE;
	else if (strcmp(arg, "d") == 0 || strcmp(arg, "D") == 0 || strcmp(arg, "l") == 0)
		return err_set(e, ERR_UNAVAILABLE, "-b%s: there is no daemon; `mqueue run` from cron sends what is queued", arg);
	else if (strcmp(arg, "v") == 0 || strcmp(arg, "t") == 0)
		return err_set(e, ERR_UNAVAILABLE, "-b%s: not done here; `msend -n` shows where a message would go", arg);
	else
		return err_set(e, ERR_USAGE, "-b%s: no such mode", arg);
	return 0;
}

/* -q, -qf, -qIid */
static int
set_run(struct face *f, const char *arg, struct err *e)
{
	if (arg == NULL || strcmp(arg, "f") == 0) {
		f->mode = MODE_RUN;
	} else if (*arg == 'I' && arg[1] != '\0') {
		f->mode = MODE_RETRY;
		f->id = arg + 1;
	} else if (*arg >= '0' && *arg <= '9') {
		return err_set(e, ERR_UNAVAILABLE, "-q%s: there is no daemon; run `mqueue run` from cron that often", arg);
	} else {
		return err_set(e, ERR_UNAVAILABLE, "-q%s: not done here; see mqueue(1), retry", arg);
	}
	return 0;
}

/* -odq, -O DeliveryMode=queue: the message is queued and not tried; background and interactive are what happens anyway. */
static void
set_delivery(struct face *f, char how)
{
	f->job->queue_now = how == 'q' || how == 'd';
}

/* -oX[value]: of all the old one-letter options two matter. */
static void
old_option(struct face *f, const char *arg)
{
	if (arg[0] == 'i')
		f->job->dot_ends = 0;
	else if (arg[0] == 'd')
		set_delivery(f, arg[1]);
}

/* -O Name=value: the same two by their long names, and Postfix's way to ask for REQUIRETLS. */
static int
long_option(struct face *f, const char *arg, struct err *e)
{
	if (strcasecmp(arg, "requiretls") == 0)
		return account_option(&f->job->route.account, 'o', "require-tls=on", e);
	if (strncasecmp(arg, "DeliveryMode=", 13) == 0)
		set_delivery(f, arg[13]);
	else if (strncasecmp(arg, "IgnoreDots", 10) == 0)
		f->job->dot_ends = strchr("=fFnN", arg[10]) != NULL && arg[10] != '\0' && strchr("fFnN", arg[11]) != NULL;
	return 0;
}

static int
sender_option(struct job *j, int ch)
{
	if (ch == 'F')
		j->full_name = optarg;
	else
		j->from = optarg;
	return 0;
}

static int
option(struct face *f, int ch, struct err *e)
{
	switch (ch) {
	case 'b':
		return set_mode(f, optarg, e);
	case 'F': case 'f': case 'r':
		return sender_option(f->job, ch);
	case 'I':
		f->mode = MODE_ALIASES;
		return 0;
	case 'i':
		f->job->dot_ends = 0;
		return 0;
	case 'N': case 'R': case 'V':
		return dsn_option(&f->job->rcpts.dsn, ch, optarg, e);
	case 'O':
		return long_option(f, optarg, e);
	case 'o':
		old_option(f, optarg);
		return 0;
	case 'q':
		return set_run(f, optarg, e);
	case 't':
		f->job->from_headers = 1;
		return 0;
	case 'v':
		return account_option(&f->job->route.account, ch, "", e);
	case 'X':
		return *optarg != 'V' ? 0
		    : err_set(e, ERR_UNAVAILABLE, "-XV: an envelope sender for each recipient is not done here");
	default:			/* tuning of another program */
		return 0;
	}
}

/* What mqueue does. Comes back only if it could not be started. */
static int
by_mqueue(const struct face *f, struct err *e)
{
	char mailq[] = "mailq", mqueue[] = "mqueue", run[] = "run", retry[] = "retry", serve[] = "serve";
	char all[] = "-f", end[] = "--";
	char *id = f->id != NULL ? xstrdup(f->id) : NULL;
	char *words[][5] = {
		[MODE_LIST] = { mailq }, [MODE_RUN] = { mqueue, run, all }, [MODE_RETRY] = { mqueue, retry, end, id },
		[MODE_SERVE] = { mqueue, serve },
	};

	handover_exec(words[f->mode], e);
	free(id);
	return -1;
}

static int
as_mailq(char **argv, struct err *e)
{
	char mailq[] = "mailq";

	argv[0] = mailq;
	return handover_exec(argv, e);
}

static int
as_sendmail(struct face *f, int argc, char **argv, struct err *e)
{
	int ch;

	opterr = 0;
	f->job->queue_later = f->job->dot_ends = 1;
	while ((ch = getopt(argc, argv, SENDMAIL_OPTS)) != -1) {
		if (ch == '?')
			return err_set(e, ERR_USAGE, "-%c is no option of sendmail, or lacks its argument", optopt);
		if (option(f, ch, e) == -1)
			return -1;
	}
	if (f->mode == MODE_ALIASES)
		f->job->verb = VERB_ALIASES;
	if (f->mode == MODE_SEND || f->mode == MODE_ALIASES)
		return 1;
	return f->mode == MODE_NOTHING ? 0 : by_mqueue(f, e);
}

int
sendmail_options(struct job *j, const char *name, int argc, char **argv, int *code)
{
	struct face f = { .job = j };
	struct err e = { 0 };
	int rc;

	log_init(name);
	if (argc > 1 && strncmp(argv[1], "--", 2) == 0)		/* -h is another thing here */
		usage_standard(argc, argv, name, usage);
	j->verb = strcmp(name, "newaliases") == 0 ? VERB_ALIASES : VERB_SEND;
	if (j->verb == VERB_ALIASES)
		rc = 1;
	else if (strcmp(name, "mailq") == 0)
		rc = as_mailq(argv, &e);
	else
		rc = as_sendmail(&f, argc, argv, &e);
	if (rc == -1)
		log_err(&e);
	*code = (int)e.class;
	return rc == 1;
}
