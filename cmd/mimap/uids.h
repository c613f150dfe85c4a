/* SPDX-License-Identifier: ISC */
/* uids.h - the messages a verb is to work on: a set as its last argument, or "-" for what `mimap search` prints: UIDs (or sets) on stdin,
 * blanks or lines between; or a record a line, whose fields are separated by TABs: UID, what else there is; or mailbox, UID, what
 * else there is. */
#ifndef MIMAP_UIDS_H
#define MIMAP_UIDS_H

#include "uidset.h"

struct err;

struct uids_box {		/* of a mailbox that stdin named */
	char *mailbox;
	struct uidset all, single;
};

struct uids {			/* zeroed is valid and empty */
	struct uidset all;
	struct uidset single;	/* those named one by one, not by a range or "*" */
	struct uids_box *box;
	size_t boxes;
	int piped;		/* they came on stdin */
};

int uids_read(struct uids *, const char *arg, struct err *e);	/* ERR_USAGE for an argument, ERR_DATA for stdin */
int uids_none(const struct uids *);
void uids_free(struct uids *);

#endif
