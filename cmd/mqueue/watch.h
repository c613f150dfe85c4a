/* SPDX-License-Identifier: ISC */
/* watch.h - what the two parts of watch share: its state. watch.c has what happens, watchtime.c when it is time. */
#ifndef WATCH_H
#define WATCH_H

#include <stddef.h>
#include <stdint.h>

#include "arrivals.h"
#include "clockwatch.h"
#include "mqueue.h"
#include "netwatch.h"
#include "worker.h"

#define WORKERS 6
#define LOOKS 3			/* of them, at everything: a second one while the first waits for a server */
#define PENDING_MAX 1024	/* names; more are no more followed one by one */
#define SECOND 1000
#define MINUTE (60 * SECOND)
#define LOOK_EVERY (5 * MINUTE)
#define LOOK_EVERY_DEAF (30 * SECOND)	/* where arrivals can't be heard */
#define FLUSH_SPACE (30 * SECOND)	/* between two that the network or the clock asks for */
#define SETTLE SECOND			/* a network comes up in steps */
#define BACKOFF_MAX (5 * MINUTE)
#define BUSY_TRIES 8
#define BUSY_AGAIN 60			/* seconds */
#define PATIENCE (2 * SECOND)		/* with a pass over arrivals, before the next ones get another process */
#define PATIENCE_LOOK MINUTE		/* the same, with one over everything */
#define GRACE (20 * SECOND)		/* for messages under way when we are to end */
#define NEVER INT64_MAX

struct watch {			/* times: ms, deadline_now's clock */
	struct job job;
	struct spool spool;
	struct arrivals arrivals;
	struct netwatch net;
	struct worker worker[WORKERS];
	struct spool_list pending;	/* arrivals, not yet looked at */
	int64_t pending_at;		/* when they may be */
	unsigned int busy_tries;
	int64_t look_at;		/* asked for: not before then; NEVER */
	int64_t flush_at;		/* the same, all to be tried */
	int64_t due_at;			/* the first of those that wait is due; seconds since 1970, 0: none */
	int64_t looked, cost;		/* the last look at all: when it ended, how long it took */
	int64_t flushed;
	int64_t quiet_until, backoff;
	struct clockwatch clock;
	size_t waiting, held;		/* as of the last look */
	int forced;			/* the look under way, or the last one */
};

int64_t watch_least(int64_t, int64_t);
int64_t watch_most(int64_t, int64_t);
void watch_due_by(struct watch *, int64_t when);	/* somebody is due then; 0: nobody */

/* place: free for it, where the time is not NEVER. */
int64_t watch_time_of_look(const struct watch *, int64_t now, size_t *place);
int64_t watch_time_of_arrivals(const struct watch *, size_t *place);
int64_t watch_next_wake(const struct watch *);		/* ms until one of them */

#endif
