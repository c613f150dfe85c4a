/* SPDX-License-Identifier: ISC */
/* sync.h - what the parts of `mimap sync` share: the run, and a folder of it from its opening to its record.
 * A folder goes through these steps, each of which sends ahead what it can, so that many folders' steps overlap on the wire:
 *	syncfolder_begin	opens state and maildir, scans
 *	syncfolder_ask		SELECT, and what is different there (syncfar.h)
 *	syncmeet		both sides are held against what was known: a list of actions (syncplan.h)
 *	syncmove		a removal in one folder and a new message in another that are the same become a move
 *	syncpush_mark, _send	what must be known after a crash is committed; then changes go out, and here
 *	syncfolder_settle	answers are in; rows are committed
 * and at the run's end syncrecord makes sure that the next run may pass it over. A folder that has failed is left as it is; the
 * others go on. */
#ifndef MIMAP_SYNC_H
#define MIMAP_SYNC_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "progress.h"
#include "syncfar.h"
#include "syncflag.h"
#include "synclist.h"
#include "syncplan.h"
#include "syncpull.h"
#include "syncroot.h"
#include "synctree.h"
#include "syncwire.h"

struct mimap;
struct near;
struct near_file;
struct sync_run;
struct syncfolder;
struct syncrecord;
struct syncstate;

struct sync_opts {
	struct syncplan_rules rules;
	struct syncplan_limits limits;
	unsigned int percent;		/* max-delete; 0: a third */
	int dry, force, remove, paths;
	const char *where;		/* -d, or NULL */
	char *dir;
	char *trash;			/* where removed messages go, or NULL: they are expunged */
	int plusplus;			/* layout */
	char **patterns;
	size_t pattern_count;
	char **configured;		/* the patterns' storage where the configuration names them; NULL: none */
};

enum sync_count {		/* for the summary */
	SYNC_FETCHED, SYNC_STORED, SYNC_FLAGS_HERE, SYNC_FLAGS_THERE, SYNC_REMOVED_HERE, SYNC_REMOVED_THERE, SYNC_MOVED, SYNC_COUNTS
};

struct sync_run {
	struct sync_opts opts;
	struct mimap *m;
	struct imap *im;
	struct syncwire wire;
	struct synctree tree;
	char *label;			/* user@host: names the states */
	char code[24];			/* of the switches: part of what a folder's stamp says */
	struct syncroot *root;
	struct synclist list;
	struct syncfolder *selected;	/* whose mailbox was opened last, as far as is sent */
	int far_moves;			/* messages may have been moved there: what is new is looked at before it is fetched */
	struct syncrecord *record;
	uint64_t count[SYNC_COUNTS];
	struct progress progress;
	struct err trouble;		/* the first; those after it were told at once */
	uint64_t all_messages;		/* of all folders, as they were known */
	uint64_t removed_whole;		/* of these, in folders that were removed */
	int braked;
};

struct sync_action {
	struct syncplan_message m;
	struct syncplan plan;
	uint32_t uid;			/* 0: it is only here */
	char *name;			/* of the file; NULL: it is only there */
	uint64_t ident, size, size_up;	/* 0: not known */
	int64_t date;
	uint32_t from;			/* of its pending mark: the UIDs it may have; 0: it had none */
	unsigned int tag;		/* of the last command that is to carry it out; 0: none */
	uint8_t was_pending;		/* an interrupted run may have stored it */
	uint8_t part;			/* fetch only its header */
	uint8_t left_out;		/* by limits or switches: a row without a file */
	uint8_t whole;			/* fetch all of what is a placeholder here */
	uint8_t gone;			/* the server says that it is removed, or moved away */
	uint8_t refused;		/* by the server; or it could not be done here */
	uint8_t moved;			/* the end of a move that another folder's action is the beginning of */
	struct syncfolder *to;		/* a move: to that folder */
	struct syncfolder *source;	/* a move here, by what was done there: the file comes from that folder */
	size_t to_action;		/* its other end there */
};

struct sync_command {			/* sent, and about these UIDs */
	unsigned int tag;
	int last;			/* what it is about is carried out with it */
	struct uidset set;
};

struct sync_told {			/* flags of a message; the last word counts */
	uint32_t uid, flags;
	size_t order;
};

struct syncfolder {
	struct syncfolder *next;
	struct sync_run *run;
	char *name, *path;
	struct sync_numbers told;	/* by the server, before it was opened */
	int warn_lost;			/* its maildir vanished: say so */
	struct syncstate *state;
	struct near *near;
	struct syncflag_table flags;
	struct syncplan_rules rules;
	struct syncfar far;
	struct syncpull pull;
	int lost;			/* what was known of it is of no use: messages are matched by what they are */
	int verify;			/* lost only as long as nothing shows that this is the mailbox its rows are about */
	struct sync_action *action;
	size_t actions, room;
	char **stale;			/* files that had pending marks, and are no longer here */
	size_t stales;
	size_t here, there;		/* messages on each side */
	uint32_t stranger;		/* the lowest UID of what is there, should be known and is not; 0: none */
	int miscounted;			/* what the server told is not all that it holds: all of which there is no row is asked for again */
	int held;			/* something there was seen and is not in the rows: it must be told again */
	int again;			/* it is to be opened by the next run, whatever the numbers say */
	int dead;			/* nothing may be committed any more */
	int going;			/* its changes may be made */
	size_t weight;			/* in rows */
	struct err trouble;		/* the first */

	struct syncwire_flight flight;	/* changes */
	struct sync_command *command;
	size_t commands;
	unsigned int confirm_tag, first_append;
	struct sync_told *told_again;	/* while it was changed, and by the last command */
	size_t told_agains, told_room;
	struct uidset told_gone;	/* VANISHED, in the same flight */
	uint64_t told_modseq;		/* the highest that was told: all up to there is known */
	uint32_t told_exists;
	int looked_again;		/* it has been answered */
	size_t answered;		/* all uploads before this action have their answer */
	int unknown;			/* what was uploaded has a UID that we do not know */
	int hopeless;			/* no other upload will be taken either */
	uint64_t sum;			/* of names and flags here, as they should be by now (syncrecord.h) */
	size_t files;
};

struct sync_action *sync_action_add(struct syncfolder *);
struct syncfolder *syncfolder_new(struct sync_run *, const char *name, const char *path, const struct sync_numbers *);
void syncfolder_free(struct syncfolder **);
/* -1 only where the run is at its end; what is wrong with the folder alone is its trouble. */
int syncfolder_begin(struct syncfolder *);	/* -1: it has failed, nothing was sent */
int syncfolder_ask(struct syncfolder *, struct err *e);
int syncfolder_fail(struct syncfolder *, const struct err *);	/* notes the trouble, if it is the first; -1 */
int syncfolder_commit(struct syncfolder *);	/* what is known of it is on disk */
int syncfolder_settle(struct syncfolder *, struct err *e);
/* After the answers: the list of actions. */
int syncmeet(struct syncfolder *, struct err *e);
void syncmeet_verify(struct syncfolder *);	/* no longer lost where the rows turn out to be about this mailbox */
int syncmeet_unknown(struct syncfolder *, struct err *e);	/* files whose UIDs are not known */
int syncmeet_held(const struct syncfolder *, const struct sync_action *);	/* the rows will not tell all of what is there */
int syncmeet_ident(struct syncfolder *, struct sync_action *);	/* of its file: 0, or -1 where it can't be read now */
void syncmove(struct syncfolder *first);	/* over all from there on */
int syncmeet_brake(struct syncfolder *);	/* 1: too much would be removed; it is said, and nothing of it will be done */
/* What is to be on disk before anything is done: -1 if it is not, then nothing may be. */
int syncpush_mark(struct syncfolder *);
void synchere(struct syncfolder *);		/* carries out what is to be done in the maildir */
void synchere_leave_out(struct syncfolder *, const struct sync_action *, uint32_t flags);	/* a row without a file */
int syncpush_send(struct syncfolder *, struct err *e);
int syncpush_await(struct syncfolder *, struct err *e);
int syncpush_to_trash(const struct syncfolder *);	/* what is removed there goes to the trash */
void syncpush_handler(struct syncfolder *, struct imap_handler *);
void syncpush_row(struct syncfolder *, const struct sync_action *, uint32_t uid, uint32_t flags);

#endif
