/* SPDX-License-Identifier: ISC */
/* partfile.h - where a decoded part goes: a file that did not exist before, under a name made safe, or, once it is whole, standard
 * output. */
#ifndef MIMAP_PARTFILE_H
#define MIMAP_PARTFILE_H

#include "decode.h"
#include "structure.h"

struct err;

struct partfile {		/* .fd is -1: none is open */
	const char *dir;	/* for attachments; NULL: to standard output */
	int paths;		/* print where each went */
	int fd;
	char *path;		/* NULL for stdout */
	struct decode decode;
};

int partfile_begin(struct partfile *, const struct part *, enum encoding, struct err *e);	/* then decode_write, to .decode */
int partfile_end(struct partfile *, struct err *e);
void partfile_abort(struct partfile *);		/* what was begun and did not become whole is taken back */

#endif
