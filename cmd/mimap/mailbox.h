/* SPDX-License-Identifier: ISC */
/* mailbox.h - mailbox names as people write them, UTF-8 with / between levels, and as the server has them. Pure.
 * The server's delimiter and "/" change places, so that each name has one spelling on both sides: with "." as the
 * delimiter, Lists/c is "Lists.c" there, and a "/" inside a level there is a "." here. INBOX is one in any case. */
#ifndef MIMAP_MAILBOX_H
#define MIMAP_MAILBOX_H

#include <stddef.h>

struct buf;
struct err;

#define MAILBOX_MAX 1000	/* octets of a name */

struct mailbox_form {
	char delimiter;		/* '\0': names have no levels */
	int utf8;		/* IMAP4rev2: names are UTF-8 on the wire too */
};

int mailbox_check(const char *name, struct err *e);	/* ERR_USAGE: empty, too long, no UTF-8, controls */
int mailbox_delimited(const char *name);		/* the server's delimiter must be known before it can be sent */
int mailbox_to_wire(struct buf *out, const char *name, const struct mailbox_form *, struct err *e);	/* after mailbox_check */
/* -1: no valid name, given out as it is */
int mailbox_from_wire(struct buf *out, const char *wire, size_t n, const struct mailbox_form *);
int mailbox_same(const char *, const char *);		/* the same name: INBOX in any case */
int mailbox_match(const char *pattern, const char *name);	/* * any characters, / too; ? one character */

#endif
