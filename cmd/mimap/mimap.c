/* SPDX-License-Identifier: ISC */
/* mimap.c - an IMAP4 account at the command line: common options, then a verb, each in a file of its own. */
#include "mimap.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accounts.h"
#include "log.h"
#include "usage.h"
#include "xalloc.h"

static const struct verb {
	const char *name;
	verb_fn *fn;
	int each;		/* 1: works on several accounts, one after the other; 2: by itself */
} verbs[] = {
	{ "ls", verb_ls, 1 },
	{ "search", verb_search, 1 },
	{ "fetch", verb_fetch, 0 },
	{ "flag", verb_flag, 0 },
	{ "cp", verb_cp, 0 },
	{ "mv", verb_mv, 0 },
	{ "rm", verb_rm, 0 },
	{ "put", verb_put, 0 },
	{ "mkdir", verb_mkdir, 0 },
	{ "rmdir", verb_rmdir, 0 },
	{ "rename", verb_rename, 0 },
	{ "subscribe", verb_subscribe, 0 },
	{ "unsubscribe", verb_unsubscribe, 0 },
	{ "sync", verb_sync, 0 },
	{ "watch", verb_watch, 2 },
	{ "quota", verb_quota, 1 },
	{ "raw", verb_raw, 0 },
};

static const char usage[] =
    "usage: mimap [-v] [-a account] ... [-m mailbox] ... [-o key=value] verb ...\n"
    "       ls [-jls] [pattern ...]\n"
    "       search [-jl] [--sort key] [query ...]\n"
    "       fetch [-Hps] [-d maildir | -] [-P part] [uids | -]\n"
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
    "       watch [-1js] [-e command] [-t event,...] [mailbox ...]\n"
    "       sync [-fnp] [--pull | --push] [--exact] [--force] [--remove] [-d maildir]\n"
    "           [pattern ...]\n"
    "       quota [-j]\n"
    "       raw command ...\n";

static int
options(struct mimap *m, struct accounts *accounts, int argc, char **argv, struct err *e)
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
			if (accounts_option(accounts, ch, optarg, e) == -1)
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

/* With several accounts each is worked on, whatever became of those before; what went wrong begins with its name. */
static int
run_each(struct mimap *m, const struct accounts *accounts, const struct verb *v, int argc, char **argv)
{
	struct err e = { 0 };
	size_t i = 0;
	int code = 0, r;

	if (accounts->names.count > 1 && !v->each) {
		err_set(&e, ERR_USAGE, "%s works on one account; -a names %zu", v->name, accounts->names.count);
		return log_err(&e);
	}
	do {
		m->label = accounts->names.count > 1 && v->each == 1 ? accounts->names.name[i] : NULL;
		r = accounts_set(accounts, i, &m->account, &e) == -1 ? -1 : run(m, v, argc, argv, &e);
		if (r == -1 && m->label != NULL)
			err_prefix(&e, "%.100s", m->label);
		if (r == -1 && log_err(&e) > code)
			code = (int)e.class;
		account_free(&m->account);
		m->account = (struct account){ .name = NULL };
		m->loaded = 0;
	} while (v->each == 1 && ++i < accounts->names.count);
	return code;
}

int
main(int argc, char **argv)
{
	struct accounts accounts = { .options = 0 };
	struct mimap m = { .mailbox = "INBOX", .accounts = &accounts };
	struct err e = { 0 };
	const struct verb *v = NULL;
	int code;

	usage_standard(argc, argv, "mimap", usage);
	log_init("mimap");
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		setlocale(LC_CTYPE, "");
	if (options(&m, &accounts, argc, argv, &e) == -1)
		code = e.class == ERR_USAGE ? usage_wrong("mimap", usage, e.text) : log_err(&e);
	else if ((v = find(argv[optind])) == NULL)
		code = usage_wrong("mimap", usage, "there is no such verb");
	else
		code = run_each(&m, &accounts, v, argc - optind, argv + optind);
	accounts_free(&accounts);
	free(m.mailbox_list);
	return code;
}
