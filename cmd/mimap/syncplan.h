/* SPDX-License-Identifier: ISC */
/* syncplan.h - what is to become of one message, given what both sides had last and what each has now. Pure.
 * Flags are merged bit by bit: the side that changed one since decides it (where both did, they agree). A message that one side
 * removed and the other one changed is kept. \Deleted (T) on both sides is a removal of both, as far as `expunge` goes. A
 * removal that may not travel, by `expunge`, becomes \Deleted on the other side; one that may not by the switches leaves all as it is.
 * Either way the row stays, and a later run without the switch decides the same. Moves, pending marks and lost states are sorted out
 * before (syncmatch.h): what comes here is a row, a pair of them without one, or a message that one side alone has. Flags that the
 * server changed on a UID without a row make that a new message again: one passed over before (limits, \Deleted) may be wanted now. */
#ifndef MIMAP_SYNCPLAN_H
#define MIMAP_SYNCPLAN_H

#include <stddef.h>
#include <stdint.h>

struct err;

enum syncplan_switch {		/* of the key `sync`; pull: from the server to here */
	SYNC_PULL_NEW = 1, SYNC_PULL_FLAGS = 2, SYNC_PULL_DELETE = 4,
	SYNC_PUSH_NEW = 8, SYNC_PUSH_FLAGS = 16, SYNC_PUSH_DELETE = 32,
	SYNC_FOLDERS = 64,
	SYNC_PULL = 7, SYNC_PUSH = 56, SYNC_ALL = 127
};

enum syncplan_exact { SYNC_EXACT_NOT, SYNC_EXACT_PULL, SYNC_EXACT_PUSH };	/* a mirror of the server, of the maildir */
enum syncplan_expunge { SYNC_EXPUNGE_BOTH, SYNC_EXPUNGE_SERVER, SYNC_EXPUNGE_LOCAL, SYNC_EXPUNGE_NONE };

struct syncplan_rules {		/* zeroed does nothing; SYNC_ALL and BOTH are the default */
	unsigned int switches;	/* of enum syncplan_switch */
	enum syncplan_exact exact;
	enum syncplan_expunge expunge;
	uint32_t keep;		/* flag bits that the server will not store (PERMANENTFLAGS): they stay here, and are not sent */
};

struct syncplan_message {
	int known;		/* there is a row; its flags are `last` */
	int is_here, is_there;
	int uncertain;		/* here is not to be believed where it says no: the scan was not stable, or an odd file has the NAME */
	uint32_t last, here, there;	/* flags; of what is there only */
};

enum syncplan_act {
	SYNCPLAN_NOTHING,
	SYNCPLAN_FLAGS,		/* set_here and/or store_add, store_del */
	SYNCPLAN_FETCH,		/* there → here, under the flags `here`; a row there is of it is replaced */
	SYNCPLAN_PUT,		/* here → there, with the flags `there`; an old UID's row goes once the new one has its own */
	SYNCPLAN_REMOVE_HERE,	/* unlink; and take the row away if `forget` */
	SYNCPLAN_REMOVE_THERE,	/* EXPUNGE or MOVE to the trash; likewise */
	SYNCPLAN_REMOVE_BOTH,	/* both, then the row goes */
	SYNCPLAN_FORGET		/* the row goes */
};

struct syncplan {		/* flags are to be set as told with any act, before it; here and there are those of the sides that remain */
	enum syncplan_act act;
	int forget;		/* the row goes after it; else it stays or is made, with the flags `last` */
	int set_here;		/* the file is to have the flags `here` */
	uint32_t here;		/* flags it is to have */
	uint32_t there;		/* flags it has there once all is done: what PUT gives it */
	uint32_t store_add, store_del;	/* to be changed there: STORE +FLAGS, -FLAGS */
	uint32_t last;		/* what the row is to say afterwards */
};

void syncplan_decide(const struct syncplan_rules *, const struct syncplan_message *, struct syncplan *);
const char *syncplan_word(enum syncplan_act);	/* "fetch": for -n */

/* The switches out of "pull-new,pull-flags" (also pull, push, all, blanks between): ERR_CONFIG names the word it does not know. */
int syncplan_switches(const char *text, unsigned int *out, struct err *e);
int syncplan_expunge(const char *text, enum syncplan_expunge *out, struct err *e);

/* The brake: a side of `total` messages is to lose `removals`. 1: too many. percent 0: a third; 100: never. Never for 20 or fewer. */
int syncplan_brake(size_t removals, size_t total, unsigned int percent);

/* Limits on what is fetched. */
struct syncplan_limits {
	uint64_t max_size;	/* 0: none */
	int64_t oldest;		/* INTERNALDATE, seconds; 0: none */
	int placeholder;	/* for what is too large, in place of nothing */
};
enum syncplan_want { SYNCPLAN_WHOLE, SYNCPLAN_PLACEHOLDER, SYNCPLAN_SKIP };
/* date 0: not known. What is flagged is always wanted whole. */
enum syncplan_want syncplan_want(const struct syncplan_limits *, uint64_t size, int64_t date, uint32_t flags);

#endif
