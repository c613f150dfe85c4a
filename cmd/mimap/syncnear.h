/* SPDX-License-Identifier: ISC */
/* syncnear.h - one maildir as it is on disk: a scan that can be believed, and the few things that are done to its files.
 * A file is told by the octets before its ":" (NAME); its flags are the letters behind ":2,". new/ is read before cur/, as files go
 * that way. A scan is *stable* when both directories' stamps were older than the clock's tick before it and the same after it;
 * otherwise the tick is waited for and all is read again, five times at most: then nothing that is missing counts as removed.
 * What can't be a message is listed as odd and never touched: directories, symbolic links and other files that are not regular,
 * names with ";2," and, where two files have one NAME, all but one of them (the one in cur/, of these the last by its info). Its
 * NAME still counts as present. Names that begin with "." are nothing at all.
 * Every operation names the file exactly as it was seen. Whoever renamed, moved or removed it in the meantime wins: the call
 * returns 1, nothing is done, and the next run looks anew. Nothing is ever overwritten.
 * Memory: 24 octets a file and its name, and 8 for finding it. */
#ifndef MIMAP_SYNCNEAR_H
#define MIMAP_SYNCNEAR_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct near;

enum near_odd {
	NEAR_FINE = 0,
	NEAR_DIRECTORY,
	NEAR_LINK,		/* symbolic */
	NEAR_SPECIAL,		/* a socket, device or pipe */
	NEAR_SEMICOLON,		/* ";2," in place of ":2," */
	NEAR_TWICE		/* a second file of one NAME */
};

struct near_file {
	const char *file;	/* its whole name, until the next scan or change of this file */
	uint32_t flags;		/* all letters that have a bit, whether the folder knows them or not (syncflag_here) */
	uint16_t name_len;	/* NAME is so much of it */
	uint8_t in_new;
	uint8_t odd;		/* enum near_odd: not to be touched */
	uint8_t mark;		/* the caller's; 0 after a scan */
	uint8_t gone;		/* removed or moved away by us since the scan */
};

#define NEAR_STAMP 160		/* = SYNC_STAMP: no blanks; "0" where either directory can't be looked at */

/* What tells that nothing was added, removed or renamed in new/ and cur/ since: inode and time of change of both. */
void near_stamp(const char *dir, char out[NEAR_STAMP]);

/* 1: new/ or cur/ is not there (nothing is opened); makes nothing */
int near_open(struct near **, const char *dir, struct err *e);
void near_free(struct near **);
int near_scan(struct near *, struct err *e);		/* 0: stable; 1: not. Reads all anew */
int near_stable(const struct near *);			/* what the last scan returned */
/* The stamp around the last scan, if that was stable; else "0". After changes of ours it no longer is what is on disk: scan again, and
 * compare, before it is recorded. */
const char *near_settled_stamp(const struct near *);
size_t near_count(const struct near *);			/* all, odd and gone ones too */
struct near_file *near_at(struct near *, size_t index);	/* in no particular order */
/* By NAME: an odd file only where there is no fine one; never a gone one. NULL. */
struct near_file *near_find(struct near *, const char *name);
void near_name(const struct near_file *, char out[256]);	/* NAME */
const char *near_why(const struct near_file *);		/* "is a directory": for a warning about an odd one */
void near_path(const struct near *, const struct near_file *, struct buf *out);	/* appends dir/cur/file */

/* All: 0 done, 1 the file is not there any more under this name (or the new name is taken): leave it to the next run; -1. */
/* Opens it: regular, not through a link. The caller closes it. */
int near_read(const struct near *, const struct near_file *, int *fd, struct err *e);
/* The letters of `mask` become those of `flags`, all others stay. A file leaves new/ when it gets its first letter. */
int near_set_flags(struct near *, struct near_file *, uint32_t flags, uint32_t mask, struct err *e);
int near_remove(struct near *, struct near_file *, struct err *e);
/* To another scanned maildir's cur/, with these flags there and no others; its NAME stays. 1 also where the two are on different file
 * systems, or the NAME is taken there. *moved (may be NULL): where it is now; pointers into `to` are good until its next change. */
int near_move(struct near *from, struct near_file *, struct near *to, uint32_t flags, struct near_file **moved, struct err *e);
/* What was renamed, removed or moved here is on disk. Before any commit that builds on it. */
int near_sync(struct near *, struct err *e);

#endif
