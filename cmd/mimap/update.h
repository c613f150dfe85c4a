/* SPDX-License-Identifier: ISC */
/* update.h - what one response tells of a mailbox and its messages, as plain values: FETCH (RFC 3501 section 7.4.2, MODSEQ of RFC
 * 7162, ids of RFC 8474), VANISHED (RFC 7162 section 3.2.10), STATUS (RFC 3501 section 7.2.4, and what others added), the codes
 * COPYUID and APPENDUID (RFC 4315 section 3), MODIFIED (RFC 7162 section 3.1.3). Pure.
 * Each returns 1 if the response is that, 0 if it is something else, -1 with *e set (ERR_PROTOCOL) if it makes no sense. Text
 * is borrowed from the response. What was not told is 0 or NULL. */
#ifndef MIMAP_UPDATE_H
#define MIMAP_UPDATE_H

#include <stddef.h>
#include <stdint.h>

#include "uidset.h"

struct err;
struct response;
struct value;

struct update_fetch {
	uint32_t number;		/* its place in the mailbox */
	uint32_t uid;
	uint64_t modseq, size;
	const struct value *flags;	/* a list, or NULL: not told */
	const char *date;		/* INTERNALDATE */
	const char *email, *thread;	/* EMAILID, THREADID; NIL is NULL */
};

struct update_status {
	const char *wire;		/* the mailbox's name, as it was sent; it may hold anything */
	size_t wire_len;
	unsigned int told;		/* of UPDATE_… below */
	uint64_t messages, unseen, recent, deleted, size, highestmodseq;
	uint32_t uidnext, uidvalidity;
	const char *id;			/* MAILBOXID */
};
enum {
	UPDATE_MESSAGES = 1 << 0, UPDATE_UNSEEN = 1 << 1, UPDATE_RECENT = 1 << 2, UPDATE_DELETED = 1 << 3, UPDATE_SIZE = 1 << 4,
	UPDATE_HIGHESTMODSEQ = 1 << 5, UPDATE_UIDNEXT = 1 << 6, UPDATE_UIDVALIDITY = 1 << 7
};

int update_fetch(const struct response *, struct update_fetch *);
int update_status(const struct response *, struct update_status *);
/* Adds to the set. *earlier: these went before the mailbox was opened; else numbers shift, as by EXPUNGE. */
int update_vanished(const struct response *, struct uidset *, int *earlier, struct err *e);
int update_modified(const struct response *, struct uidset *, struct err *e);	/* [MODIFIED set] of a tagged answer */
int update_appended(const struct response *, uint32_t *uidvalidity, struct uidset *, struct err *e);	/* [APPENDUID validity set] */
/* [COPYUID validity from to]: each pair in its order; at most `max`. The function returns -1 to stop. */
int update_copied(const struct response *, uint32_t *uidvalidity, uint64_t max,
    int (*pair)(void *ctx, uint32_t from, uint32_t to, struct err *e), void *ctx, struct err *e);

#endif
