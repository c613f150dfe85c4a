/* SPDX-License-Identifier: ISC */
/* local.h - delivery on this machine: into a user's ~/Maildir, or into a maildir named by the account. */
#ifndef MSEND_LOCAL_H
#define MSEND_LOCAL_H

struct err;
struct mail;
struct maildir;
struct rcpts;

/* Each RCPT_WAITING recipient, "bob" or "bob@thishost", gets the message in the user's ~/Maildir, with Return-Path and
 * Delivered-To. Root becomes the user before it touches a file; others can only deliver to themselves (ERR_PERM). */
void local_deliver(const char *from, struct rcpts *, const struct mail *);
/* One copy for all of them, with Return-Path. */
void local_deliver_to(const char *maildir, const char *from, struct rcpts *, const struct mail *);

/* A copy of what is sent, made beforehand, so that a full disk is known before anything is sent. keep: it is placed, else dropped. */
int local_copy(struct maildir **, const char *path, const struct mail *, struct err *e);
int local_copy_end(struct maildir **, int keep, struct err *e);

#endif
