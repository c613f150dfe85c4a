/* SPDX-License-Identifier: ISC */
/* courier.h - one running `msend -B`: paths of queue files go in, lines come out, as both ends are ready, so neither can
 * block the other.
 * It is the msend beside our own executable, else the one in PATH, run without a shell. Its stderr is ours. On Linux it is
 * killed when we die, so that nobody sends an entry whose lock has gone with us; elsewhere its next line to us ends it. It
 * owns the child and both pipes. There is no time limit here: msend has them all. */
#ifndef COURIER_H
#define COURIER_H

#include <sys/types.h>

#include "buf.h"
#include "err.h"

struct courier {
	pid_t pid;		/* 0: none */
	int in, out;		/* its stdin and stdout, -1 when closed */
	int last;		/* nothing more will be handed over */
	struct buf todo, got;
	size_t taken;		/* of got */
	int status;		/* of waitpid */
};

int courier_start(struct courier *, const char *account, int verbose, struct err *e);	/* NULL: msend's default account */
void courier_hand(struct courier *, const char *path);
void courier_last(struct courier *);		/* its stdin is closed once all is written: it finishes and ends */
int courier_wait(struct courier *, struct err *e);	/* until something has come: 0; 1 when nothing more will */

/* The next line that has come, without its LF: 1; 0 when there is none. Until the next call. What is longer than any result
 * comes in pieces; the last line comes even without its LF, with *torn set. */
int courier_line(struct courier *, char **line, size_t *len, int *torn);

void courier_end(struct courier *);		/* waits for it to end; status is set */
int courier_killed(const struct courier *);	/* by a signal */
enum err_class courier_class(const struct courier *);	/* what that means for us, when it left something unanswered */
void courier_how(const struct courier *, struct buf *out);	/* "ended with exit code 78", "was killed by signal 9" */

#endif
