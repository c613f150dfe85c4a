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
	char line[8];	/* begin of a line that may yet be ^>*From */
	size_t held;
	int quoting;	/* 0 line start, 1 within '>'s or "From ", 2 rest of the line */
	int last;	/* last byte given out */
};

int mboxrd_begin(struct mboxrd *, sink_fn *, void *ctx, const char *sender, time_t when, struct err *e);	/* sender NULL: MAILER-DAEMON */
sink_fn mboxrd_write;			/* ctx is the struct; the message with LF line ends */
int mboxrd_end(struct mboxrd *, struct err *e);

#endif
