/* SPDX-License-Identifier: ISC */
/* renamed.h - a server that gives its messages new UIDs (a new disk, a new program, a mailbox rebuilt) would have all that
 * was kept
 * fetched again. Messages that are new, while others that were delivered have gone, are compared with these by their headers:
 * those of
 * equal size, or all where the server knows not one of the UIDs of before. What has the same header is the same message. */
#ifndef RENAMED_H
#define RENAMED_H

#include <stddef.h>

struct err;
struct listing;
struct pop3;
struct seen;

/* Moves the records of such messages to their new UIDs, and forgets what is no longer listed (seen_prune). *adopted says how
 * many. */
int renamed_adopt(struct pop3 *, struct listing *, struct seen *, size_t *adopted, struct err *e);

#endif
