/* SPDX-License-Identifier: ISC */
/* syncstate.h - what a folder looked like on both sides when they last agreed, message by message.
 * A ledger (libcommon/ledger.h) in the maildir itself, DIR/.pennypost-folder-LABEL, so that it moves with the directory:
 *	!mailbox	its name on the server	(!validity, !next, !modseq: numbers of the server's side; !unplaced: files may wait in tmp/)
 *	UID		LETTERS IDENT SIZE NAME: a message both sides have. LETTERS: the flags that both had last, "-" for none; IDENT and SIZE:
 *			syncident.h, "-" and 0 where not known; NAME: of its file, less what follows the ":"; nothing where it has none here (it was left out)
 *	^NAME		NEXT: this file may be on the server already, under a UID of NEXT or above: it is matched before it is sent
 * It is locked as long as it is open. What is put is seen at once, and promised after syncstate_commit: one fdatasync.
 * A row stays until it is removed, also where only one side has its message (a removal that must not travel).
 * The struct owns all. Rows and strings it gives are its own: rows until the next put or commit, a string until its own row's or
 * value's next change. Limits: 256 MiB of file; a NAME of 255 octets. About 72 octets of memory a row beside its text. */
#ifndef MIMAP_SYNCSTATE_H
#define MIMAP_SYNCSTATE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct syncstate;

struct syncstate_row {
	uint32_t uid;
	uint32_t flags;		/* both sides' last ones (syncflag.h) */
	uint64_t ident, size;	/* 0: not known */
	const char *name;	/* of the file, less what follows ":"; NULL: it has none here */
};

/* Opens or makes it. Where files may wait in tmp/ they are placed first; a row whose file the disc lost is dropped (it is fetched
 * again). The maildir must be there. ERR_TEMP: another run has it; ERR_DATA: it is none, and stays untouched. */
int syncstate_open(struct syncstate **, const char *dir, const char *label, struct err *e);
void syncstate_free(struct syncstate **);	/* what is not committed is lost */
int syncstate_is_new(const struct syncstate *);	/* nothing was recorded before */
/* A folder's mailbox and UIDVALIDITY without opening it: 1, or 0 where there is no state. *mailbox is the caller's to free. */
int syncstate_origin(const char *dir, const char *label, char **mailbox, uint32_t *validity, struct err *e);

/* Header values, named without their "!"; any name that no key of ours has is fine too. */
const char *syncstate_text(const struct syncstate *, const char *name);	/* NULL: none */
uint64_t syncstate_number(const struct syncstate *, const char *name);	/* 0: none */
void syncstate_set_text(struct syncstate *, const char *name, const char *value);	/* NULL removes it */
void syncstate_set_number(struct syncstate *, const char *name, uint64_t);	/* 0 removes it */
#define SYNCSTATE_MAILBOX "mailbox"
#define SYNCSTATE_VALIDITY "validity"
#define SYNCSTATE_NEXT "next"
#define SYNCSTATE_MODSEQ "modseq"
#define SYNCSTATE_UNPLACED "unplaced"

/* Rows. An index is good until the next commit: what was removed since the last one is NULL, new UIDs are behind the others. A walk
 * from 0 to the count, taken before it, may put and remove as it likes. */
size_t syncstate_count(const struct syncstate *);
const struct syncstate_row *syncstate_at(const struct syncstate *, size_t index);	/* by UID, as of the last commit; NULL: removed since */
const struct syncstate_row *syncstate_uid(const struct syncstate *, uint32_t uid);	/* NULL: none */
size_t syncstate_from(const struct syncstate *, uint32_t uid);	/* the index of the first row with that UID or above; the count: none */
const struct syncstate_row *syncstate_name(const struct syncstate *, const char *name);	/* NULL: none */
/* Adds or replaces. Two rows never have one file: another row that had this NAME is removed. */
void syncstate_put(struct syncstate *, const struct syncstate_row *);
void syncstate_set_flags(struct syncstate *, uint32_t uid, uint32_t flags);
void syncstate_remove(struct syncstate *, uint32_t uid);
void syncstate_forget(struct syncstate *);	/* all rows; pending marks and header values stay */

/* Pending marks. */
void syncstate_pend(struct syncstate *, const char *name, uint32_t next);
void syncstate_unpend(struct syncstate *, const char *name);
uint32_t syncstate_pending(const struct syncstate *, const char *name);	/* NEXT, 0: it has none */
size_t syncstate_pendings(const struct syncstate *);
typedef int syncstate_pending_fn(void *ctx, const char *name, uint32_t next, struct err *e);
int syncstate_each_pending(const struct syncstate *, syncstate_pending_fn *, void *ctx, struct err *e);	/* no changes meanwhile */

int syncstate_commit(struct syncstate *, struct err *e);

#endif
