/* SPDX-License-Identifier: ISC */
/* handover.c - mqueue is found beside this program, else in PATH. Its id goes to stderr with -v, else nowhere. */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err.h"
#include "mail.h"
#include "unbroken.h"
#include "xalloc.h"

#define RCPTS_AT_ONCE 1000	/* the argument list is bounded */

static int
beside_us(char *path, size_t size, const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n <= 0)
		return 0;
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		return 0;
	slash[1] = '\0';
	return strlcat(path, name, size) < size && access(path, X_OK) == 0;
}

static void
become_mqueue(char **argv)
{
	char path[PATH_MAX];

	signal(SIGPIPE, SIG_DFL);
	if (beside_us(path, sizeof(path), "mqueue"))
		execv(path, argv);
	else
		execvp("mqueue", argv);
}

static void
run(int in, char **argv, int verbose)
{
	int out = verbose ? STDERR_FILENO : open("/dev/null", O_WRONLY);

	if (dup2(in, STDIN_FILENO) == -1 || out == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(ERR_OS);
	become_mqueue(argv);
	_exit(127);
}

static int
start(pid_t *pid, char **argv, int verbose, const sigset_t *before, struct err *e)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		return err_sys(e, ERR_OS, "pipe");
	if ((*pid = fork()) == 0) {
		unbroken_child(before);
		run(p[0], argv, verbose);
	}
	close(p[0]);
	if (*pid == -1) {
		close(p[1]);
		return err_sys(e, ERR_OS, "fork");
	}
	return p[1];
}

static int
judge(int status, struct err *e)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : ERR_SOFTWARE;

	if (code == 0)
		return 0;
	if (code == 127)
		return err_set(e, ERR_UNAVAILABLE, "not queued: there is no mqueue beside msend or in $PATH");
	return err_set(e, code >= 64 && code <= 78 ? (enum err_class)code : ERR_SOFTWARE,
	    "not queued: mqueue ended with exit code %d", code);
}

static int
feed(char **argv, const struct mail *mail, int verbose, struct err *e)
{
	struct err ours = { 0 };
	sigset_t before;
	pid_t pid = -1;
	int fd, status = -1, rc;

	unbroken_begin(&before);
	if ((fd = start(&pid, argv, verbose, &before, e)) == -1) {
		unbroken_end(&before);
		return -1;
	}
	rc = mail_each(mail, sink_fd, &fd, &ours);
	if (rc == -1)
		kill(pid, SIGTERM);	/* it must not take a part for the whole */
	close(fd);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	unbroken_end(&before);
	if (judge(status, e) == -1)
		return -1;
	if (rc == -1)
		*e = ours;
	return rc;
}

/* A wrong configuration does not mend itself while a message waits. */
static int
fits(const struct rcpt *r, enum rcpt_state state)
{
	return r->state == state && r->class != ERR_CONFIG && r->to == NULL;
}

/* The next ones in that state, from *i on, as arguments. */
static size_t
collect(char **argv, size_t at, const struct rcpts *r, enum rcpt_state state, size_t *i)
{
	size_t n = 0;

	for (; *i < r->n && n < RCPTS_AT_ONCE; (*i)++)
		if (fits(&r->v[*i], state))
			argv[at + n++] = r->v[*i].addr;
	argv[at + n] = NULL;
	return n;
}

static void
mark(struct rcpts *r, enum rcpt_state state, size_t from, size_t to)
{
	struct err ok = { .text = "queued" };

	for (; from < to; from++)
		if (fits(&r->v[from], state))
			rcpt_fail(&r->v[from], RCPT_OK, &ok);
}

static void
word(char **argv, size_t *n, const char *text)
{
	argv[(*n)++] = xstrdup(text);
}

static void
option(char **argv, size_t *n, const char *letter, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	word(argv, n, letter);
	word(argv, n, text);
}

int
handover(const char *from, const char *account, struct rcpts *r, enum rcpt_state state, const struct mail *mail, int verbose,
    struct err *e)
{
	char *argv[RCPTS_AT_ONCE + 16];
	size_t n = 0, begin, i = 0;
	int rc = 0;

	word(argv, &n, "mqueue");
	word(argv, &n, "add");
	option(argv, &n, "-f", *from != '\0' ? from : "<>");
	option(argv, &n, "-a", account);
	option(argv, &n, "-N", r->dsn.notify);
	option(argv, &n, "-R", r->dsn.ret);
	option(argv, &n, "-V", r->dsn.envid);
	word(argv, &n, "--");
	signal(SIGPIPE, SIG_IGN);
	for (begin = 0; rc == 0 && collect(argv, n, r, state, &i) > 0; begin = i)
		if ((rc = feed(argv, mail, verbose, e)) == 0)
			mark(r, state, begin, i);
	while (n > 0)
		free(argv[--n]);
	return rc;
}

int
handover_exec(char **argv, struct err *e)
{
	become_mqueue(argv);
	return err_sys(e, ERR_UNAVAILABLE, "there is no mqueue beside msend or in $PATH");
}
