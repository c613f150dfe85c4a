/* SPDX-License-Identifier: ISC */
/* alias.h - the aliases file, aliases(5): who gets what a local name is sent.
 *   root: ann, admin@example.org        name: target, target …   also quoted; a line that begins with a blank goes on
 *   ann: \ann, maildir:/srv/mail/ann    \name is final; /path/ is maildir:/path
 *   tickets: "|/usr/bin/ticket -q x"    a command, see local.h
 *   *: admin@example.org                for names that are nobody's, `default` for all others; the caller asks for them
 * Names are compared without case. A line that is none, :include: and mbox files are errors, but only where the name is used. Owns its
 * strings. */
#ifndef MSEND_ALIAS_H
#define MSEND_ALIAS_H

#define ALIAS_DEPTH_MAX 32
#define ALIAS_TARGETS_MAX 10000

struct aliases;
struct buf;
struct err;

enum alias_kind { ALIAS_ADDRESS, ALIAS_USER, ALIAS_MAILDIR, ALIAS_COMMAND, ALIAS_NOWHERE };
typedef int alias_fn(void *ctx, enum alias_kind, const char *target, struct err *e);

int aliases_read(struct aliases **, const char *path, struct err *e);			/* ERR_CONFIG */
void aliases_parse(struct aliases **, struct buf *text, const char *path);		/* takes the text apart */
/* Every target that a name leads to in the end, in order. 1, or 0 where there is no such alias; -1 for a loop, or what can't be
 * done. */
int aliases_expand(const struct aliases *, const char *name, alias_fn *, void *ctx, struct err *e);
/* Hands over what is wrong with lines; deep: also with what the names lead to. */
void aliases_check(const struct aliases *, int deep, void (*)(const struct err *));
void aliases_free(struct aliases **);

#endif
