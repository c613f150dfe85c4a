/* SPDX-License-Identifier: ISC */
/* msend.c - sends a message: to a server (RFC 6409, 2033) or into a maildir. The command line, for the names it can have. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "err.h"
#include "log.h"
#include "sendmail.h"
#include "submit.h"
#include "usage.h"

static const char usage[] =
    "usage: msend [-nQqtv] [-A file] [-a account] [-b address] [-c address]\n"
    "             [-f address] [-H header] [-o key=value] [-S maildir] [-s subject]\n"
    "             [address ...]\n"
    "       msend -B [-v] [-a account] [-o key=value]\n"
    "       msend -C [-v] [-a account] [-o key=value] [address]\n";

static int
account_opt(struct job *j, int ch, struct err *e)
{
	if (ch == 'o')
		list_append(&j->set, optarg);
	return account_option(&j->route.account, ch, optarg, e);
}

static int
compose_opt(struct job *j, int ch)
{
	j->composing = 1;
	switch (ch) {
	case 'A':
		list_append(&j->attach, optarg);
		break;
	case 'b':
		list_append(&j->bcc, optarg);
		break;
	case 'c':
		list_append(&j->cc, optarg);
		break;
	case 'H':
		list_append(&j->header, optarg);
		break;
	default:
		j->subject = optarg;
		break;
	}
	return 0;
}

static int
option(struct job *j, int ch, struct err *e)
{
	switch (ch) {
	case 'A': case 'b': case 'c': case 'H': case 's':
		return compose_opt(j, ch);
	case 'a': case 'o': case 'v':
		return account_opt(j, ch, e);
	case 'B':
		j->verb = VERB_BATCH;
		break;
	case 'C':
		j->verb = VERB_CHECK;
		break;
	case 'f':
		j->from = optarg;
		break;
	case 'n':
		j->print = 1;
		break;
	case 'Q':
		j->queue_now = 1;
		break;
	case 'q':
		j->queue_later = 1;
		break;
	case 'S':
		j->copy = optarg;
		break;
	default:
		j->from_headers = 1;
		break;
	}
	return 0;
}

/* 0, or the exit code of a command line that is wrong. */
static int
options(struct job *j, int argc, char **argv)
{
	struct err e = { 0 };
	int ch;

	while ((ch = getopt(argc, argv, ACCOUNT_OPTS "A:BCb:c:f:H:nQqS:s:t")) != -1) {
		if (ch == '?')
			return fputs(usage, stderr) < 0 ? ERR_IO : ERR_USAGE;
		if (option(j, ch, &e) == -1)
			return log_err(&e);
	}
	if (j->verb == VERB_CHECK && j->route.account.which == NULL && optind + 1 == argc)
		return account_option(&j->route.account, 'a', argv[optind], &e) == -1 ? log_err(&e) : 0;
	if (j->verb != VERB_SEND && optind < argc)
		return usage_wrong("msend", usage, "-B takes no addresses, -C one in place of -a");
	return 0;
}

int
main(int argc, char **argv)
{
	const char *other = argc > 0 ? sendmail_name(argv[0]) : NULL;
	struct job job = { 0 };
	struct err e = { 0 };
	int code, go;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);	/* who runs us may not care for its children; we do */
	if (other != NULL) {
		go = sendmail_options(&job, other, argc, argv, &code);
	} else {
		log_init("msend");
		usage_standard(argc, argv, "msend", usage);
		go = (code = options(&job, argc, argv)) == 0;
	}
	if (go && (code = submit_run(&job, (const char **)(argv + optind), (size_t)(argc - optind), &e)) == -1)
		code = log_err(&e);
	submit_free(&job);
	return code;
}
