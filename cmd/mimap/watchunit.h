/* SPDX-License-Identifier: ISC */
/* watchunit.h - the processes of watchers, as the keeper has them. */
#ifndef MIMAP_WATCHUNIT_H
#define MIMAP_WATCHUNIT_H

#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "watch.h"

#define WATCHUNITS 64

struct watchunit {
	struct mimap *m;	/* the account */
	pid_t pid;		/* 0: it has ended, and was waited for */
	int fd;			/* of its pipe; -1: closed */
	struct buf in;		/* a line that is not whole yet */
};

struct watchunits {
	struct watchunit unit[WATCHUNITS];
	size_t count;
};

int watchunit_start(struct watchunits *, struct mimap *, enum watch_mode, char *const *names, size_t count, struct err *e);
void watchunit_gone(struct watchunits *, pid_t);	/* it was waited for */
int watchunit_tells(const struct watchunits *);		/* one has its pipe open */
int watchunit_left(const struct watchunits *);		/* one was not waited for */
void watchunit_signal(const struct watchunits *, const struct mimap *, int number);	/* those of an account; NULL: all */
void watchunit_close(struct watchunits *);		/* their pipes: they notice, if they write */

#endif
