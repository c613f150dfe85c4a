/* SPDX-License-Identifier: ISC */
/* syncopts.h - the options of `mimap sync` over the account's keys. */
#ifndef MIMAP_SYNCOPTS_H
#define MIMAP_SYNCOPTS_H

#include <stddef.h>

struct err;
struct mimap;
struct sync_opts;

/* argv[0] is the verb; loads the account. The patterns are argv's. */
int syncopts_read(struct sync_opts *, struct mimap *, int argc, char **argv, struct err *e);
/* What a folder's stamp has to say besides: with other switches another run may find work where this one found none. */
void syncopts_code(const struct sync_opts *, char *out, size_t size);
void syncopts_free(struct sync_opts *);

#endif
