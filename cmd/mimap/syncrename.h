/* SPDX-License-Identifier: ISC */
/* syncrename.h - folders that changed their names: which can be renamed on the other side, and in which order. Pure; a part of
 * syncpair.c, which finds out what is what. */
#ifndef MIMAP_SYNCRENAME_H
#define MIMAP_SYNCRENAME_H

#include <stddef.h>
#include <stdint.h>

#include "syncpair.h"

#define SYNC_NONE SIZE_MAX

struct sync_match {		/* of a known folder: what it is on both sides, by index, or SYNC_NONE */
	size_t here, there;
	int rename;		/* 0, SYNC_RENAME_HERE or SYNC_RENAME_THERE */
	int verify, done;
};

struct sync_pairing {
	const struct sync_sides *s;
	struct sync_match *match;	/* a known folder each */
	size_t *here_of, *there_of;	/* the known folder that a folder was found to be, or SYNC_NONE */
	struct sync_pairs *out;
};

/* For each whose names differ; what can't be renamed has lost its match there afterwards. */
void syncrename_emit(struct sync_pairing *);

/* The rest is syncpair.c's, for syncrename.c. */
size_t syncpair_here(const struct sync_sides *, const char *name);
size_t syncpair_there(const struct sync_sides *, const char *name);
struct sync_pair *syncpair_emit(struct sync_pairing *, enum sync_job, const char *name);

#endif
