/* SPDX-License-Identifier: ISC */
/* settle.h - what becomes of a claimed entry: each recipient's fate is recorded, then the entry goes, waits or is held.
 * spool.c tells in which order. */
#ifndef SETTLE_H
#define SETTLE_H

#include "entry.h"
#include "result.h"
#include "schedule.h"

struct err;

/* Writes one recipient's fate; *unsynced is set when it needs settle_sync. After a -1 only the struct knows the fate. */
int settle_record(struct entry *, size_t rcpt, const struct result *, int *unsynced, struct err *e);
int settle_later(struct entry *, size_t rcpt, const char *why, struct err *e);	/* no result came */
int settle_sync(const struct entry *, struct err *e);

/* After all that were to be tried have been; news: somebody was refused just now. Refusals are reported on stderr, and make *code
 * ERR_UNAVAILABLE; -1 when the state could not be changed. */
int settle(struct entry *, const struct schedule *, int64_t now, int news, int *code, struct err *e);

#endif
