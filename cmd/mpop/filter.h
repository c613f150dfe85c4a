/* SPDX-License-Identifier: ISC */
/* filter.h - a command that judges messages by their headers, before they are fetched. */
#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct listing_msg;
struct pop3;

enum verdict { VERDICT_TAKE, VERDICT_DELETE, VERDICT_SKIP, VERDICT_NONE };	/* the first three are its exit codes */

/* Called for each message, in order; *why is set with VERDICT_NONE: nobody knows, so it stays. */
typedef void filter_fn(void *ctx, struct listing_msg *, enum verdict, const struct err *why);
int filter_each(struct pop3 *, const char *command, int64_t end, struct listing_msg **, size_t count, filter_fn *, void *ctx,
    struct err *e);

#endif
