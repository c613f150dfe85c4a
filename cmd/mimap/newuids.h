/* SPDX-License-Identifier: ISC */
/* newuids.h - the UIDs of messages just stored, where the server's answers do not tell them (no UIDPLUS): among those from
 * the next UID on, what has the same Message-ID; what has none, by its size. */
#ifndef MIMAP_NEWUIDS_H
#define MIMAP_NEWUIDS_H

#include <stdint.h>

struct err;
struct imap;
struct letters;

/* *next is 0 where the server does not tell, or there is no such mailbox. */
int newuids_before(struct imap *, const char *mailbox, uint32_t *next, struct err *e);
/* Opens the mailbox. What is not found keeps UID 0. */
int newuids_find(struct imap *, const char *mailbox, uint32_t next, struct letters *, struct err *e);

#endif
