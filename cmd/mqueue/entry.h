/* SPDX-License-Identifier: ISC */
/* entry.h - one waiting message: looked at, or claimed in order to change it.
 * An entry borrows the spool and the name it was found by; both outlive it. */
#ifndef ENTRY_H
#define ENTRY_H

#include <sys/types.h>

#include "envelope.h"
#include "notice.h"
#include "spool.h"

struct entry {
	const struct spool *spool;
	const struct spool_name *name;
	int fd;
	struct envelope env;
	struct notice_said *said;	/* what the last try heard, one a recipient; NULL: there was none, or no more than env has */
	off_t size;		/* of the message, without the envelope */
};

enum { ENTRY_OK = 0, ENTRY_GONE = 1, ENTRY_BUSY = 2 };	/* what the two return, beside -1. GONE: sent or removed meanwhile */

/* As it is this moment, not for changing; and for changing it, BUSY when another process works on it. */
int entry_read(struct entry *, const struct spool *, const struct spool_name *, struct err *e);
int entry_claim(struct entry *, const struct spool *, const struct spool_name *, struct err *e);
int entry_taken(const struct entry *);			/* one that was read: somebody works on it */
int entry_remove(struct entry *, struct err *e);	/* a claimed one */
void entry_close(struct entry *);			/* and gives the claim back */

size_t entry_count(const struct entry *, enum envelope_fate);	/* recipients */

#endif
