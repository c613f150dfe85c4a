/* SPDX-License-Identifier: ISC */
/* convoy.h - the messages that a route has under way over its server's connections. For route.c. */
#ifndef MSEND_CONVOY_H
#define MSEND_CONVOY_H

struct route;

void convoy_advance(struct route *);		/* begins what is new */
void convoy_wait(struct route *);		/* until one that is under way is done */
void convoy_finish(struct route *, int last);

#endif
