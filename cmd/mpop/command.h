/* SPDX-License-Identifier: ISC */
/* command.h - runs a command by sh(1) with a file as its standard input. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdint.h>

struct err;

/* Its exit code, or -1 where it has none: it can't be run, is killed, or is still at work at `end` (deadline_now's clock, 0:
 * none). */
int command_run(const char *command, int in, int64_t end, struct err *e);

#endif
