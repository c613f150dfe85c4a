/* SPDX-License-Identifier: ISC */
/* syncpair.h - which folder here is which one there, and what is to become of each. Pure.
 * Folders are told by name; one that changed its name is told by what it holds: here by the state that lies in its directory, there
 * by a UIDVALIDITY that no other known one has there and a UIDNEXT that did not go back, which is to be verified. Renamed on both
 * sides, the server's name holds. Nothing that vanished here is ever a reason to remove anything there, unless that is asked
 * for. Two folders that changed names with each other are not followed: they are matched by content. */
#ifndef MIMAP_SYNCPAIR_H
#define MIMAP_SYNCPAIR_H

#include <stddef.h>
#include <stdint.h>

#include "syncroot.h"

struct synclist_folder;

struct sync_here {		/* a maildir */
	const char *name, *path;
	char stamp[SYNC_STAMP];
	const char *origin;	/* where the stamp is not the recorded one: the mailbox its own state is of; NULL: none */
	uint32_t origin_validity;
};

struct sync_known {		/* a line of the root state */
	const char *name;
	struct sync_entry entry;
};

enum sync_job {
	SYNC_SAME,		/* neither side changed: nothing is opened */
	SYNC_OPEN,		/* both are there */
	SYNC_CREATE_HERE,	/* then opened; also where a directory vanished that was there (lost) */
	SYNC_CREATE_THERE,	/* then opened */
	SYNC_RENAME_HERE,	/* from → name, then opened; from is its name here now, which need not be known's */
	SYNC_RENAME_THERE,	/* from → name, then opened */
	SYNC_REMOVE_HERE,	/* the mailbox is gone there */
	SYNC_REMOVE_THERE,	/* the maildir is gone here, and that is to count */
	SYNC_FORGET		/* gone on both sides: the root state's line goes */
};

struct sync_pair {
	enum sync_job job;
	const char *name, *from;
	const struct sync_here *here;		/* NULL: not there (yet) */
	const struct synclist_folder *there;	/* likewise */
	const struct sync_known *known;		/* of name, or of from; NULL */
	int implied;		/* renamed: the rename of a folder above brings it along */
	int whole;		/* RENAME_HERE: all folders below it come along, so the directory can be renamed as one */
	int verify;		/* it is taken for the one we know by UIDVALIDITY alone: rows are to be matched, not trusted */
	int lost;		/* CREATE_HERE of what was here once: worth a warning */
};

struct sync_sides {		/* each by name as synctree_order has it */
	const struct sync_here *here;
	const struct synclist_folder *there;
	const struct sync_known *known;
	size_t heres, theres, knowns;
	int remove_there;	/* --remove */
	int plusplus;		/* layout maildir++: directories do not lie in each other */
};

struct sync_pairs {		/* zeroed is valid and empty; renames come first, in an order that works, removals last */
	struct sync_pair *pair;
	size_t count;
};

void syncpair_make(struct sync_pairs *, const struct sync_sides *);	/* borrows all it is given */
void syncpair_free(struct sync_pairs *);

#endif
