/* SPDX-License-Identifier: ISC */
/* bounce.h - tells a sender by mail what became of his message: a notice (notice.h) that is an entry of its own in the
 * queue. The notice is safe before the message records that its sender was told. Its name follows from the message's and
 * from what it tells: a crash between the two makes no second one, unless the first has been sent by then. It goes by the
 * message's account, from the null sender, and itself causes no notice. */
#ifndef BOUNCE_H
#define BOUNCE_H

#include <stdint.h>

#include "entry.h"
#include "notice.h"

struct err;
struct settings;

enum bounce { BOUNCE_TOLD = 0, BOUNCE_NOBODY = 1, BOUNCE_LIMIT = 2 };	/* or -1. TOLD: or nobody wants to hear it */

/* A claimed entry. NOBODY: it has the null sender; LIMIT: so many were made that somebody should look (quota.h). Nothing is
 * changed by these two. The others have been recorded: r becomes b, d becomes s, or the entry is warned of. */
int bounce(struct entry *, enum notice_kind, const struct settings *, int64_t now, struct err *e);

#endif
