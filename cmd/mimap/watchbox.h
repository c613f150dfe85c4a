/* SPDX-License-Identifier: ISC */
/* watchbox.h - what mimap watch knows of one mailbox, and how responses change it. Pure: events go to a function.
 * The UIDs there are, in order, make UIDs of the sequence numbers in EXPUNGE and FETCH; UIDVALIDITY, the highest UID and HIGHESTMODSEQ
 * tell after an interruption what was missed, so that nothing is, and nothing is told twice. \Recent counts for nothing.
 * Limits: 10 million messages; more than 100,000 events of one look are one, "reset". */
#ifndef MIMAP_WATCHBOX_H
#define MIMAP_WATCHBOX_H

#include <stddef.h>
#include <stdint.h>

#include "uidset.h"

struct err;
struct imap_mailbox;
struct response;
struct update_status;

/* event: "new", "flags" and "expunge" have a UID; "reset" (all may have changed), "created" and "deleted" (the mailbox) have none,
 * 0. flags as "seen,flagged" or "-"; NULL where they are not told. */
typedef void watchbox_tell(void *ctx, const char *mailbox, const char *event, uint32_t uid, const char *flags);

struct watchbox {			/* zeroed but for the name is valid */
	char *name;
	struct uidset uids;
	uint32_t uidvalidity, uidnext;	/* uidvalidity 0: not told yet. uidnext: above every UID that was told */
	uint64_t modseq;		/* flags are known up to this; 0: the server does not say */
	int known;			/* it was looked at */
	int dirty;			/* it is to be looked at */
	int again;			/* looks in a row as the one before was outrun */
	int gone;			/* the server has no such mailbox */
	uint64_t messages, status_modseq;	/* of the last STATUS, where status_told has it (update.h) */
	uint32_t status_next;
	unsigned int status_told;
};

#define WATCHBOX_MESSAGES 10000000u
#define WATCHBOX_EVENTS 100000u

void watchbox_free(struct watchbox *);
uint32_t watchbox_uid(const struct uidset *, uint32_t number);	/* of the message in that place; 0: not known */

/* While it is open, and not being looked at: EXPUNGE, VANISHED, FETCH of flags. 1 if it was one of these. */
int watchbox_live(struct watchbox *, const struct response *, watchbox_tell *, void *ctx, struct err *e);
/* Its STATUS: 1 where that tells of something else than the last one did, or than is known. */
int watchbox_status(struct watchbox *, const struct update_status *);

/* A look at it. What comes is gathered, and becomes known and is told only when the look is complete: one that is cut short is as if it
 * had not been. Zeroed is a new one. */
struct watchbox_look {
	struct uidset found;		/* by SEARCH of all */
	int searched;
	uint64_t modseq;		/* the highest that FETCH told */
	struct watchbox_news { uint32_t uid; char *flags; } *news;
	size_t count, room;
	int flood;			/* too many to tell */
};
/* FETCH, SEARCH, ESEARCH, EXPUNGE, VANISHED: 1 if it was one of these. */
int watchbox_see(const struct watchbox *, struct watchbox_look *, const struct response *, struct err *e);
/* Complete: the mailbox as it said it is when it was opened. Frees the look. ERR_PROTOCOL where it can't be true. */
int watchbox_settle(struct watchbox *, struct watchbox_look *, const struct imap_mailbox *, watchbox_tell *, void *ctx, struct err *e);
void watchbox_look_free(struct watchbox_look *);

#endif
