/* SPDX-License-Identifier: ISC */
/* unbroken.c - see unbroken.h. */
#include "unbroken.h"

#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void
unbroken_begin(sigset_t *before)
{
	sigset_t waiting;

	sigemptyset(&waiting);
	sigaddset(&waiting, SIGHUP);
	sigaddset(&waiting, SIGINT);
	sigaddset(&waiting, SIGTERM);
	sigprocmask(SIG_BLOCK, &waiting, before);
}

void
unbroken_child(const sigset_t *before)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	sigprocmask(SIG_SETMASK, before, NULL);
}

void
unbroken_end(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}
