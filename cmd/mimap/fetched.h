/* SPDX-License-Identifier: ISC */
/* fetched.h - which messages of a mailbox a maildir already has: mimap's use of the ledger.
 * One file a maildir and account, MAILDIR/.pennypost-mimap-USER@HOST, locked while open. Key: "UIDVALIDITY/UID/MAILBOX", with
 * "UIDVALIDITY/UID/h/MAILBOX" for headers alone; value: the file's name as it is in cur/ ("NAME:2,S"), or NAME in new/.
 * "!unplaced" is there while files may wait in tmp/; its value is the time.
 * When a mailbox gets another UIDVALIDITY its old entries say nothing any more, and go. */
#ifndef MIMAP_FETCHED_H
#define MIMAP_FETCHED_H

#include <stdint.h>

#include "maildir.h"
#include "uidset.h"

struct account;
struct err;
struct fetched;

struct fetched_opts {
	const struct account *account;
	const char *mailbox;
	int headers;
	maildir_placed_fn *placed;	/* told of files that a killed run left behind; may be NULL */
	void *ctx;
};

/* Places what a killed run recorded and did not place. ERR_TEMP: another run has the ledger. */
int fetched_open(struct fetched **, struct maildir *, const struct fetched_opts *, struct err *e);
void fetched_free(struct fetched **);

uint32_t fetched_validity(const struct fetched *);	/* of the entries there are; 0: none */
/* Adds to out those of `asked` that are recorded; with `present` only those whose file is still in the maildir. */
int fetched_known(struct fetched *, const struct uidset *asked, int present, struct uidset *out, struct err *e);
void fetched_forget(struct fetched *, uint32_t validity);	/* entries of the mailbox with any other one */

void fetched_put(struct fetched *, uint32_t validity, uint32_t uid, const char *name, const char *letters);
int fetched_commit(struct fetched *, struct err *e);
void fetched_placed(struct fetched *);			/* nothing waits in tmp/ any more; promised with the next commit */

#endif
