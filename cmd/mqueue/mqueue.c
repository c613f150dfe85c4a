/* SPDX-License-Identifier: ISC */
/* mqueue.c - keeps messages until they can be sent, and hands them to msend. The command line; the verbs are in files of
 * their own. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "mqueue.h"
#include "usage.h"

#define SETS_MAX 32
#define COMMON "q:o:v"
#define WHICH "A:r:s:"

static const char usage[] =
    "usage: mqueue [-v] [-o key=value] [-q dir] command ...\n"
    "       mqueue add [-mt] [-a account] [-f from] [-N notify] [-R ret] [-V envid]\n"
    "                  [address ...]\n"
    "       mqueue ls [-jl] [-A age] [-r recipient] [-s sender] [id ...]\n"
    "       mqueue run [-f]\n"
    "       mqueue watch\n"
    "       mqueue serve [-T]\n"
    "       mqueue show id\n"
    "       mqueue rm | expire | hold | release [-A age] [-r recipient] [-s sender]\n"
    "                  [id ...]\n"
    "       mqueue retry [-A age] [-r recipient] [-s sender] [id ... | address ...]\n"
    "       mailq [-jlv] [-o key=value] [-q dir]\n";

static const struct verb {
	const char *name, *opts;	/* for getopt; the + keeps GNU's from looking for options behind arguments */
	int least, most;		/* arguments */
	verb_fn *fn;
} verbs[] = {
	{ "add", "+a:f:mN:R:tV:" COMMON, 0, INT_MAX, mqueue_add },
	{ "ls", "+jl" WHICH COMMON, 0, INT_MAX, mqueue_ls },
	{ "run", "+f" COMMON, 0, 0, mqueue_run },
	{ "watch", "+" COMMON, 0, 0, mqueue_watch },
	{ "serve", "+T" COMMON, 0, 0, mqueue_serve },
	{ "show", "+" COMMON, 1, 1, mqueue_show },
	{ "rm", "+" WHICH COMMON, 0, INT_MAX, mqueue_rm },
	{ "expire", "+" WHICH COMMON, 0, INT_MAX, mqueue_expire },
	{ "hold", "+" WHICH COMMON, 0, INT_MAX, mqueue_hold },
	{ "release", "+" WHICH COMMON, 0, INT_MAX, mqueue_release },
	{ "retry", "+" WHICH COMMON, 0, INT_MAX, mqueue_retry },
};

struct command {
	const struct verb *verb;
	struct job job;
	struct settings_options settings;
	const char *set[SETS_MAX];
};

static int
option(struct command *c, int ch)
{
	switch (ch) {
	case 'q':
		c->settings.queue = optarg;
		return 0;
	case 'o':
		if (c->settings.sets == SETS_MAX)
			return -1;
		c->set[c->settings.sets++] = optarg;
		return 0;
	case 'T':
		c->job.vouched = 1;
		return 0;
	case 'v':
		c->job.verbose++;
		return 0;
	case 'a':
		c->job.account = c->settings.account = optarg;
		return 0;
	case 'f':
		c->job.from = optarg;
		c->job.force = 1;
		return 0;
	case 'A':
		c->job.age = optarg;
		return 0;
	case 'r':
		c->job.rcpt = optarg;
		return 0;
	case 's':
		c->job.sender = optarg;
		return 0;
	case 'm':
		c->job.many = 1;
		return 0;
	case 'N':
		c->job.notify = optarg;
		return 0;
	case 'R':
		c->job.ret = optarg;
		return 0;
	case 't':
		c->job.from_header = 1;
		return 0;
	case 'V':
		c->job.envid = optarg;
		return 0;
	case 'j':
		c->job.json = 1;
		return 0;
	case 'l':
		c->job.details = 1;
		return 0;
	}
	return -1;
}

static int
options(struct command *c, int argc, char **argv, const char *opts)
{
	int ch;

	while ((ch = getopt(argc, argv, opts)) != -1)
		if (option(c, ch) == -1)
			return -1;
	return 0;
}

static const struct verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* getopt starts anew behind the verb; glibc wants 0 for that, BSD 1 and optreset. */
static void
getopt_again(void)
{
#ifdef __GLIBC__
	optind = 0;
#else
	optind = 1;
#ifdef __BSD_VISIBLE
	optreset = 1;
#endif
#endif
}

static const char *
bad_option(void)
{
	static char text[] = "-? is no option here, or lacks its argument";

	text[1] = (char)(optopt > ' ' && optopt < 0x7f ? optopt : '?');
	return text;
}

/* NULL, or what is wrong with the command line. */
static const char *
parse(struct command *c, int argc, char **argv)
{
	if (c->job.mailq)
		c->verb = find_verb("ls");
	else {
		if (options(c, argc, argv, "+" COMMON) == -1)
			return bad_option();
		argc -= optind;
		argv += optind;
		if (argc == 0)
			return "no command given";
		if ((c->verb = find_verb(argv[0])) == NULL)
			return "no such command";
		getopt_again();
	}
	if (options(c, argc, argv, c->verb->opts) == -1)
		return bad_option();
	c->job.args = argv + optind;
	c->job.count = argc - optind;
	if (c->job.count < c->verb->least)
		return "no id given";
	return c->job.count > c->verb->most ? "too many arguments" : NULL;
}

/* A file of ours must not become somebody's standard output. */
static void
keep_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct command c = { .verb = NULL };
	struct err e = { 0 };
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *name = argc > 0 ? argv[0] : "mqueue", *wrong;
	int code;

	keep_standard_files();
	name = slash != NULL ? slash + 1 : name;
	c.job.mailq = strcmp(name, "mailq") == 0;
	name = c.job.mailq ? "mailq" : "mqueue";
	log_init(name);
	usage_standard(argc, argv, name, usage);
	opterr = 0;
	c.settings.set = c.set;
	if ((wrong = parse(&c, argc, argv)) != NULL)
		return usage_wrong(name, usage, wrong);
	code = settings_load(&c.job.settings, &c.settings, &e) == -1 ? -1 : c.verb->fn(&c.job, &e);
	settings_free(&c.job.settings);
	return code == -1 ? log_err(&e) : code;
}
