/* SPDX-License-Identifier: ISC */
/* dial_exec.c - a child command as a connection, and the end of every connection. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "dial.h"
#include "err.h"

#define CHILD_MS	2000	/* for a child to end by itself, then as long again after SIGTERM */

/* In the child: ours as stdin and stdout, nothing else inherited but stderr, signals as a program expects them. */
static void
become(int fd, const char *command)
{
	sigset_t none;

	fd = fcntl(fd, F_DUPFD, 3);	/* it may be 0 or 1 itself, and would keep its close-on-exec flag */
	if (fd == -1 || dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		_exit(ERR_OS);
	closefrom(3);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int
dial_exec(struct conn *c, const char *command, struct err *e)
{
	int sv[2];

	*c = (struct conn){ .fd = -1, .local = 1 };
	snprintf(c->peer, sizeof c->peer, "command %.280s", command);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return err_sys(e, ERR_OS, "run %s", c->peer);
	c->pid = fork();
	if (c->pid == 0)
		become(sv[1], command);
	close(sv[1]);
	if (c->pid == -1 || fcntl(sv[0], F_SETFL, O_NONBLOCK) == -1) {
		err_sys(e, ERR_OS, "run %s", c->peer);
		close(sv[0]);
		c->pid = c->pid == -1 ? 0 : c->pid;
		conn_close(c);
		return -1;
	}
	c->fd = sv[0];
	return 0;
}

/* 1 once the child has ended; looked at in growing steps, so a quick end is seen quickly. */
static int
reap(pid_t pid, int64_t ms)
{
	int64_t end = deadline_now() + ms;

	for (int step = 1;; step = step < 20 ? step * 2 : step) {
		pid_t r = waitpid(pid, NULL, WNOHANG);

		if (r == pid || (r == -1 && errno != EINTR))
			return 1;
		if (deadline_now() >= end)
			return 0;
		poll(NULL, 0, step);
	}
}

void
conn_close(struct conn *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	if (c->pid > 0 && !reap(c->pid, CHILD_MS)) {
		kill(c->pid, SIGTERM);
		if (!reap(c->pid, CHILD_MS)) {
			kill(c->pid, SIGKILL);
			waitpid(c->pid, NULL, 0);
		}
	}
	c->pid = 0;
}
