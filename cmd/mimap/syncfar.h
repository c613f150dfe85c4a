/* SPDX-License-Identifier: ISC */
/* syncfar.h - one mailbox as it is on the server: what changed since it was known last, and what is new in it, asked for in one
 * flight and by the cheapest way the server has: QRESYNC, CONDSTORE (both RFC 7162), or all flags. What comes is checked: UIDs are
 * counted against EXISTS, and where the count is wrong nothing counts as removed.
 * Memory: 8 octets for each message that the server tells of, about 100 for each new one. */
#ifndef MIMAP_SYNCFAR_H
#define MIMAP_SYNCFAR_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "syncwire.h"
#include "uidset.h"

struct syncflag_table;
struct syncpull;

enum syncfar_way {
	SYNCFAR_NOTHING,	/* no message is known: there is nothing to compare */
	SYNCFAR_QRESYNC,	/* changed flags, and what vanished */
	SYNCFAR_CONDSTORE,	/* changed flags, and a search for what is still there */
	SYNCFAR_PLAIN		/* all flags */
};

struct syncfar_known {		/* a message below `from` that the server told of */
	uint32_t uid, flags;
};

struct syncfar_fresh {		/* one that was asked for as new */
	uint32_t uid, flags;
	int64_t date;		/* INTERNALDATE, 0: not known */
	uint64_t size, ident;	/* RFC822.SIZE; ident 0: it has no Message-ID */
};

struct syncfar {
	/* What is asked. All borrowed. */
	struct syncwire *wire;
	const char *mailbox;
	struct syncflag_table *flags;
	enum syncfar_way way;
	int read_only;		/* EXAMINE */
	uint32_t validity;
	uint64_t modseq;
	uint32_t from;		/* UIDs below it are compared; 1: none */
	uint32_t limit;		/* new ones are below it */
	struct uidset fresh_set;	/* asked for as new */
	struct syncpull *pull;	/* their bodies come in the same flight; NULL: only what tells them */

	/* What came; to be looked at after syncfar_await. */
	struct err trouble;	/* a refusal, or nonsense: the folder is to be left alone */
	uint32_t exists, next;	/* when it was opened */
	uint64_t highestmodseq;	/* likewise; 0: not known, or of no use */
	int opened_read_only;
	uint32_t keep;		/* bits of flags that the server does not store */
	struct syncfar_known *known;	/* by UID */
	size_t knowns, known_room;
	struct uidset vanished;	/* QRESYNC */
	struct uidset present;	/* CONDSTORE */
	struct syncfar_fresh *fresh;	/* by UID */
	size_t freshes, fresh_room;
	uint64_t expunged;	/* messages that went while we asked: `exists` may be too large by so many */

	/* Its own. */
	struct syncwire_flight flight;
	unsigned int select_tag;
	int headers;		/* of messages without a Message-ID are being told */
};

int syncfar_ask(struct syncfar *, struct err *e);	/* sends ahead; -1 only where the session is at its end */
int syncfar_await(struct syncfar *, struct err *e);
int syncfar_again(struct syncfar *, struct err *e);	/* all flags, where what was told does not add up: one more flight */
/* New messages without a Message-ID get their number by their whole header: one more flight; `select`: another
 * mailbox is open. 1: it was sent. */
int syncfar_idless(struct syncfar *, int select, struct err *e);
/* What is new from `uid` on, in place of what was: one more flight; `select`: another mailbox is open. */
int syncfar_newest(struct syncfar *, uint32_t uid, int select, struct err *e);
/* Whether a message below `from` is there, of which the server said nothing or something. */
int syncfar_has(const struct syncfar *, uint32_t uid);
const struct syncfar_known *syncfar_known(const struct syncfar *, uint32_t uid);	/* NULL: its flags did not change */
struct syncfar_fresh *syncfar_fresh(const struct syncfar *, uint32_t uid);
/* `present` of the messages below `from` are there by all that was told, and so many new ones. 1 if the server's own count agrees. */
int syncfar_adds_up(const struct syncfar *, uint64_t present, uint64_t fresh);
void syncfar_free(struct syncfar *);
void syncfar_handler(struct syncfar *, struct imap_handler *);	/* syncfardata.c: for syncfar.c */

#endif
