/* SPDX-License-Identifier: ISC */
/* health.h - what a batch learns about the destinations that it talks to, told to all runners (dest.h).
 * Dead is one where the last tries all failed before the server had anything to say about the message: no connection, 421, no
 * login. One message alone at which a session breaks off, among others that go, does not make it so. Where the batch has one
 * destination only, that tells how many messages are worth handing over: of one that was dead, a first one; while there is a
 * doubt, none until those under way are answered. */
#ifndef HEALTH_H
#define HEALTH_H

#include <stddef.h>

#include "dest.h"

struct entry;
struct job;
struct result;
struct spool;

struct health_one {
	char *name, *why;
	int failing;		/* the others think so */
	int alive;		/* it has spoken about a message of ours */
	size_t dead;		/* messages that failed in a row */
	size_t last;		/* of them */
};

struct health {
	const struct job *job;
	const struct spool *spool;
	struct dests dests;	/* as of the beginning */
	struct health_one *at;
	size_t count;
	int single;		/* at[0] is all there is */
	int revived;		/* one is no longer dead */
	int *code;
};

void health_begin(struct health *, const struct job *, const struct spool *, const char *dest, int *code);	/* dest NULL: several */
void health_hear(struct health *, const struct entry *, size_t rcpt, size_t order, const struct result *);	/* order: of the entry */
int health_dead(const struct health *);		/* the single one */
size_t health_window(const struct health *, size_t flying, size_t most);	/* so many may be under way */
void health_end(struct health *);		/* tells what is to tell */

#endif
