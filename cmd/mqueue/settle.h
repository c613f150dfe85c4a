/* SPDX-License-Identifier: ISC */
/* settle.h - what becomes of a claimed entry: each recipient's fate is recorded, then the entry goes, waits or is held.
 * spool.c tells in which order. */
#ifndef SETTLE_H
#define SETTLE_H

#include "entry.h"
#include "result.h"

struct err;
struct settings;

/* Writes one recipient's fate; *unsynced is set when it needs settle_sync. After a -1 only the struct knows the fate. */
int settle_record(struct entry *, size_t rcpt, const struct result *, int *unsynced, struct err *e);
int settle_later(struct entry *, size_t rcpt, const char *why, struct err *e);	/* no result came */
int settle_sync(const struct entry *, struct err *e);

/* Senders who are to be told are; before anything is tried, lest others join those of a notice that a crash left half done. */
int settle_tell(struct entry *, const struct settings *, int64_t now, struct err *e);

int settle_overdue(const struct envelope *, const struct settings *, int64_t now);	/* given up, or to be told of the delay */

/* After all that were to be tried have been; news: somebody was refused just now; offline: nobody was reached, it is no try.
 * Refusals that the sender can't be told of are reported on stderr, and make *code ERR_UNAVAILABLE; -1 when the state could
 * not be changed. */
enum { SETTLE_NEWS = 1, SETTLE_OFFLINE = 2 };
int settle(struct entry *, const struct settings *, int64_t now, int how, int *code, struct err *e);

#endif
