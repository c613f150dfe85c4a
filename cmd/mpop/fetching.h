/* SPDX-License-Identifier: ISC */
/* fetching.h - what fetch.c (the session) and retrieve.c (its messages) share. */
#ifndef FETCHING_H
#define FETCHING_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "fetch.h"
#include "headers.h"
#include "listing.h"
#include "progress.h"

struct reply;

#define BATCH_MAX 256
#define PROBLEMS_TOLD 100	/* one by one */

struct held {
	struct listing_msg *msg;
	char *name;
	char print[HEADERS_PRINT];
	int note;
};

struct fetch {
	struct pop3 *p;
	struct deliver *d;
	struct seen *s;
	const struct fetch_opts *o;
	struct listing l;
	struct held held[BATCH_MAX];		/* delivered, not yet recorded */
	size_t count;
	uint64_t octets;			/* of the batch */
	int broken;				/* a batch could not be made safe: it stays as it is for the next run */
	int failures;				/* to store, in a row */
	size_t problems;			/* messages that stay on the server */
	struct fetch_result *result;
	struct progress progress;
};

/* Told as it happens; the exit code is that of the first one. */
void fetch_problem(struct fetch *, const struct listing_msg *, const struct err *why);
int fetch_commit(struct fetch *, struct err *e);	/* the batch: on disk, recorded, in place */
void fetch_forget(struct fetch *);
/* For pop3_run and headers_each; ctx is the struct. */
int fetch_retrieved(void *ctx, struct listing_msg *, const struct reply *, struct err *e);
int fetch_header(void *ctx, struct listing_msg *, const struct buf *header, const struct err *refused, struct err *e);

#endif
