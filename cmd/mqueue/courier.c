/* SPDX-License-Identifier: ISC */
/* courier.c - see courier.h. */
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "courier.h"
#include "result.h"

#define CHUNK 16384

/* The msend beside this program. */
static int
beside(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n <= 0)
		return 0;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL || (size_t)(slash + 1 - path) + sizeof "msend" > size)
		return 0;
	strlcpy(slash + 1, "msend", size - (size_t)(slash + 1 - path));
	return access(path, X_OK) == 0;
}

/* In the child: become msend, or tell the parent errno through a pipe that closes by itself when that works. */
static void
become(const int in[2], const int out[2], int tell, pid_t parent, const char *account, int verbose)
{
	const char *arg[6] = { "msend", "-B" };
	char path[PATH_MAX];
	int n = 2, code;

#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(127);
	if (verbose)
		arg[n++] = "-v";
	if (account != NULL) {
		arg[n++] = "-a";
		arg[n++] = account;
	}
	arg[n] = NULL;
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in[0], STDIN_FILENO) != -1 && dup2(out[1], STDOUT_FILENO) != -1) {
		if (beside(path, sizeof path))
			execv(path, (char *const *)(uintptr_t)arg);
		else
			execvp("msend", (char *const *)(uintptr_t)arg);
	}
	code = errno;
	(void)!write(tell, &code, sizeof code);
	_exit(127);
}

static void
shut(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
shut_pair(int fd[2])
{
	shut(&fd[0]);
	shut(&fd[1]);
}

/* Waits until the child has become msend; its errno when it could not. */
static int
became(int ask)
{
	int code = 0;

	while (read(ask, &code, sizeof code) == -1 && errno == EINTR)
		;
	return code;
}

static int
start(struct courier *c, int in[2], int out[2], int tell[2], const char *account, int verbose, struct err *e)
{
	pid_t parent = getpid();

	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1 || pipe2(tell, O_CLOEXEC) == -1)
		return err_sys(e, ERR_OS, "make a pipe to msend");
	if ((c->pid = fork()) == -1) {
		c->pid = 0;
		return err_sys(e, ERR_OS, "start msend");
	}
	if (c->pid == 0)
		become(in, out, tell[1], parent, account, verbose);
	shut(&tell[1]);
	if ((errno = became(tell[0])) != 0) {
		while (waitpid(c->pid, &c->status, 0) == -1 && errno == EINTR)
			;
		c->pid = 0;
		return err_sys(e, ERR_CONFIG, "start msend, which is neither beside mqueue nor in PATH");
	}
	return 0;
}

int
courier_start(struct courier *c, const char *account, int verbose, struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, tell[2] = { -1, -1 }, code;

	*c = (struct courier){ .in = -1, .out = -1 };
	code = start(c, in, out, tell, account, verbose, e);
	if (code == 0) {
		c->in = in[1];
		c->out = out[0];
		in[1] = out[0] = -1;
		(void)fcntl(c->in, F_SETFL, O_NONBLOCK);
	}
	shut_pair(in);
	shut_pair(out);
	shut_pair(tell);
	return code;
}

static void
end_input(struct courier *c)
{
	if (c->last && c->todo.len == 0)
		shut(&c->in);
}

void
courier_hand(struct courier *c, const char *path)
{
	buf_adds(&c->todo, path);
	buf_addc(&c->todo, '\n');
}

void
courier_last(struct courier *c)
{
	c->last = 1;
	end_input(c);
}

/* A child that has gone takes nothing more; what it said before can still be read. */
static void
feed(struct courier *c)
{
	ssize_t n = write(c->in, c->todo.data, c->todo.len);

	if (n > 0)
		buf_drop(&c->todo, (size_t)n);
	else if (n == -1 && errno != EAGAIN && errno != EINTR) {
		buf_cut(&c->todo, 0);
		c->last = 1;
	}
	end_input(c);
}

static int
drain(struct courier *c, struct err *e)
{
	ssize_t n;

	buf_drop(&c->got, c->taken);
	c->taken = 0;
	buf_reserve(&c->got, CHUNK);
	n = read(c->out, c->got.data + c->got.len, CHUNK);
	if (n == -1)
		return errno == EINTR ? 0 : err_sys(e, ERR_OS, "read from msend");
	if (n == 0)
		shut(&c->out);
	else {
		c->got.len += (size_t)n;
		buf_cut(&c->got, c->got.len);
	}
	return 0;
}

int
courier_wait(struct courier *c, struct err *e)
{
	while (c->out != -1) {
		struct pollfd p[2] = { { c->out, POLLIN, 0 }, { c->todo.len > 0 ? c->in : -1, POLLOUT, 0 } };

		if (poll(p, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return err_sys(e, ERR_OS, "wait for msend");
		}
		if (p[1].revents != 0)
			feed(c);
		if (p[0].revents != 0)
			return drain(c, e);
	}
	return 1;
}

int
courier_line(struct courier *c, char **line, size_t *len, int *torn)
{
	char *from = c->got.data + c->taken, *lf;
	size_t left = c->got.len - c->taken;

	if (left == 0)
		return 0;
	lf = memchr(from, '\n', left);
	*torn = lf == NULL;
	if (lf == NULL && c->out != -1 && left <= RESULT_LINE_MAX)
		return 0;
	*line = from;
	*len = lf == NULL ? left : (size_t)(lf - from);
	c->taken += lf == NULL ? left : *len + 1;
	from[*len] = '\0';
	return 1;
}

void
courier_end(struct courier *c)
{
	shut(&c->in);
	shut(&c->out);
	if (c->pid != 0)
		while (waitpid(c->pid, &c->status, 0) == -1 && errno == EINTR)
			;
	c->pid = 0;
	buf_free(&c->todo);
	buf_free(&c->got);
}

int
courier_killed(const struct courier *c)
{
	return WIFSIGNALED(c->status);
}

enum err_class
courier_class(const struct courier *c)
{
	int code = courier_killed(c) ? 0 : WEXITSTATUS(c->status);

	return code >= ERR_USAGE && code <= ERR_CONFIG ? (enum err_class)code : ERR_SOFTWARE;
}

void
courier_how(const struct courier *c, struct buf *out)
{
	if (courier_killed(c))
		buf_printf(out, "was killed by signal %d", WTERMSIG(c->status));
	else
		buf_printf(out, "ended with exit code %d", WEXITSTATUS(c->status));
}
