/* SPDX-License-Identifier: ISC */
/* rebuild.h - a ledger that is gone (a home restored without it, a maildir moved to another machine, another program's maildir)
 * would have all that the server still has fetched again. Instead, what is in the maildir is compared with it: a message with the
 * same header, a Message-ID in it, and the same size is here already. The size keeps a file that was cut short from standing for
 * the message. */
#ifndef REBUILD_H
#define REBUILD_H

#include <stddef.h>
#include <time.h>

struct err;
struct listing;
struct pop3;
struct seen;

/* Records those that are in new/ and cur/ below path; *known says how many. For a ledger that is new, and a listing with sizes.
 * Files younger than began, unless that is 0, are passed over: another account of this run brings them. */
int rebuild(struct pop3 *, const struct listing *, struct seen *, const char *path, struct timespec began, size_t *known,
    struct err *e);

#endif
