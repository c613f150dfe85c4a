/* SPDX-License-Identifier: ISC */
/* syncroot.h - what both sides of each folder looked like when they were last the same: all that a run reads of a folder in
 * which nothing happened. One ledger, DIR/.pennypost-sync-USER@HOST, locked as long as it is open: a second run gets ERR_TEMP.
 * Key: the mailbox; value: "UIDVALIDITY UIDNEXT MODSEQ MESSAGES STAMP". */
#ifndef MIMAP_SYNCROOT_H
#define MIMAP_SYNCROOT_H

#include <stdint.h>

struct err;
struct syncroot;

#define SYNC_STAMP 160		/* room for a directory's stamp as text, without blanks; "0": look again */

struct sync_numbers {		/* the server's side */
	uint32_t validity, next;
	uint64_t modseq;	/* 0: not known, so that the folder has to be opened */
	uint64_t messages;
};

struct sync_entry {
	struct sync_numbers there;
	char stamp[SYNC_STAMP];
};

int syncroot_open(struct syncroot **, const char *dir, const char *label, struct err *e);
void syncroot_free(struct syncroot **);		/* what is not committed is lost */
int syncroot_is_new(const struct syncroot *);	/* nothing was recorded before */
int syncroot_get(const struct syncroot *, const char *mailbox, struct sync_entry *);	/* 1, or 0: not known */
void syncroot_put(struct syncroot *, const char *mailbox, const struct sync_entry *);	/* nothing is written where it says the same */
void syncroot_remove(struct syncroot *, const char *mailbox);
int syncroot_commit(struct syncroot *, struct err *e);
int syncroot_each(const struct syncroot *, int (*)(void *ctx, const char *mailbox, const struct sync_entry *, struct err *e), void *ctx,
    struct err *e);

#endif
