/* SPDX-License-Identifier: ISC */
/* deliver.h - where messages go: a maildir, a command (one run a message), standard output or a mailbox file (mboxrd).
 * deliver_begin, deliver_write…, deliver_end for each; then, for up to deliver_batch messages together, deliver_sync, the
 * caller's own record, deliver_place. A command or standard output gets nothing before a message is there whole: it waits in an
 * unlinked file. */
#ifndef DELIVER_H
#define DELIVER_H

#include <stdint.h>

#include "maildir.h"
#include "sink.h"

enum deliver_kind { TO_MAILDIR, TO_COMMAND, TO_STDOUT, TO_MBOX };

struct deliver;

struct deliver_opts {
	enum deliver_kind kind;
	const char *where;	/* maildir, command or file; borrowed, as all here */
	const char *batch;	/* for a mailbox file: where a batch waits while it is recorded; NULL: it is not recorded */
	const struct trace *trace;	/* goes before each message; or NULL */
	int print_paths;
	int turn;		/* a file that is locked while standard output is written, as others write there too, or -1 */
	int64_t end;		/* of the run (deadline_now's clock); a command still at work then is ended. 0: none */
};

int deliver_open(struct deliver **, const struct deliver_opts *, struct err *e);
void deliver_free(struct deliver **);
struct maildir *deliver_maildir(const struct deliver *);	/* NULL for the others */
size_t deliver_batch(const struct deliver *);			/* messages that one commit may cover */

int deliver_begin(struct deliver *, struct err *e);
sink_fn deliver_write;						/* ctx is the struct */
int deliver_end(struct deliver *, struct err *e);		/* 1: not taken, others may be. -1: nothing more can be */
const char *deliver_name(const struct deliver *);		/* of the last one, for the record: a file name, or "-" */
const char *deliver_id(const struct deliver *);			/* after deliver_sync, for the record: of the batch; or NULL */
void deliver_abort(struct deliver *);

int deliver_sync(struct deliver *, struct err *e);		/* safe on disk, or out of our hands */
int deliver_place(struct deliver *, struct err *e);
/* What an earlier run has recorded under that id (NULL: none) and not placed, in a mailbox file. */
int deliver_resume(struct deliver *, const char *id, struct err *e);
maildir_placed_fn deliver_placed;				/* ctx is the struct: prints the path if paths are wanted */

#endif
