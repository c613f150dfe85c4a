/* SPDX-License-Identifier: ISC */
/* synclist.h - the server's mailboxes with the numbers that tell whether anything happened in them: one turn with LIST-STATUS
 * (RFC 5819), else two: LIST, then a STATUS each, pipelined; with HIGHESTMODSEQ of CONDSTORE (RFC 7162). MAILBOXID (RFC 8474) is
 * not asked for: Cyrus 3.6 answers with octets that are none.
 * Limits: 100,000 mailboxes. */
#ifndef MIMAP_SYNCLIST_H
#define MIMAP_SYNCLIST_H

#include <stddef.h>

#include "syncroot.h"

struct err;
struct imap;

struct synclist_folder {
	char *name, *wire;
	const char *role;	/* "trash", or NULL */
	int selectable;
	int odd;		/* its name is none: to be left alone, with a warning */
	int counted;		/* numbers has the server's answer */
	struct sync_numbers numbers;
};

struct synclist {		/* zeroed is valid and empty; by name, INBOX first */
	struct synclist_folder *folder;
	size_t count, room, at;
};

/* Of those that the patterns want (synctree.h). Waits for all answers, also to what was sent ahead before (ENABLE). */
int synclist_get(struct imap *, struct synclist *, char *const *patterns, size_t count, struct err *e);
struct synclist_folder *synclist_find(const struct synclist *, const char *name);
void synclist_free(struct synclist *);

#endif
