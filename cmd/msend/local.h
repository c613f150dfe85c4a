/* SPDX-License-Identifier: ISC */
/* local.h - delivery on this machine: into a user's ~/Maildir, or into a maildir named by the account. */
#ifndef MSEND_LOCAL_H
#define MSEND_LOCAL_H

#include <stdint.h>

struct buf;
struct err;
struct mail;
struct maildir;
struct passwd;
struct rcpts;

/* Each RCPT_WAITING recipient, "bob" or "bob@thishost", gets the message in the user's ~/Maildir, with Return-Path and
 * Delivered-To. Root becomes the user before it touches a file; others can only deliver to themselves (ERR_PERM). */
void local_deliver(const char *from, struct rcpts *, const struct mail *);
/* What an alias of each RCPT_WAITING recipient leads to on this machine (rcpt.h, to): a maildir; or a command, which is split into words
 * here and run without a shell, with the message, Return-Path and Delivered-To first, on its standard input. Root becomes nobody to
 * run one, and the owner of the directory to write to a maildir. end: of the run (deadline.h), 0: none. */
void local_deliver_aliases(const char *from, struct rcpts *, const struct mail *, int64_t end);

/* For aliasrun.c. */
void local_trace(struct buf *out, const char *from, const char *addr);	/* what delivery puts before a message; addr may be NULL */
/* As that user. */
int local_store(const char *maildir, const struct passwd *, const char *trace, const struct mail *, struct err *e);
int local_become(const struct passwd *, struct err *e);

int local_is_here(const char *domain);	/* a name of this machine */

/* One copy for all of them, with Return-Path. */
void local_deliver_to(const char *maildir, const char *from, struct rcpts *, const struct mail *);

/* A copy of what is sent, made beforehand, so that a full disk is known before anything is sent. keep: it is placed, else dropped. */
int local_copy(struct maildir **, const char *path, const struct mail *, struct err *e);
int local_copy_end(struct maildir **, int keep, struct err *e);

#endif
