/* SPDX-License-Identifier: ISC */
/* quota.h - how many notices this queue has made in the last hour, so that a storm of them ends. One line in DIR/notices:
 * the second when the hour began, and the count. It is not synced, and a broken one begins anew: the limit is against
 * storms, not against counting. Several runners may go beyond it by as many as they are. */
#ifndef QUOTA_H
#define QUOTA_H

#include <stdint.h>

struct err;
struct spool;

int quota_take(const struct spool *, unsigned int limit, int64_t now, struct err *e);	/* 1: one more is fine; 0: it is not; -1 */

#endif
