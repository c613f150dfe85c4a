/* SPDX-License-Identifier: ISC */
/* synctree.h - the maildirs below a directory, and the mailbox that each one is.
 * verbatim: INBOX is DIR/INBOX, Lists/c is DIR/Lists/c. maildir++: INBOX is DIR itself, Lists/c is DIR/.Lists.c, other letters than
 * ASCII in modified UTF-7 as Dovecot writes them.
 * A name comes from a server, so each of its levels is looked at before it is a directory: what would leave DIR, hide, or be a part of
 * a maildir (.x, .., cur, new, tmp, dovecot-keywords, controls) has its first octet written as %XX; a % that two hexadecimal digits
 * follow is %25. One name is one directory and the other way round; a directory that has no such name is not ours.
 * Limits: 32 levels, 100,000 directories. */
#ifndef MIMAP_SYNCTREE_H
#define MIMAP_SYNCTREE_H

#include <stddef.h>

struct buf;
struct err;

struct synctree {
	const char *dir;
	int plusplus;		/* layout maildir++ */
};

struct synctree_folder {
	char *name;		/* the mailbox, UTF-8, "/" between levels */
	char *path;
};

struct synctree_list {		/* zeroed is valid and empty */
	struct synctree_folder *folder;
	size_t count, room;
};

/* Appends the directory of a mailbox. ERR_DATA: an empty level, no UTF-8, too deep; it names the mailbox. */
int synctree_path(const struct synctree *, const char *mailbox, struct buf *out, struct err *e);
/* All there are, by name, INBOX first. No DIR is no folders. A directory that is no mailbox's is told to `odd` (may be NULL). */
int synctree_walk(const struct synctree *, struct synctree_list *, void (*odd)(const char *path), struct err *e);
void synctree_free(struct synctree_list *);
int synctree_order(const char *a, const char *b);	/* by name, INBOX first: for qsort and bsearch */

/* "Lists*", "!Lists/noise": the last pattern that matches decides; none given is all; a first one with "!" takes from all. */
int synctree_wanted(char *const *patterns, size_t count, const char *mailbox);

#endif
