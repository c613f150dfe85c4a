/* SPDX-License-Identifier: ISC */
/* mboxfile.h - appends to a mailbox file that others use as well: under PATH.lock, as far as it can be made, and an fcntl
 * lock. */
#ifndef MBOXFILE_H
#define MBOXFILE_H

#include <stdint.h>

struct err;

/* All of the file `from`, which holds whole messages in mboxrd form; synced. After a failure PATH is as long as it was
 * before. Waits
 * half a minute for others, not past `end` (0: none), then ERR_TEMP. */
int mboxfile_append(const char *path, int from, int64_t end, struct err *e);

#endif
