/* SPDX-License-Identifier: ISC */
/* mimap.c - an IMAP4 account at the command line: common options, then a verb, each in a file of its own. */
#include "mimap.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "usage.h"
#include "xalloc.h"

static const struct verb {
	const char *name;
	verb_fn *fn;
} verbs[] = {
	{ "ls", verb_ls },
	{ "search", verb_search },
	{ "fetch", verb_fetch },
	{ "flag", verb_flag },
	{ "cp", verb_cp },
	{ "mv", verb_mv },
	{ "rm", verb_rm },
	{ "put", verb_put },
	{ "mkdir", verb_mkdir },
	{ "rmdir", verb_rmdir },
	{ "rename", verb_rename },
	{ "subscribe", verb_subscribe },
	{ "unsubscribe", verb_unsubscribe },
	{ "sync", verb_sync },
	{ "watch", verb_watch },
	{ "quota", verb_quota },
	{ "raw", verb_raw },
};

static const char usage[] =
    "usage: mimap [-v] [-a account] [-m mailbox] ... [-o key=value] verb ...\n"
    "       ls [-jl] [pattern ...]\n"
    "       search [-jl] [--sort key] [query ...]\n"
    "       fetch [-Hp] [-d maildir | -] [-P part] [uids | -]\n"
    "       flag [-n] +flag | -flag | =flag ... uids | - | query ...\n"
    "       cp [-n] uids | - | query ... mailbox\n"
    "       mv [-n] uids | - | query ... mailbox\n"
    "       rm [-fnt] uids | - | query ...\n"
    "       put [-D date] [-f flags] [file ...]\n"
    "       mkdir [-r role] mailbox ...\n"
    "       rmdir [-f] mailbox ...\n"
    "       rename mailbox name\n"
    "       subscribe mailbox ...\n"
    "       unsubscribe mailbox ...\n"
    "       sync [-fnp] [--pull | --push] [--exact] [--force] [--remove] [-d maildir]\n"
    "           [pattern ...]\n"
    "       watch [-1js] [-e command] [-t event,...] [mailbox ...]\n"
    "       quota [-j]\n"
    "       raw command ...\n";

static int
options(struct mimap *m, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt(argc, argv, "+:" ACCOUNT_OPTS "m:")) != -1) {
		switch (ch) {
		case 'm':
			m->mailbox = optarg;
			m->mailbox_list = xreallocarray(m->mailbox_list, m->mailboxes + 1, sizeof(*m->mailbox_list));
			m->mailbox_list[m->mailboxes++] = optarg;
			break;
		case ':':
			return err_set(e, ERR_USAGE, "option -%c needs an argument", optopt);
		case '?':
			return err_set(e, ERR_USAGE, "there is no option -%c", optopt);
		default:
			if (account_option(&m->account, ch, optarg, e) == -1)
				return -1;
		}
	}
	return optind < argc ? 0 : err_set(e, ERR_USAGE, "which verb?");
}

static const struct verb *
find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}

static int
run(struct mimap *m, const struct verb *v, int argc, char **argv, struct err *e)
{
	int r;

	optind = 1;
	r = v->fn(m, argc, argv, e);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (r == 0)
			r = err_sys(e, ERR_IO, "write standard output");
	}
	return r;
}

int
main(int argc, char **argv)
{
	struct mimap m = { .mailbox = "INBOX" };
	struct err e = { 0 };
	const struct verb *v = NULL;
	int code = 0;

	usage_standard(argc, argv, "mimap", usage);
	log_init("mimap");
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "");
	if (options(&m, argc, argv, &e) == -1)
		code = usage_wrong("mimap", usage, e.text);
	else if ((v = find(argv[optind])) == NULL)
		code = usage_wrong("mimap", usage, "there is no such verb");
	else if (run(&m, v, argc - optind, argv + optind, &e) == -1)
		code = log_err(&e);
	account_free(&m.account);
	free(m.mailbox_list);
	return code;
}
