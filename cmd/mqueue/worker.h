/* SPDX-License-Identifier: ISC */
/* worker.h - one pass over the queue in a process of its own, so that who waits for arrivals, signals and the network need
 * not wait for a mail server. Its end shows as end of file on fd. */
#ifndef WORKER_H
#define WORKER_H

#include <sys/types.h>

#include "run.h"
#include "spool.h"

struct job;
struct err;

struct worker {
	pid_t pid;		/* 0: none */
	int fd;			/* -1: none */
	int look;		/* at all of them */
	struct spool_list names;	/* to look at, otherwise */
	int64_t began;		/* deadline_now's clock */
};

/* Takes the names over; none: all. */
int worker_start(struct worker *, const struct job *, const struct spool *, struct spool_list *names, struct err *e);
int worker_end(struct worker *, struct pass *);	/* waits for it; -1 when it died before it was done. names are still there */
void worker_free(struct worker *);

#endif
