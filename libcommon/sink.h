/* SPDX-License-Identifier: ISC */
/* sink.h - where bytes go that something else produces: one function type, called in order, any chunk sizes.
 * Returns 0, or -1 with *e set, which stops the producer. */
#ifndef SINK_H
#define SINK_H

#include <stddef.h>

struct err;

typedef int sink_fn(void *ctx, const char *data, size_t len, struct err *e);

int sink_buf(void *buf, const char *, size_t, struct err *);	/* ctx is a struct buf */
int sink_fd(void *fd, const char *, size_t, struct err *);	/* ctx is an int *: writes it all; ERR_IO (EPIPE too) */

#endif
