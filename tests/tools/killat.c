/* SPDX-License-Identifier: ISC */
/* killat.c - runs a command and kills it as it enters its Nth system call that others could notice.
 *	killat N command…
 * What counts: reads and writes of sockets and files, and all that changes a file or a directory. The call is not carried out, no
 * handler runs, no buffer is flushed: a crash. N is exact, so that one run can be made again. Exits 137 where the command was killed,
 * else as it did; 0 for N: never killed, and the count of calls goes to stderr. 71: it can't be traced here. Linux only. */
#ifndef __linux__
int
main(void)
{
	return 71;
}
#else
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

static int
counts(unsigned long long call)
{
	static const unsigned long long which[] = { SYS_write, SYS_pwrite64, SYS_writev, SYS_read, SYS_sendto, SYS_recvfrom, SYS_sendmsg,
		SYS_recvmsg, SYS_fsync, SYS_fdatasync, SYS_syncfs, SYS_ftruncate, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat,
		SYS_mkdirat,
#ifdef SYS_rename
		SYS_rename, SYS_link, SYS_unlink, SYS_mkdir, SYS_rmdir,
#endif
	};

	for (size_t i = 0; i < sizeof which / sizeof *which; i++)
		if (which[i] == call)
			return 1;
	return 0;
}

static int
entered(pid_t pid)
{
	struct ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && counts(info.entry.nr);
}

static int
ended(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	unsigned long limit, n = 0;
	int status, pass = 0;
	pid_t pid;

	if (argc < 3)
		return 64;
	limit = strtoul(argv[1], NULL, 10);
	if ((pid = fork()) == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		return 71;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == -1)
		return 71;
	for (;;) {
		if ((ptrace(PTRACE_SYSCALL, pid, NULL, pass) == -1 && errno != ESRCH) || waitpid(pid, &status, 0) == -1)
			return 71;	/* ESRCH: it is dying */
		if (!WIFSTOPPED(status))
			break;
		pass = WSTOPSIG(status) == (SIGTRAP | 0x80) || WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && entered(pid) && ++n == limit)
			kill(pid, SIGKILL);
	}
	if (limit == 0)
		fprintf(stderr, "%lu\n", n);
	return ended(status);
}
#endif
