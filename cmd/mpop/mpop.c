/* SPDX-License-Identifier: ISC */
/* mpop.c - fetches mail over POP3, once each, and deletes it on the server when it is safe here. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "accountnames.h"
#include "check.h"
#include "config.h"
#include "deliver.h"
#include "discovery.h"
#include "err.h"
#include "fetch.h"
#include "folder.h"
#include "list.h"
#include "log.h"
#include "logfile.h"
#include "maildir.h"
#include "mda.h"
#include "pop3.h"
#include "sandbox.h"
#include "seen.h"
#include "sessionlog.h"
#include "several.h"
#include "trace.h"
#include "units.h"
#include "usage.h"
#include "xalloc.h"

static const char usage[] =
    "usage: mpop [-CcHjklmNpqRv] [-a account ...] [-F filter] [-f folder] [-K age] [-n count] [-o key=value] [-s size]\n"
    "            [-z max-size] [maildir | mbox:file | -e command | -]\n"
    "       mpop -d [-pR] [-f folder] [-o key=value] [maildir | mbox:file] <message\n";

#define AT_ONCE 16	/* accounts */
#define NOTHING_NEW 1	/* exit status of -cq */

enum action { FETCH, LIST, COUNT, CHECK, MDA };

struct options {
	struct fetch_opts fetch;
	enum action action;
	enum deliver_kind kind;
	char *where;		/* maildir, command or file */
	char *filter, *folder;
	int json, paths, quiet, log;	/* log: opened, or -1 */
	struct trace trace;
	struct account_names accounts;
	int turn;		/* the file whose lock gives the right to write to standard output; -1: nobody else does */
};

static int
number_option(int ch, const char *arg, struct fetch_opts *f, struct err *e)
{
	const char *wrong;
	int64_t n = 0;

	if (ch == 'n') {
		f->count = (uint64_t)strtonum(arg, 1, INT32_MAX, &wrong);
		return wrong == NULL ? 0 : err_set(e, ERR_USAGE, "-n %s: the number is %s", arg, wrong);
	}
	if ((ch == 'K' ? units_span(arg, &n, e) : units_size(arg, &n, e)) == -1)
		return err_prefix(e, "-%c", ch);
	if (ch == 'K') {
		f->keep = 1;
		f->age = n;
		return 0;
	}
	*(ch == 's' ? &f->session_size : &f->max_size) = (uint64_t)n;
	return n > 0 ? 0 : err_set(e, ERR_USAGE, "-%c 0: nothing is that small", ch);
}

static int
option(struct options *o, struct account *a, int ch, const char *arg, struct err *e)
{
	switch (ch) {
	case 'k': o->fetch.keep = 1; return 0;
	case 'm': o->fetch.keep = o->fetch.mark = 1; return 0;
	case 'N': o->fetch.notes = 1; return 0;
	case 'H': o->fetch.keep = o->fetch.headers = 1; return 0;
	case 'l': o->action = LIST; return 0;
	case 'c': o->action = COUNT; return 0;
	case 'C': o->action = CHECK; return 0;
	case 'd': o->action = MDA; return 0;
	case 'R': o->trace.wanted = 1; return 0;
	case 'p': o->paths = 1; return 0;
	case 'q': o->quiet = 1; return 0;
	case 'j': o->json = 1; return 0;
	case 'K': case 'n': case 's': case 'z': return number_option(ch, arg, &o->fetch, e);
	case 'a': return account_names_add(&o->accounts, arg, "pop", e);
	case 'F':
		free(o->filter);
		o->fetch.filter = o->filter = xstrdup(arg);
		return 0;
	case 'f':
		free(o->folder);
		o->folder = xstrdup(arg);
		return 0;
	case 'e':
		o->kind = TO_COMMAND;
		free(o->where);
		o->where = xstrdup(arg);
		return 0;
	case '?': return err_set(e, ERR_USAGE, "no such option, or it lacks its value");
	default: return account_option(a, ch, arg, e);
	}
}

/* What stands behind the options, and what does not go together. */
static int
operands(struct options *o, int argc, char **argv, struct err *e)
{
	if (argc > 1 || (argc == 1 && o->kind == TO_COMMAND))
		return err_set(e, ERR_USAGE, "one target at a time: a maildir, -e command or -");
	if (argc == 1 && strcmp(argv[0], "-") == 0)
		o->kind = TO_STDOUT;
	else if (argc == 1 && strncmp(argv[0], "mbox:", 5) == 0) {
		o->kind = TO_MBOX;
		o->where = config_tilde(argv[0] + 5);
	} else if (argc == 1)
		o->where = xstrdup(argv[0]);
	if (o->action == MDA && o->kind != TO_MAILDIR && o->kind != TO_MBOX)
		return err_set(e, ERR_USAGE, "-d delivers to a maildir or an mbox");
	if (o->folder != NULL && o->kind != TO_MAILDIR)
		return err_set(e, ERR_USAGE, "-f names a folder of a maildir");
	if (o->paths && o->kind != TO_MAILDIR)
		return err_set(e, ERR_USAGE, "-p prints the paths of files: it goes with a maildir");
	if (o->fetch.notes && (o->fetch.max_size == 0 || o->fetch.headers))
		return err_set(e, ERR_USAGE, "-N goes with -z, and without -H");
	if (o->quiet && (o->action != COUNT || o->json || o->accounts.count > 1))
		return err_set(e, ERR_USAGE, "-q goes with -c, of one account, without -j");
	if (o->json && o->action == FETCH)
		return err_set(e, ERR_USAGE, "-j goes with -l or -c");
	return o->where != NULL && *o->where == '\0' ? err_set(e, ERR_USAGE, "the target is empty") : 0;
}

static int
parse(struct options *o, struct account *a, int argc, char **argv, struct err *e)
{
	int ch;

	opterr = 0;
	while ((ch = getopt(argc, argv, ACCOUNT_OPTS "Ccde:F:f:HjK:klmNn:pqRs:z:")) != -1)
		if (option(o, a, ch, optarg, e) == -1)
			return -1;
	return operands(o, argc - optind, argv + optind, e);
}

/* Where nothing is named the account's maildir, and the folder of it that is asked for. */
static int
settle_maildir(struct options *o, const struct account *a, struct err *e)
{
	const char *maildir = account_get(a, KEY_MAILDIR);
	char *root = o->where;
	int r;

	if (root == NULL)
		root = o->where = config_tilde(maildir != NULL ? maildir : "~/Maildir");
	if (o->folder == NULL)
		return 0;
	if (folder_path(root, o->folder, &o->where, e) == -1)
		return -1;
	r = o->action == FETCH || o->action == MDA ? folder_make(root, o->where, e) : 0;
	free(root);
	return r;
}

/* A file's ledger goes by its whole path. */
static char *
mbox_ledger(const struct account *a, const char *file)
{
	char *here = *file == '/' ? NULL : getcwd(NULL, 0);
	char *path = xasprintf("%s%s%s", here != NULL ? here : "", here != NULL ? "/" : "", file);
	char *ledger = seen_path(a, NULL, path);

	free(path);
	free(here);
	return ledger;
}

static char *
ledger_path(const struct options *o, const struct account *a)
{
	switch (o->kind) {
	case TO_MAILDIR: return seen_path(a, o->where, NULL);
	case TO_COMMAND: return seen_path(a, NULL, "command");
	case TO_MBOX: return mbox_ledger(a, o->where);
	default: return seen_path(a, NULL, "stdout");
	}
}

static int
look(const struct options *o, struct account *a, const char *ledger, struct err *e)
{
	struct pop3 p = { 0 };
	struct seen *s = NULL;
	int r;

	p.uids_only = o->action == COUNT && !o->json;
	if (o->action != CHECK && seen_peek(&s, ledger, a, o->fetch.headers, e) == -1)
		return -1;
	r = pop3_open(&p, a, e);
	if (r == 0 && o->action == CHECK)
		r = pop3_show(&p, e);
	else if (r == 0 && o->quiet)
		r = list_none(&p, s, e);
	else if (r == 0)
		r = (o->action == LIST ? list_messages : list_count)(&p, s, o->accounts.count > 1 ? a->which : NULL, o->json, e);
	pop3_close(&p);
	seen_free(&s);
	return r;
}

/* What an earlier run left half done is finished before the server is asked for more. */
static int
recover(struct deliver *d, struct seen *s, struct err *e)
{
	struct maildir *m = deliver_maildir(d);

	if (m == NULL)
		return deliver_resume(d, seen_batch_id(s), e);
	if (seen_recover(s, m, deliver_placed, d, e) == -1)
		return -1;
	maildir_tidy(m);
	return 0;
}

/* Where most is known already, as a rule: then the sizes would be half of what is transferred, and are of no use. */
static int
wants_no_sizes(const struct options *o, const struct seen *s)
{
	return o->fetch.keep && o->fetch.max_size == 0 && o->fetch.session_size == 0 && o->filter == NULL && seen_count(s) > 0;
}

static int
log_in(struct pop3 *p, const struct options *o, const struct seen *s, struct account *a, struct err *e)
{
	p->uids_only = wants_no_sizes(o, s);
	return pop3_open(p, a, e);
}

static int
retrieve(struct options *o, struct account *a, const char *ledger, struct fetch_result *result, struct err *e)
{
	struct deliver_opts to = { .kind = o->kind, .where = o->where, .print_paths = o->paths, .end = a->end, .turn = o->turn,
	    .trace = &o->trace };
	struct deliver *d;
	struct seen *s = NULL;
	struct pop3 p = { 0 };
	struct fetch_opts how = o->fetch;
	char *batch = xasprintf("%s.batch", ledger);
	int r = -1;

	how.end = a->end;
	to.batch = o->kind == TO_MBOX ? batch : NULL;
	trace_account(&o->trace, a);
	if (deliver_open(&d, &to, e) == -1) {
		free(batch);
		return -1;
	}
	if (seen_open(&s, ledger, a, o->fetch.headers, e) == 0 && recover(d, s, e) == 0 && log_in(&p, o, s, a, e) == 0) {
		if (o->kind != TO_COMMAND && o->kind != TO_MBOX && o->filter == NULL)	/* which may do what they like */
			sandbox_delivery(o->kind == TO_MAILDIR ? maildir_path(deliver_maildir(d)) : NULL, ledger);
		r = fetch(&p, d, s, &how, result, e);
	}
	pop3_close(&p);
	deliver_free(&d);
	seen_free(&s);
	free(batch);
	if (fflush(stdout) == EOF && r == 0)
		r = err_sys(e, ERR_IO, "standard output");
	return r;
}

static const char *
target_name(const struct options *o)
{
	return o->kind == TO_STDOUT ? "-" : o->kind == TO_COMMAND ? "command" : o->where;
}

/* An account, loaded. */
static int
work(void *ctx, struct account *a)
{
	struct fetch_result result = { .first = ERR_NONE };
	struct options *o = ctx;
	struct err e;
	char *ledger;
	int r;

	if (o->kind == TO_MAILDIR && settle_maildir(o, a, &e) == -1)
		return log_err(&e);
	if (account_get(a, KEY_LOG) != NULL)
		o->log = logfile_open(account_get(a, KEY_LOG));
	ledger = ledger_path(o, a);
	r = o->action == FETCH ? retrieve(o, a, ledger, &result, &e) : look(o, a, ledger, &e);
	free(ledger);
	if (o->action == FETCH)
		session_log(a, o->log, target_name(o), &result, r == -1 ? &e : NULL, r == -1 ? (int)e.class : (int)result.first);
	if (r == 1)
		return NOTHING_NEW;
	return r == -1 ? log_err(&e) : (int)result.first;
}

/* Lists come one after the other; so does what is asked of a person. */
static int
work_several(struct options *o, const struct account *common)
{
	struct err e;
	FILE *turn = tmpfile();
	struct stat st;
	int code;

	if (turn == NULL || fstat(fileno(turn), &st) == -1) {
		err_sys(&e, ERR_IO, "make a temporary file");
		return log_err(&e);
	}
	o->turn = fileno(turn);
	o->fetch.quiet = 1;
	o->fetch.began = st.st_mtim;	/* by the clock that files go by */
	code = several_run(&o->accounts, common, o->action == FETCH ? AT_ONCE : 1, work, o);
	fclose(turn);
	return code;
}

/* Where the target is named no configuration is needed, and a broken one does no harm. */
static int
deliver_one(struct options *o, struct account *a)
{
	struct deliver_opts to = { .kind = o->kind, .print_paths = o->paths, .turn = -1, .trace = &o->trace };
	struct err e;
	int r = o->where == NULL ? account_load(a, KEY_COUNT, &e) : 0;

	if (r != -1)
		r = o->kind == TO_MAILDIR ? settle_maildir(o, a, &e) : 0;
	to.where = o->where;
	to.end = a->end;
	trace_environment(&o->trace);
	if (r == -1 && e.class != ERR_USAGE)
		e.class = ERR_TEMP;	/* nobody's mail goes back for that */
	return r == -1 || mda(&to, &e) == -1 ? log_err(&e) : 0;
}

static int
work_all(struct options *o, struct account *a)
{
	struct err e;

	if (o->action == MDA && o->accounts.count > 1)
		return usage_wrong("mpop", usage, "-d takes one account");
	if (o->action == MDA && o->accounts.count == 1)
		a->which = xstrdup(o->accounts.name[0]);
	if (o->action == MDA)
		return deliver_one(o, a);
	if (o->accounts.count > 1)
		return work_several(o, a);
	if (o->accounts.count == 1)
		a->which = xstrdup(o->accounts.name[0]);
	return discovery_load(a, KEY_POP, &e) == 0 ? work(o, a) : log_err(&e);
}

int
main(int argc, char **argv)
{
	struct options o = { .fetch.age = -1, .turn = -1, .log = -1 };
	struct account a = { 0 };
	struct err e;
	int code;

	usage_standard(argc, argv, "mpop", usage);
	log_init("mpop");
	signal(SIGPIPE, SIG_IGN);
	if (parse(&o, &a, argc, argv, &e) == 0)
		code = work_all(&o, &a);
	else
		code = e.class == ERR_USAGE ? usage_wrong("mpop", usage, e.text) : log_err(&e);
	free(o.where);
	free(o.filter);
	free(o.folder);
	trace_free(&o.trace);
	account_names_free(&o.accounts);
	account_free(&a);
	return code;
}
