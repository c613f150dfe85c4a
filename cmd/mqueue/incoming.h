/* SPDX-License-Identifier: ISC */
/* incoming.h - a message on its way into the queue, as `mqueue add` was told: its envelope, its header, and where the rest
 * comes from. A zeroed one is valid and empty. Owns all but the descriptor and the source's name. */
#ifndef INCOMING_H
#define INCOMING_H

#include <stddef.h>

#include "buf.h"
#include "envelope.h"
#include "spool.h"

struct err;
struct job;

struct incoming {
	int fd;
	const char *source;	/* for errors: "standard input", or a path */
	struct buf head;	/* what was read to find the header's end */
	size_t header;		/* of that */
	char *name, *addr;	/* who it is from where neither -f nor the header tells */
	unsigned int notify;
	struct envelope env;
};

int incoming_begin(struct incoming *, const struct job *, int fd, const char *source, struct err *e);
int incoming_store(struct incoming *, struct draft *, struct err *e);	/* all of it is written, nothing synced */
void incoming_free(struct incoming *);		/* also after a -1 */

#endif
