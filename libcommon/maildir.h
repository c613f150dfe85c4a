/* SPDX-License-Identifier: ISC */
/* maildir.h - staged, group-committed delivery into a maildir.
 * Order for each batch: stage any number of files in tmp/ → maildir_sync: their data and tmp/ are on disk → the caller makes
 * its own record (ledger) durable → maildir_place: rename into new/ or cur/, never over an existing file, then sync the
 * directory. A message is never seen before it is safe; a thousand cost a handful of flushes.
 * Files 0600, directories 0700, made where missing (parents too). A directory that holds other things and no part of a maildir is
 * refused. A write that fails drops the file begun and nothing else; the error names it. A file is named time.MusecPpidQn.host,S=size: tmp/ holds it
 * under the same name less the ,S= part. The struct owns its directory descriptors and unplaced files: maildir_free removes
 * staged files that were not synced, and leaves synced ones for recovery. */
#ifndef MAILDIR_H
#define MAILDIR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "sink.h"

struct maildir;
struct err;

int maildir_open(struct maildir **, const char *path, struct err *e);	/* makes it */
void maildir_free(struct maildir **);
const char *maildir_path(const struct maildir *);

int maildir_begin(struct maildir *, struct err *e);			/* a new file in tmp/ */
sink_fn maildir_write;							/* ctx is the maildir: buffered, write-back started early */
int maildir_stage(struct maildir *, const char *flags, time_t mtime, struct err *e);	/* ends the file; flags "" → new/, "S" → cur/NAME:2,S;
									 * NULL likewise new/; mtime 0 = leave. Afterwards: */
const char *maildir_name(const struct maildir *);			/* the last staged file's name, S= with it, flags not: what a ledger records */
void maildir_abort(struct maildir *);					/* drops the file begun, if any */
size_t maildir_count(const struct maildir *);				/* staged, not placed */

int maildir_sync(struct maildir *, struct err *e);			/* all staged data and names are on disk */
typedef void maildir_placed_fn(void *ctx, const char *path);		/* path as a mail tool wants it: DIR/new/NAME */
int maildir_place(struct maildir *, maildir_placed_fn *, void *ctx, struct err *e);	/* fn may be NULL. After an error those not placed are still staged */
/* The same for batch after batch: the directories are synced by maildir_settle, at the latest before anything says that the files
 * need no recovery any more. */
int maildir_place_soon(struct maildir *, maildir_placed_fn *, void *ctx, struct err *e);
int maildir_settle(struct maildir *, struct err *e);

/* Recovery: a name that a ledger holds. If it still waits in tmp/ it is placed (synced with it): 1; else 0: it was delivered before.
 * 2: it waited, but has not the size that its name tells (the disc lost data that was synced). It is removed: take its key out of
 * the ledger and fetch it again. Cheap for any number of names: tmp/ is read once. */
int maildir_recover(struct maildir *, const char *name, const char *flags, struct err *e);
int maildir_has(struct maildir *, const char *name);			/* in new/ or cur/, whatever its flags: 1, else 0; -1 with errno when they can't
									 * be read. Reads cur/ at most once */
void maildir_tidy(struct maildir *);					/* removes tmp/ files older than 36 hours, as maildir readers do;
									 * after recovery, never before */

#endif
