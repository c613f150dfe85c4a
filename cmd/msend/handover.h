/* SPDX-License-Identifier: ISC */
/* handover.h - gives a message to mqueue, which keeps it until it can be sent. */
#ifndef MSEND_HANDOVER_H
#define MSEND_HANDOVER_H

#include "rcpt.h"

struct mail;

/* Runs `mqueue add -f FROM [-a ACCOUNT] [-N …] [-R …] [-V …] -- ADDR…` with the message on its stdin, for the recipients in that state; no shell.
 * Those queued become RCPT_OK; those whose account is configured wrongly (ERR_CONFIG) are not. -1 where mqueue would not take it: ERR_UNAVAILABLE if it is not there, else the class of its exit code. */
int handover(const char *from, const char *account, struct rcpts *, enum rcpt_state, const struct mail *, int verbose,
    struct err *e);

/* Becomes mqueue, with these words. Comes back, with -1, only if there is none: ERR_UNAVAILABLE. */
int handover_exec(char **argv, struct err *e);

#endif
