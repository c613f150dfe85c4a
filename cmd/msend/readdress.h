/* SPDX-License-Identifier: ISC */
/* readdress.h - a machine's own names made fit for the world: bare addresses completed, aliases followed, in the envelope and in
 * what the reader sees; a From that is none repaired, or replaced where the account says so. */
#ifndef MSEND_READDRESS_H
#define MSEND_READDRESS_H

#include <stddef.h>

#include "route.h"

struct aliases;
struct buf;
struct err;
struct rcpts;
struct sender;

struct readdress {		/* zeroed is empty */
	struct aliases *aliases;	/* or NULL */
	int all_ours;		/* also names with this machine's domain are looked up */
	char *domain;		/* what bare addresses are completed by */
	int complete;		/* those of the envelope too: the next server does not know them */
};

/* Keys aliases and domain; kind is route.h's. */
int readdress_load(struct readdress *, const struct account *, int kind, struct err *e);
char *readdress_complete(const struct readdress *, const char *addr);	/* with a domain, in ASCII if that can be; the caller frees */
void readdress_rcpts(const struct readdress *, struct rcpts *);	/* one whose alias is broken has failed, ERR_CONFIG */
/* The header, changed where it has to be; every other field as it is. */
int readdress_header(const struct readdress *, const struct sender *, struct buf *out, const char *head, size_t n, struct err *e);
void readdress_free(struct readdress *);

#endif
