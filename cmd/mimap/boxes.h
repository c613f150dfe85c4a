/* SPDX-License-Identifier: ISC */
/* boxes.h - the mailboxes that -m names: one as it is, or several, where -m is given more than once or holds a * or ?. */
#ifndef MIMAP_BOXES_H
#define MIMAP_BOXES_H

#include <stddef.h>

struct err;
struct imap;
struct mimap;

struct boxes {			/* zeroed is valid and empty */
	char **name;		/* each once */
	size_t count;
};

int boxes_several(const struct mimap *);			/* output says which mailbox it is about */
int boxes_one(const struct mimap *, const char *verb, struct err *e);	/* ERR_USAGE where there are several */
/* Asks for a list where there is a pattern (LIST); ERR_UNAVAILABLE for one that nothing matches. */
int boxes_expand(struct boxes *, const struct mimap *, struct imap *, struct err *e);
void boxes_free(struct boxes *);

#endif
