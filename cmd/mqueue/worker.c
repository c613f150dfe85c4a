/* SPDX-License-Identifier: ISC */
/* worker.c - see worker.h. The child is in a session of its own: what the terminal sends to all its processes ends the
 * watcher, which ends its workers in good order, and nobody is asked for a password. */
#include <sys/mman.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "deadline.h"
#include "err.h"
#include "log.h"
#include "mqueue.h"
#include "worker.h"

static volatile sig_atomic_t own_stop, *stop = &own_stop;

static void
on_term(int number)
{
	(void)number;
	*stop = 1;
}

/* Seen by all processes that the pass starts. Where no such memory can be had each would have to be told. */
static void
share_stop(void)
{
	void *p = mmap(NULL, sizeof *stop, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		stop = p;
}

static void
signals(void)
{
	struct sigaction sa = { .sa_handler = on_term };
	sigset_t none;

	sigaction(SIGTERM, &sa, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
whole_queue(const struct job *job, const struct spool *q, struct pass *pass)
{
	struct spool_list last;
	struct err e = { 0 };

	if (run_all(job, q, pass, &last, &e) == -1) {
		pass->stuck = 1;
		pass->code = log_err(&e);
	}
	spool_list_free(&last);
	spool_tidy(q);
}

static void
work(const struct worker *w, const struct job *given, const struct spool *q, int tell, pid_t parent)
{
	struct job job = *given;
	struct pass pass;

	setsid();
	share_stop();
	signals();
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(ERR_TEMP);
#else
	(void)parent;
#endif
	job.stop = stop;
	if (w->look)
		whole_queue(&job, q, &pass);
	else
		run_pass(&job, q, &w->names, &pass);
	_exit(write(tell, &pass, sizeof pass) == sizeof pass ? 0 : ERR_IO);
}

int
worker_start(struct worker *w, const struct job *job, const struct spool *q, struct spool_list *names, struct err *e)
{
	pid_t parent = getpid();
	int p[2];

	if (pipe2(p, O_CLOEXEC) == -1)
		return err_sys(e, ERR_OS, "make a pipe");
	*w = (struct worker){ .fd = p[0], .look = names->count == 0, .names = *names, .began = deadline_now() };
	*names = (struct spool_list){ 0 };
	w->pid = fork();
	if (w->pid == 0)
		work(w, job, q, p[1], parent);
	close(p[1]);
	if (w->pid != -1)
		return 0;
	w->pid = 0;
	err_sys(e, ERR_OS, "start a process");
	*names = w->names;
	w->names = (struct spool_list){ 0 };
	worker_free(w);
	return -1;
}

int
worker_end(struct worker *w, struct pass *pass)
{
	ssize_t n;

	while ((n = read(w->fd, pass, sizeof *pass)) == -1 && errno == EINTR)
		;
	while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
		;
	close(w->fd);
	w->fd = -1;
	w->pid = 0;
	return n == sizeof *pass ? 0 : -1;
}

void
worker_free(struct worker *w)
{
	if (w->fd != -1)
		close(w->fd);
	spool_list_free(&w->names);
	*w = (struct worker){ .fd = -1 };
}
