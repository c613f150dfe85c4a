/* SPDX-License-Identifier: ISC */
/* querysend.h - a query's tree into the search keys of a command. Pure. */
#ifndef MIMAP_QUERYSEND_H
#define MIMAP_QUERYSEND_H

#include <time.h>

struct caps;
struct command;
struct err;
struct query;

/* Where the server can't count seconds (WITHIN), an age becomes the day it falls on. */
int querysend(struct command *, const struct query *, const struct caps *, time_t now, struct err *e);

#endif
