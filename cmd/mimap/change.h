/* SPDX-License-Identifier: ISC */
/* change.h - what is done to messages of the selected mailbox, each in as many commands as the set needs to stay below 8 KiB a
 * line. UIDs that are no longer there are passed over, as IMAP does. */
#ifndef MIMAP_CHANGE_H
#define MIMAP_CHANGE_H

struct err;
struct imap;
struct uidset;

/* item: "+FLAGS.SILENT"; flags as on the wire, separated by spaces. Sent ahead. */
int change_flags(struct imap *, const struct uidset *, const char *item, const char *flags, struct err *e);

/* These wait for the answers. */
int change_copy(struct imap *, const struct uidset *, const char *mailbox, struct err *e);
/* MOVE (RFC 6851), else copied and, only when all of it is, removed as below. */
int change_move(struct imap *, const struct uidset *, const char *mailbox, struct err *e);
/* \Deleted and UID EXPUNGE (UIDPLUS, RFC 4315). Without that they keep the flag, and a warning says so: a plain EXPUNGE
 * would take what other clients have marked. */
int change_remove(struct imap *, const struct uidset *, struct err *e);

#endif
