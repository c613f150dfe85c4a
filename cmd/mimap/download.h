/* SPDX-License-Identifier: ISC */
/* download.h - brings messages of the selected mailbox to a target: asks for them ahead, takes in what was asked for,
 * each once, and commits in batches. When the connection breaks, another session can go on in the middle of a message, as long as the
 * mailbox is the same. Borrows all it is given. */
#ifndef MIMAP_DOWNLOAD_H
#define MIMAP_DOWNLOAD_H

#include <stdint.h>

#include "err.h"
#include "progress.h"
#include "uidset.h"

struct fetched;
struct imap;
struct target;

struct download {
	struct imap *im;
	struct target *target;
	struct fetched *fetched;	/* NULL: nothing is recorded */
	int headers;
	struct uidset left;		/* asked for and not here yet */
	struct uidset done;		/* here, safe once download_finish says so */
	int star;			/* "*" or n:* was asked for: the server may answer with one message that we do not want */
	int streamed;			/* the message under way has begun in the target */
	struct err trouble;		/* it can't be stored: the first one that couldn't; the rest goes on */
	int lost;			/* the one under way can't */
	uint32_t uid;			/* the one under way; 0: not known yet */
	uint64_t got, size;		/* octets of it: in the target, in all */
	uint64_t failed;
	uint32_t validity, next;	/* UIDVALIDITY and UIDNEXT, once they are known */
	int checked;			/* it, against fetched */
	int changed;			/* it is another one */
	uint64_t strays;		/* messages that came unasked or twice */
	uint32_t stray;			/* the first one's UID */
	struct progress progress;
};

int download_ask(struct download *, const struct uidset *, struct err *e);	/* sends UID FETCH ahead */
/* The same for all that is left, in a new session that has the mailbox open, beginning with the rest of the message under way. */
int download_resume(struct download *, struct imap *, struct err *e);
/* What the set holds of a mailbox with that UIDNEXT, which is no longer open to new messages: n:* of a server would always hold the
 * last one. */
void download_bound(struct uidset *, uint32_t uidnext);
/* All answers are in, and all that came is safe and in place; also after errors. A message that could not be stored is
 * an error then. One that a lost connection has cut stays begun. */
int download_finish(struct download *, struct err *e);

#endif
