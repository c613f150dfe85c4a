/* SPDX-License-Identifier: ISC */
/* mqueue.h - what the command line asks for, and the verbs. A verb returns an exit code, having reported what led to it,
 * or -1 with *e set for main to report. */
#ifndef MQUEUE_H
#define MQUEUE_H

#include <signal.h>

#include "settings.h"

struct err;

struct job {
	struct settings settings;
	const char *account;	/* -a */
	const char *from;	/* -f of add */
	const char *notify, *ret, *envid;	/* -N, -R, -V of add */
	int many, from_header;	/* -m, -t of add */
	const char *sender, *rcpt, *age;	/* -s, -r, -A */
	int vouched;		/* -T of serve */
	int force;		/* -f of run */
	int details, json;	/* -l, -j */
	int mailq;		/* called by that name */
	int verbose;
	int quiet;		/* files that are no entries have been reported before */
	const volatile sig_atomic_t *stop;	/* not NULL: hand nothing more over once it is set */
	char **args;		/* NULL ends them */
	int count;
};

typedef int verb_fn(const struct job *, struct err *e);

verb_fn mqueue_add, mqueue_ls, mqueue_show, mqueue_rm, mqueue_expire, mqueue_hold, mqueue_release, mqueue_retry, mqueue_run,
    mqueue_watch, mqueue_serve;

/* One file or recipient failed, the rest goes on: says so, and makes it the exit code unless an earlier failure has. */
void complain(int *code, const struct err *e);

#endif
