/* SPDX-License-Identifier: ISC */
/* uids.h - the messages a verb is to work on: a set as its last argument, or "-" for UIDs (or sets) on stdin, blanks
 * or lines between. */
#ifndef MIMAP_UIDS_H
#define MIMAP_UIDS_H

#include "uidset.h"

struct err;

struct uids {			/* zeroed is valid and empty */
	struct uidset all;
	struct uidset single;	/* those named one by one, not by a range or "*" */
	int piped;		/* they came on stdin */
};

int uids_read(struct uids *, const char *arg, struct err *e);	/* ERR_USAGE for an argument, ERR_DATA for stdin */
void uids_free(struct uids *);

#endif
