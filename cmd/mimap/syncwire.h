/* SPDX-License-Identifier: ISC */
/* syncwire.h - the commands of several folders under way at once on one connection. A flight is a run of commands that belong
 * together; what the server says goes to the flight of the first command that has no answer yet, since it works on commands in order.
 * Flights are the callers' own; each must be awaited or dropped before it goes. */
#ifndef MIMAP_SYNCWIRE_H
#define MIMAP_SYNCWIRE_H

#include "imap.h"

struct syncwire_flight {	/* zeroed is valid: nothing sent */
	struct syncwire_flight *next;
	unsigned int first, last;	/* tags; first 0: not under way */
	struct imap_handler handler;
};

struct syncwire {
	struct imap *im;
	struct syncwire_flight *flights;	/* in the order sent */
};

void syncwire_open(struct syncwire *, struct imap *);	/* from here on the session's handler is ours */
void syncwire_begin(struct syncwire *, struct syncwire_flight *, const struct imap_handler *);	/* what is sent from here on is its */
void syncwire_end(struct syncwire *, struct syncwire_flight *);
int syncwire_await(struct syncwire *, struct syncwire_flight *, struct err *e);	/* all its answers are in: it is no longer under way */
void syncwire_drop(struct syncwire *, struct syncwire_flight *);	/* after an error: nothing more comes to it */

#endif
