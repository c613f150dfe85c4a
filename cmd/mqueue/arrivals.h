/* SPDX-License-Identifier: ISC */
/* arrivals.h - hears of entries that come into the queue, or are changed there, without looking for them: inotify(7) on Linux,
 * kqueue(2) on the BSDs. Neither hears of what other machines do to a shared directory. */
#ifndef ARRIVALS_H
#define ARRIVALS_H

#include "spool.h"

struct arrivals {
	int fd;			/* for poll; -1 where nothing can be heard */
	int box[2];		/* the system's names for new/ and cur/ */
	int root;		/* and for the queue itself */
};

#define ARRIVALS_CAME 1		/* names have been added to the list */
#define ARRIVALS_CHANGED 2	/* so they have, but of entries that were there before */
#define ARRIVALS_LOST 4		/* something has happened: look at everything */
#define ARRIVALS_GONE 8		/* and the directory is another now, or none */

void arrivals_open(struct arrivals *, const struct spool *);
int arrivals_read(struct arrivals *, struct spool_list *);	/* what has come, or 0 */
void arrivals_close(struct arrivals *);

#endif
