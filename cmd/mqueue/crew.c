/* SPDX-License-Identifier: ISC */
/* crew.c - see crew.h. The processes share one number, the group that is next, and a place for each one's result. Who may send an
 * entry is not decided here: that are the locks on the files. */
#include <sys/mman.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crew.h"
#include "err.h"
#include "mqueue.h"
#include "xalloc.h"

struct shared {
	atomic_size_t next;
	struct batch_result result[];	/* one a process, ours first */
};

static void
work(const struct job *job, const struct spool *q, const struct crew_group *g, size_t count, struct shared *s, size_t me)
{
	struct batch *b = batch_new(job, q, &s->result[me]);
	size_t i;

	while ((i = atomic_fetch_add(&s->next, 1)) < count)
		if (batch_group(b, g[i].due, g[i].count, atomic_load(&s->next) >= count) == -1)
			break;
	batch_free(b);
}

/* What was begun ends with us: an entry whose runner has gone is sent by others. */
static pid_t
start(const struct job *job, const struct spool *q, const struct crew_group *g, size_t count, struct shared *s, size_t me)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(ERR_TEMP);
	work(job, q, g, count, s, me);
	_exit(0);
}

static void
finish(pid_t pid, struct batch_result *r)
{
	struct err e = { 0 };
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	r->cut = 1;
	err_set(&e, ERR_SOFTWARE, "a part of this run has died; what it had in hand waits");
	complain(&r->code, &e);
}

static void
sum(struct batch_result *all, const struct batch_result *r)
{
	all->busy += r->busy;
	all->revived |= r->revived;
	all->cut |= r->cut;
	if (all->code == 0)
		all->code = r->code;
	if (r->soonest != 0 && (all->soonest == 0 || r->soonest < all->soonest))
		all->soonest = r->soonest;
}

/* Where no process or memory can be had, fewer do it. */
void
crew_run(const struct job *job, const struct spool *q, const struct crew_group *g, size_t count, struct batch_result *all)
{
	size_t hands = count < job->settings.parallel ? count : job->settings.parallel, i;
	size_t size = sizeof(struct shared) + hands * sizeof(struct batch_result);
	struct shared *s = hands < 2 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t *pid = xcalloc(hands + 1, sizeof *pid);
	int alone = s == MAP_FAILED;

	*all = (struct batch_result){ .busy = 0 };
	if (alone)
		s = xcalloc(1, sizeof *s + sizeof(struct batch_result));
	for (i = 1; !alone && i < hands; i++)
		pid[i] = start(job, q, g, count, s, i);
	work(job, q, g, count, s, 0);
	for (i = 1; !alone && i < hands; i++)
		if (pid[i] > 0)
			finish(pid[i], &s->result[i]);
	for (i = 0; i < (alone ? 1 : hands); i++)
		sum(all, &s->result[i]);
	free(pid);
	if (alone)
		free(s);
	else
		munmap(s, size);
}
