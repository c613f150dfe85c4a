/* SPDX-License-Identifier: ISC */
/* find.h - the entries that the user names: by id, or by file name where that is what he has. */
#ifndef FIND_H
#define FIND_H

#include "spool.h"

struct err;

struct finder {
	struct spool_list list;
	const struct spool_name **by_id;	/* sorted */
	size_t count;
};

int finder_open(struct finder *, const struct spool *, struct err *e);
void finder_free(struct finder *);
const struct spool_name *finder_find(const struct finder *, const char *what, struct err *e);	/* NULL: none, or more than one */

#endif
