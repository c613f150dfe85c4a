/* SPDX-License-Identifier: ISC */
/* letters.h - the messages that `mimap put` is given: files, and all that is in maildirs. What comes from a maildir keeps
 * the flags that its name tells and its time. */
#ifndef MIMAP_LETTERS_H
#define MIMAP_LETTERS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct err;

struct letter {
	char *path;		/* NULL: standard input */
	int from_maildir;
	unsigned int tag;	/* of the command that stores it; 0: not sent */
	enum { LETTER_WAITS, LETTER_STORED, LETTER_FAILED } state;
	uint32_t uid;		/* 0: not known */
	uint64_t size;
	char *id;		/* Message-ID, or NULL */
};

struct letters {		/* zeroed is valid and empty */
	struct letter *letter;
	size_t count, room;
};

int letters_add(struct letters *, const char *path, struct err *e);	/* a file, or a maildir; NULL: standard input */
void letters_flags(const struct letter *, struct buf *out);		/* as on the wire: those in its name */
void letters_free(struct letters *);

#endif
