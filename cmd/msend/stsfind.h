/* SPDX-License-Identifier: ISC */
/* stsfind.h - a domain's MTA-STS policy (RFC 8461 section 3.3, 5): the one kept from before while its record says that it is the
 * same, else fetched anew. Kept below $XDG_CACHE_HOME/pennypost/mta-sts (~/.cache), a file per domain.
 * A policy that can't be had is none: the record alone demands nothing. One that is kept holds until it expires, whatever an
 * attacker keeps from us meanwhile. */
#ifndef MSEND_STSFIND_H
#define MSEND_STSFIND_H

#include "sts.h"

struct account;
struct dns;

void sts_find(struct sts *, struct account *, struct dns *, const char *domain);

#endif
