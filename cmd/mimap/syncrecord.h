/* SPDX-License-Identifier: ISC */
/* syncrecord.h - at a run's end: whether each folder is now as its rows say, so that the next run may pass it over.
 * Each maildir is read once more. Only if its files, by name and flags, are those we know of, and its stamp is older than the clock's
 * tick, is the stamp recorded; else "0", and the next run looks. What is known is held as a sum over all files: 8 octets a folder. */
#ifndef MIMAP_SYNCRECORD_H
#define MIMAP_SYNCRECORD_H

#include <stddef.h>
#include <stdint.h>

#include "syncroot.h"

struct err;
struct near;
struct sync_run;
struct syncrecord;

/* A file, NAME and letters: added to the sum, or taken out of it. */
void syncrecord_add(uint64_t *sum, size_t *files, const char *name, uint32_t flags);
void syncrecord_drop(uint64_t *sum, size_t *files, const char *name, uint32_t flags);
void syncrecord_all(uint64_t *sum, size_t *files, struct near *);	/* adds all that the last scan found, less odd files */
/* scanned: stamp of a scan that found just these files and that nothing of ours came after; NULL: to be read again. */
void syncrecord_put(struct sync_run *, const char *mailbox, const char *path, const struct sync_numbers *, uint64_t sum, size_t files,
    const char *scanned);
int syncrecord_commit(struct sync_run *, struct err *e);	/* the root state */
void syncrecord_free(struct syncrecord **);

#endif
