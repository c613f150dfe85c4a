/* SPDX-License-Identifier: ISC */
/* part.h - mimap fetch -P: single MIME parts of messages, decoded. */
#ifndef MIMAP_PART_H
#define MIMAP_PART_H

struct err;
struct mimap;
struct uids;

struct part_order {
	const char *which;	/* a section ("2.1"), "text", or a pattern for names of attachments ("*.pdf") */
	const char *dir;	/* where attachments go; NULL: here */
	int paths;		/* print where each went */
};

int part_fetch(struct mimap *, const struct part_order *, const struct uids *, struct err *e);

#endif
