/* SPDX-License-Identifier: ISC */
/* syncdir.h - folders as directories: made, renamed and removed so that they are so on disk.
 * A directory is a folder as long as it holds cur/: that is made last, moved last and removed last, so what a kill interrupts is
 * found again as the folder it was, and done again. */
#ifndef MIMAP_SYNCDIR_H
#define MIMAP_SYNCDIR_H

struct err;
struct synctree;

int syncdir_create(const struct synctree *, const char *mailbox, struct err *e);	/* fine where it is there already */
/* whole: everything in the directory comes along; else, or where the new directory is there already (but no folder), only the maildir
 * does, with its state and keywords, and folders below stay. ERR_CANTCREAT where the new name is a folder. */
int syncdir_rename(const struct synctree *, const char *from, const char *to, int whole, const char *label, struct err *e);
/* After its messages are gone: state, keywords, the three directories and, where nothing else is in them, the directory itself and
 * those above it below DIR. ERR_DATA: it holds something still, and stays. */
int syncdir_remove(const struct synctree *, const char *mailbox, const char *label, struct err *e);

#endif
