/* SPDX-License-Identifier: ISC */
/* aliasrun.c - what an alias leads to on this machine: a command's standard input, or a maildir. What fails here is not queued:
 * the queue keeps addresses. A command has 15 minutes, and not more than the run. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "deadline.h"
#include "eol.h"
#include "err.h"
#include "local.h"
#include "mail.h"
#include "rcpt.h"
#include "unbroken.h"
#include "xalloc.h"

#define WORDS_MAX 64
#define COMMAND_MS (15 * 60 * 1000)
#define MERCY_MS 2000	/* between asking a command to end and ending it */

/* Words are parted by blanks; '…' and "…" keep them, \\ keeps one character; nothing else means anything. In place; the number of
 * words, or -1: none, too many, an open quote. */
static int
split_words(char *text, char **argv)
{
	char *out = text, quote = 0;
	int n = 0, inside = 0;

	for (; *text != '\0'; text++) {
		if (quote == 0 && (*text == ' ' || *text == '\t')) {
			if (inside)
				*out++ = '\0';
			inside = 0;
			continue;
		}
		if (!inside && n == WORDS_MAX)
			return -1;
		if (!inside)
			argv[n++] = out;
		inside = 1;
		if (*text == quote)
			quote = 0;
		else if (quote == 0 && (*text == '"' || *text == '\''))
			quote = *text;
		else if (*text == '\\' && quote != '\'' && text[1] != '\0')
			*out++ = *++text;
		else
			*out++ = *text;
	}
	*out = '\0';
	argv[n] = NULL;
	return quote != 0 || n == 0 ? -1 : n;
}

static void
run_child(int in, char **argv, const sigset_t *before)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam("nobody") : NULL;
	int out = open("/dev/null", O_WRONLY);
	struct err e = { 0 };

	if (dup2(in, STDIN_FILENO) == -1 || out == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(ERR_OS);
	if (geteuid() == 0 && (pw == NULL || local_become(pw, &e) == -1 || clearenv() != 0
	    || setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1) == -1))
		_exit(ERR_OS);
	unbroken_child(before);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	_exit(127);
}

struct to_command {
	struct eol eol;
	int fd;			/* non-blocking */
	int64_t end;
	int closed;		/* it reads no more, which is its affair */
};

static int
write_command(void *ctx, const char *p, size_t n, struct err *e)
{
	struct to_command *t = ctx;
	struct pollfd room = { .fd = t->fd, .events = POLLOUT };
	ssize_t w;

	while (n > 0 && !t->closed) {
		if ((w = write(t->fd, p, n)) >= 0) {
			p += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) {
			if (deadline_poll(&room, 1, t->end, "the command", e) == -1)
				return -1;
		} else if (errno == EPIPE) {
			t->closed = 1;
		} else if (errno != EINTR) {
			return err_sys(e, ERR_IO, "write to the command");
		}
	}
	return 0;
}

static int
write_text(void *ctx, const char *p, size_t n, struct err *e)
{
	struct to_command *t = ctx;

	return eol_to_lf(&t->eol, p, n, write_command, t, e);
}

/* 75 says later, as sysexits has it, and who was ended did not say; any other failure is for good. */
static void
judge(struct rcpt *r, const char *command, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : ERR_TEMP;
	struct err e = { .text = "delivered" };

	if (code == 0) {
		rcpt_fail(r, RCPT_OK, &e);
		return;
	}
	if (!WIFEXITED(status))
		err_set(&e, ERR_TEMP, "the command `%s` was ended by signal %d", command, WTERMSIG(status));
	else
		err_set(&e, code >= 64 && code <= 78 ? (enum err_class)code : ERR_UNAVAILABLE,
		    "the command `%s` ended with exit code %d%s", command, code, code == 127 ? ": is it there?" : "");
	rcpt_fail(r, code == ERR_TEMP ? RCPT_LATER : RCPT_REFUSED, &e);
}

/* 1 once the child has ended; looked at in growing steps, so that a quick end is seen quickly. */
static int
ended(pid_t pid, int *status, int64_t end)
{
	int step = 1;
	pid_t r;

	for (;; step = step < 100 ? step * 2 : step) {
		if ((r = waitpid(pid, status, WNOHANG)) == pid || (r == -1 && errno != EINTR))
			return 1;
		if (deadline_now() >= end)
			return 0;
		poll(NULL, 0, step);
	}
}

static void
stop(pid_t pid, int *status)
{
	kill(pid, SIGTERM);
	if (ended(pid, status, deadline_in(MERCY_MS, 0)))
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) == -1 && errno == EINTR)
		;
}

static int
start(pid_t *pid, char **argv, const sigset_t *before, struct err *e)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1 || fcntl(p[1], F_SETFL, O_NONBLOCK) == -1)
		return err_sys(e, ERR_OS, "pipe");
	if ((*pid = fork()) == 0)
		run_child(p[0], argv, before);
	close(p[0]);
	if (*pid != -1)
		return p[1];
	close(p[1]);
	return err_sys(e, ERR_OS, "fork");
}

/* What stops it early must not have it take a part for the whole. */
static int
feed(char **argv, const char *trace, const struct mail *mail, int64_t end, int *status, struct err *e)
{
	struct to_command t = { .end = end };
	sigset_t before;
	pid_t pid = -1;
	int rc;

	unbroken_begin(&before);
	if ((t.fd = start(&pid, argv, &before, e)) == -1) {
		unbroken_end(&before);
		return -1;
	}
	rc = write_command(&t, trace, strlen(trace), e);
	if (rc == 0)
		rc = mail_each(mail, write_text, &t, e) == -1 ? -1 : eol_to_lf_end(&t.eol, write_command, &t, e);
	if (rc == -1)
		stop(pid, status);
	close(t.fd);
	unbroken_end(&before);
	if (rc == 0 && !ended(pid, status, end)) {
		stop(pid, status);
		rc = err_set(e, ERR_TEMP, "it took too long, and was ended");
	}
	return rc;
}

static void
to_command(struct rcpt *r, const char *trace, const struct mail *mail, int64_t end)
{
	char *words = xstrdup(r->to + 1), *argv[WORDS_MAX + 1];
	struct err e = { 0 };
	int status = -1;	/* nobody knows */

	if (split_words(words, argv) == -1) {
		err_set(&e, ERR_CONFIG, "the command `%s` can't be split into words", r->to + 1);
		rcpt_fail(r, RCPT_LATER, &e);
	} else if (feed(argv, trace, mail, deadline_in(COMMAND_MS, end), &status, &e) == -1) {
		err_prefix(&e, "the command `%s`", r->to + 1);
		rcpt_fail(r, RCPT_LATER, &e);
	} else {
		judge(r, r->to + 1, status);
	}
	free(words);
}

/* Who owns the maildir, or the directory that it will be made in. */
static const struct passwd *
owner(const char *path)
{
	char *dir = xstrdup(path), *slash;
	struct stat st;

	while (stat(dir, &st) == -1 && (slash = strrchr(dir, '/')) != NULL && slash > dir)
		*slash = '\0';
	if (stat(dir, &st) == -1)
		st.st_uid = 0;
	free(dir);
	return getpwuid(geteuid() == 0 ? st.st_uid : geteuid());
}

static void
to_maildir(struct rcpt *r, const char *trace, const struct mail *mail)
{
	char *path = config_tilde(r->to);
	const struct passwd *pw = owner(path);
	struct err e = { .text = "delivered" };

	if (pw == NULL)
		err_set(&e, ERR_OS, "the owner of %s is no user", path);
	if (pw == NULL || local_store(path, pw, trace, mail, &e) == -1)
		rcpt_fail(r, RCPT_LATER, &e);
	else
		rcpt_fail(r, RCPT_OK, &e);
	free(path);
}

void
local_deliver_aliases(const char *from, struct rcpts *rcpts, const struct mail *mail, int64_t end)
{
	struct err dropped = { .text = "dropped" };
	struct buf trace = { 0 };
	size_t i;

	for (i = 0; i < rcpts->n; i++) {
		struct rcpt *r = &rcpts->v[i];

		if (r->to == NULL || r->state != RCPT_WAITING)
			continue;
		buf_cut(&trace, 0);
		local_trace(&trace, from, r->addr);
		if (*r->to == '\0')
			rcpt_fail(r, RCPT_OK, &dropped);
		else if (*r->to == '|')
			to_command(r, buf_str(&trace), mail, end);
		else
			to_maildir(r, buf_str(&trace), mail);
	}
	buf_free(&trace);
}
