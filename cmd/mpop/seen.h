/* SPDX-License-Identifier: ISC */
/* seen.h - what was delivered to one place from one mailbox: mpop's use of the ledger.
 * A file per account and target, locked while open: MAILDIR/.pennypost-mpop-USER@HOST, or for other targets
 * $XDG_STATE_HOME/pennypost/mpop-USER@HOST-command and -stdout. Key: "u:UID" ("h:UID" for -H), for one of several messages with
 * the same UID with TAB SIZE TAB WHICH behind it. Value: "TIME SIZE LETTER NAME": when it was fetched, the size that LIST told
 * (or -), d for delivered, x for deleted on the server as well, m for never fetched but marked as seen, behind the letter the
 * print of its
 * header if it has one (headers.h), the file's name (or -). "n:UID" is for a note that was delivered instead of a large
 * message, "z:UID"
 * holds a size that has turned out to be larger than LIST told. The key "!unplaced" is there while
 * files may wait in tmp/; its value is the TIME of these entries. "!batch" holds the id of a mailbox file's last batch. */
#ifndef SEEN_H
#define SEEN_H

#include <stdint.h>

#include "headers.h"
#include "listing.h"
#include "maildir.h"

struct account;
struct err;
struct seen;

struct seen_entry {
	int64_t time;
	uint64_t size;		/* or LISTING_NO_SIZE */
	int deleted, marked;
	char print[HEADERS_PRINT];	/* or "" */
	const char *name;
};

/* maildir NULL: below the state directory, named after kind, or after a hash of it where it is a path. The caller frees. */
char *seen_mailbox(const struct account *);	/* "ann@pop.example.org", fit for a file name; the caller frees */
char *seen_path(const struct account *, const char *maildir, const char *kind);
/* ERR_TEMP: another run has it. */
int seen_open(struct seen **, const char *path, const struct account *, int headers, struct err *e);
/* The same, but makes none: *s is NULL where there is none yet. */
int seen_peek(struct seen **, const char *path, const struct account *, int headers, struct err *e);
void seen_free(struct seen **);
size_t seen_count(const struct seen *);
int seen_is_new(const struct seen *);		/* there was no ledger, or it is gone */

/* Entries are found by UID. A deleted one whose size has changed is another message with a used UID. NULL knows none. */
int seen_get(const struct seen *, const struct listing_msg *, struct seen_entry *);	/* 1, or 0; name until the next change */
void seen_put(struct seen *, const struct listing_msg *, const char *name, const char *print);	/* print may be NULL */
void seen_mark(struct seen *, const struct listing_msg *);		/* as seen, though it was not fetched */
void seen_note(struct seen *, const struct listing_msg *, const char *name);
int seen_noted(const struct seen *, const struct listing_msg *);
void seen_outsized(struct seen *, const struct listing_msg *, uint64_t size);
uint64_t seen_size(const struct seen *, const struct listing_msg *);	/* what is known: LIST's, or more; LISTING_NO_SIZE */
/* Called for what was delivered, not deleted, has a print, and is no longer listed. Returns how many entries in all are not
 * listed:
 * where there are none, seen_prune has nothing to do. */
typedef void seen_gone_fn(void *ctx, const char *key, const struct seen_entry *);
size_t seen_gone(const struct seen *, const struct listing *, seen_gone_fn *, void *ctx);
/* the record under key is that of this message now */
void seen_adopt(struct seen *, const char *key, const struct listing_msg *);
void seen_deleted(struct seen *, const struct listing_msg *);
int seen_commit(struct seen *, struct err *e);
void seen_batch(struct seen *, const char *id);	/* goes with the entries of a mailbox file's batch (deliver.h) */
const char *seen_batch_id(const struct seen *);		/* of the last one, or NULL; until the next change */
void seen_placed(struct seen *);	/* nothing waits in tmp/ any more; promised with the next commit */

/* Places what a killed run recorded and did not place; its paths go to fn (may be NULL). An entry whose file is nowhere is
 * forgotten if maildir readers may have cleaned tmp/ meanwhile (36 hours): then the message is fetched again rather than lost. */
int seen_recover(struct seen *, struct maildir *, maildir_placed_fn *, void *ctx, struct err *e);
/* Forgets what the server no longer lists. A server that lists nothing at all may have lost its disk: only what we deleted. */
void seen_prune(struct seen *, const struct listing *);

#endif
