/* SPDX-License-Identifier: ISC */
/* mimap.h - what every verb gets. A verb reads its own options and arguments, does its work and prints its result. */
#ifndef MIMAP_H
#define MIMAP_H

#include <stddef.h>

#include "account.h"
#include "err.h"

struct mimap {
	const char *mailbox;	/* -m, the last one */
	const char **mailbox_list;	/* all of them; NULL: none was given */
	size_t mailboxes;
	const char *label;	/* the account's name, where output is to say it; NULL */
	struct account account;
	int loaded;
	const struct accounts *accounts;	/* all that -a names */
};

struct accounts;
struct imap;
int mimap_account(struct mimap *, struct err *e);	/* loads it; ERR_CONFIG where there is none */
int mimap_open(struct mimap *, struct imap **, struct err *e);	/* loads it, and begins a session */

/* argv[0] is the verb. -1 with *e set. */
typedef int verb_fn(struct mimap *, int argc, char **argv, struct err *e);

verb_fn verb_ls, verb_search, verb_fetch, verb_flag, verb_cp, verb_mv, verb_rm, verb_put, verb_mkdir, verb_rmdir, verb_rename,
    verb_subscribe, verb_unsubscribe, verb_quota, verb_raw, verb_sync, verb_watch;

#endif
