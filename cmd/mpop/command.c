/* SPDX-License-Identifier: ISC */
/* command.c - the alarm survives the exec, so the run's deadline ends the command as well. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "deadline.h"
#include "err.h"

static pid_t
start(const char *command, int in, int64_t end)
{
	int64_t left = end > 0 ? end - deadline_now() : 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	if (end > 0)
		alarm(left < 1000 ? 1 : (unsigned int)(left / 1000));
	if (dup2(in, STDIN_FILENO) != -1)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(126);
}

int
command_run(const char *command, int in, int64_t end, struct err *e)
{
	int status;
	pid_t pid, done;

	if (lseek(in, 0, SEEK_SET) == -1 || (pid = start(command, in, end)) == -1)
		return err_sys(e, ERR_OS, "run a command");
	while ((done = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
		;
	if (done == -1)
		return err_sys(e, ERR_OS, "wait for a command");
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return err_set(e, ERR_TEMP, "the command: timed out");
	if (WIFSIGNALED(status))
		return err_set(e, ERR_TEMP, "the command was killed by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}
