/* SPDX-License-Identifier: ISC */
/* netwatch.h - hears from the kernel when a way out comes up: a link that carries again, a new address, a new default route.
 * Each is remembered until it goes, for the kernel repeats them (an address whose lease is renewed, a route advertised
 * again): what is not known yet counts. What was there before we listened counts once, when it is first heard of. */
#ifndef NETWATCH_H
#define NETWATCH_H

#include <stddef.h>
#include <stdint.h>

#define NETWATCH_KNOWN 128	/* more are forgotten all at once */

struct netwatch {
	int fd;			/* for poll; -1 where the system can't tell */
	struct netwatch_known {
		uint32_t link;
		uint64_t what;	/* digest */
	} known[NETWATCH_KNOWN];
	size_t count;
};

void netwatch_open(struct netwatch *);
int netwatch_read(struct netwatch *);	/* what has come: 1 when something has come up */
int netwatch_take(struct netwatch *, const void *messages, size_t);	/* the same of these */
void netwatch_close(struct netwatch *);

#endif
