/* SPDX-License-Identifier: ISC */
/* spool.h - the queue: a maildir whose files are envelope and message (envelope.h), named as ident.h says.
 * spool.c tells its states and what makes each step safe. Drafts are entries on their way in; entry.h works on those that
 * are there. */
#ifndef SPOOL_H
#define SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "ident.h"

struct err;

enum spool_box { SPOOL_NEW, SPOOL_CUR };	/* a maildir reader moves entries to cur/: they wait there as well */

struct spool {
	char *path;		/* absolute, no control octets */
	int tmp, box[2];	/* directories */
};

int spool_open(struct spool *, const char *path, int make, struct err *e);	/* 1: there is none, and it is not to be made */
void spool_close(struct spool *);
int spool_sync(const struct spool *, struct err *e);	/* the names in new/ are on disk */
int spool_flush(const struct spool *, struct err *e);	/* all that was written to its file system; on Linux only */
void spool_tidy(const struct spool *);			/* what killed programs left in tmp/ long ago goes */

extern const char *const spool_box_name[];	/* "new", "cur" */
int spool_dir(int at, const char *name);	/* a descriptor, for those who read it; -1 */

struct spool_name {
	char *name;
	char id[IDENT_LEN + 1];		/* "" marks a file that is none of ours */
	int64_t when;
	enum spool_box box;
};

struct spool_list {
	struct spool_name *at;		/* the oldest first; foreign ones before them */
	size_t count, room;
	int more;			/* others follow: spool_list_next */
};

/* All; or the next `most` behind those in the list, which go (an empty list: the first): 1, 0 when there are none, -1. Those that
 * come in between are found where they belong, if that is ahead. */
#define SPOOL_WINDOW 100000
int spool_list_next(const struct spool *, struct spool_list *, size_t most, struct err *e);
int spool_list(const struct spool *, struct spool_list *, struct err *e);
void spool_list_add(struct spool_list *, const char *name, enum spool_box);	/* behind the others */
void spool_list_drop(struct spool_list *, const struct spool_list *seen);	/* those that were seen; both as spool_list made them */
void spool_list_free(struct spool_list *);
char *spool_path(const struct spool *, const struct spool_name *);	/* absolute; the caller frees */

/* A new entry. begin → write to fd → sync → place → spool_sync: then it is safe, and draft_end lets runners have it. */
struct draft {
	const struct spool *spool;
	char name[IDENT_NAME_MAX + 1];	/* in tmp/ */
	char to[IDENT_NAME_MAX + 1];	/* in new/ */
	char id[IDENT_LEN + 1];		/* in that */
	int fd;
	enum { DRAFT_NONE, DRAFT_STAGED, DRAFT_PLACED } at;
};

int draft_begin(struct draft *, const struct spool *, struct err *e);
int draft_derive(struct draft *, const char *from, uint64_t what, struct err *e);	/* its name follows from that one: ident.h */
int draft_sync(struct draft *, struct err *e);
int draft_sync_all(struct draft *, size_t count, struct err *e);	/* together; 8 or more by one flush of the file system */
int draft_place(struct draft *, struct err *e);		/* 1: a derived one that is there already */
void draft_end(struct draft *);		/* it stays */
void draft_abort(struct draft *);	/* it goes, wherever it is */

#endif
