/* SPDX-License-Identifier: ISC */
/* querykey.h - the words of the query language and what their values may be. For query.c only. */
#ifndef MIMAP_QUERYKEY_H
#define MIMAP_QUERYKEY_H

#include <stddef.h>

struct buf;
struct err;
struct query;

int querykey_known(const char *word, size_t n);		/* a key or a flag word */
void querykey_all(struct query *);
struct query *querykey_thread(struct query *child);	/* takes the child over */
/* key:value fills in the query */
int querykey_value(struct query *, const char *key, size_t key_len, const char *value, struct err *e);
/* a flag word, unless quoted; else text to find */
int querykey_word(struct query *, const char *word, int quoted, struct err *e);
void querykey_print(struct buf *, const struct query *);

#endif
