/* SPDX-License-Identifier: ISC */
/* target.h - where messages go, with their line ends turned to LF: staged into a maildir, or whole ones to stdout.
 * For stdout a message is held back (in memory, beyond 256 KiB in an unlinked temporary file) until all of it is here:
 * what reads the pipe never takes half a message for a whole one. */
#ifndef MIMAP_TARGET_H
#define MIMAP_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "maildir.h"
#include "sink.h"

struct err;
struct target;

struct target_opts {
	const char *maildir;	/* NULL: stdout */
	int as_is;		/* stdout: one message, not an mboxrd */
	int paths;		/* maildir: print the path of each message placed */
};

int target_open(struct target **, const struct target_opts *, struct err *e);
void target_free(struct target **);
struct maildir *target_maildir(struct target *);	/* NULL: stdout */
maildir_placed_fn target_placed;			/* ctx is the target */

int target_begin(struct target *, struct err *e);
sink_fn target_write;					/* ctx is the target; CRLF text */
int target_end(struct target *, const char *letters, time_t when, struct err *e);
void target_abort(struct target *);			/* the message begun, if any */

size_t target_staged(const struct target *);		/* in a maildir's tmp/ */
uint64_t target_octets(const struct target *);		/* of these */
int target_sync(struct target *, struct err *e);
int target_place(struct target *, struct err *e);

#endif
