/* SPDX-License-Identifier: ISC */
/* ledger.h - a durable map from a server's key to our file's name: what makes delivery exactly once.
 * One text file of lines, appended to: "+KEY TAB VALUE", "-KEY"; the first line names format and owner. Keys and values are any
 * text up to 2048 octets, bytes that would break a line are %XX. A last line without its LF was torn by a crash: it is not there,
 * and is cut away. Rewritten (temporary file, sync, rename, sync of the directory) when most lines are dead.
 * The file is locked (flock) while open: a second opener gets ERR_TEMP at once. Changes are seen by ledger_get at once, but are
 * only promised after ledger_commit; a failed commit leaves the file as it was before, and the changes wait for the next one. A key or
 * value over the limit is not taken, and makes the next commit fail with ERR_DATA. */
#ifndef LEDGER_H
#define LEDGER_H

#include <stddef.h>

struct ledger;
struct err;

int ledger_open(struct ledger **, const char *path, const char *owner, struct err *e);	/* makes it, and its directory. A file of another
											 * owner or format: ERR_DATA, untouched */
void ledger_free(struct ledger **);			/* uncommitted changes are lost */
int ledger_is_new(const struct ledger *);		/* it was made by this open, or held nothing */

const char *ledger_get(const struct ledger *, const char *key);	/* NULL if none; until the next change */
void ledger_put(struct ledger *, const char *key, const char *value);
void ledger_remove(struct ledger *, const char *key);
int ledger_commit(struct ledger *, struct err *e);		/* appends what changed, fdatasync */
size_t ledger_count(const struct ledger *);
typedef int ledger_fn(void *ctx, const char *key, const char *value, struct err *e);
int ledger_each(const struct ledger *, ledger_fn *, void *ctx, struct err *e);	/* in the order of the first put; no changes meanwhile */

#endif
