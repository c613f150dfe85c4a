/* SPDX-License-Identifier: ISC */
/* mboxrd.h - several messages in one stream: "From " line before, every ^>*From gets one more >, an empty line after.
 * Undoing that gives the same bytes back (a message that lacks its last LF gets one). */
#ifndef MBOXRD_H
#define MBOXRD_H

#include <time.h>

#include "sink.h"

struct mboxrd {
	sink_fn *sink;
	void *ctx;
	size_t held;	/* octets of "From " that may yet have to be quoted */
	enum { MBOXRD_START, MBOXRD_FROM, MBOXRD_REST } quoting;	/* among the '>'s at a line's start, within "From ", past them */
	int last;	/* octet given out */
};

int mboxrd_begin(struct mboxrd *, sink_fn *, void *ctx, const char *sender, time_t when, struct err *e);	/* sender NULL: MAILER-DAEMON */
sink_fn mboxrd_write;			/* ctx is the struct; the message with LF line ends */
int mboxrd_end(struct mboxrd *, struct err *e);

#endif
