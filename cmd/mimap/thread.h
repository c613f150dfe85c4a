/* SPDX-License-Identifier: ISC */
/* thread.h - which messages of the selected mailbox belong together, by what they refer to.
 * THREAD=REFS where the server has it, else THREAD=REFERENCES (RFC 5256), which also joins what only has the same subject, else by
 * the Message-ID, In-Reply-To and References of all messages here. */
#ifndef MIMAP_THREAD_H
#define MIMAP_THREAD_H

struct err;
struct imap;
struct uidset;

/* Adds all messages of the threads that hold one of `some`. Waits for all answers. */
int thread_expand(struct imap *, const struct uidset *some, struct uidset *out, struct err *e);

#endif
