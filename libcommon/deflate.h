/* SPDX-License-Identifier: ISC */
/* deflate.h - compresses one direction of a byte stream and expands the other (RFC 1951, without a header). Pure: no I/O.
 * zlib is known in deflate.c only; in a build without it deflate_new returns NULL.
 * Memory: 64 KiB to expand, 270 KiB to compress, whatever comes: the caller says how much expanded data it takes at a time, so its limits
 * hold for what was expanded. A megabyte that expands to nothing is ERR_PROTOCOL. */
#ifndef DEFLATE_H
#define DEFLATE_H

#include <stddef.h>
#include <sys/types.h>

struct deflate;
struct err;

int deflate_known(void);	/* 1 if it is built in */
struct deflate *deflate_new(const char *first, size_t n);	/* with what has been read already of the compressed input */
void deflate_free(struct deflate **);

/* Out: takes from *p, *n and returns how much there is to be sent, in *out until the next call; 0 when that was all. With flush, until
 * that 0, the other side can expand all of it; without, some waits inside. */
size_t deflate_pack(struct deflate *, const char **p, size_t *n, int flush, const char **out);
int deflate_waiting(const struct deflate *);	/* something does */

/* In: expands into `to`: > 0, 0 when more input is needed, DEFLATE_END after its end, -1 with *e set. */
enum { DEFLATE_END = -2 };
ssize_t deflate_unpack(struct deflate *, char *to, size_t n, struct err *e);
char *deflate_room(struct deflate *, size_t *n);	/* for input, when more is needed */
void deflate_fed(struct deflate *, size_t n);		/* that much of it was filled */

#endif
