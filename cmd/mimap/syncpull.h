/* SPDX-License-Identifier: ISC */
/* syncpull.h - bodies from the server into one folder's maildir, each with its row. Group commit, per 256 messages or 64 MiB:
 * staged in tmp/ → on disk → rows and "unplaced" committed → placed. "unplaced" goes with a later commit of the folder's,
 * after the directories were synced.
 * A message that can't be stored here is named, and the others go on. Memory: a batch of names, and a buffer of fixed size.
 * Borrows all it is given. */
#ifndef MIMAP_SYNCPULL_H
#define MIMAP_SYNCPULL_H

#include <stdint.h>

#include "eol.h"
#include "err.h"
#include "maildir.h"
#include "sink.h"
#include "syncident.h"
#include "uidset.h"

struct imap;
struct progress;
struct response;
struct syncflag_table;
struct syncstate;
struct update_fetch;

struct syncpull {
	struct imap *im;
	const char *path;		/* of the maildir */
	const char *mailbox;
	struct syncstate *state;
	struct syncflag_table *flags;
	struct progress *progress;
	maildir_placed_fn *placed;	/* may be NULL */
	void *placed_ctx;
	/* Told of each message that is staged: its name and flags. */
	void (*kept)(void *ctx, uint32_t uid, const char *name, uint32_t flags);
	void *kept_ctx;

	struct maildir *maildir;	/* its own from here on */
	struct uidset left, headers;	/* asked for; as placeholders */
	struct eol eol;
	struct syncident_run run;
	int streamed, lost;		/* a message under way: it has begun; it can't be stored */
	uint64_t octets, size;		/* of the batch; of the message under way, on the wire */
	uint64_t staged, failed, strays;
	uint32_t first_failed;		/* the lowest UID of these; 0: none */
	int unsettled;			/* the names of files placed may not be on disk */
	int dead;			/* a batch could not be made safe: the state's changes must not be committed any more */
	struct err trouble;
};

int syncpull_ask(struct syncpull *, const struct uidset *, struct err *e);	/* sends UID FETCH ahead */
int syncpull_ask_headers(struct syncpull *, const struct uidset *, struct err *e);	/* placeholders: header and a note */
/* For the handler of whoever sent it. 1: it is a message's body; 0: something else. */
int syncpull_literal(struct syncpull *, const struct response *, const char *item, uint64_t size, sink_fn **, void **ctx, struct err *e);
int syncpull_data(struct syncpull *, const struct response *, const struct update_fetch *, struct err *e);
void syncpull_finish(struct syncpull *);	/* what came is in place, also after errors; trouble tells of messages that are not */
void syncpull_free(struct syncpull *);

#endif
