/* SPDX-License-Identifier: ISC */
/* delivering.h - what deliver.c (the kinds of target) and the files of single kinds share. */
#ifndef DELIVERING_H
#define DELIVERING_H

#include <stddef.h>
#include <sys/types.h>

#include "deliver.h"
#include "mboxrd.h"

#define DELIVER_BATCH 256

struct mboxfile;

struct deliver_kind_ops {
	size_t batch;
	int (*begin)(struct deliver *, struct err *);
	sink_fn *write;
	int (*end)(struct deliver *, struct err *);
	void (*abort)(struct deliver *);
	int (*sync)(struct deliver *, struct err *);
	int (*place)(struct deliver *, struct err *);
};
extern const struct deliver_kind_ops deliver_to_command, deliver_to_stdout, deliver_to_mbox;

struct deliver {
	const struct deliver_kind_ops *kind;
	struct maildir *maildir;
	struct deliver_opts opts;
	int spool;		/* the message under way, or -1; for a mailbox file all messages of the batch */
	char *out;		/* what mboxrd made, not yet written */
	size_t held;
	struct mboxrd box;
	struct mboxfile *file;	/* locked, from deliver_sync to deliver_place */
	off_t begun;		/* where the message under way begins in the spool */
	char id[80];		/* of the batch, or "" */
	int named;		/* the spool's name is on disk */
};

int deliver_spool_begin(struct deliver *, struct err *e);	/* a fresh unlinked file */
sink_fn deliver_spool_write;					/* ctx is the struct deliver */
void deliver_spool_abort(struct deliver *);

#endif
