/* SPDX-License-Identifier: ISC */
/* listing.h - the messages a server has, put together from its UIDL and LIST answers (RFC 1939 sections 5 and 7).
 * Both are hostile: lines may come in any order, repeat numbers, name messages the other does not know, repeat a UID. Nothing is
 * attributed by position: a UID and a size meet by message number only, and what contradicts itself has no UID.
 * Limits: 2^20 lines in each answer, UIDs of 1024 octets, 64 MiB of them in all; more is ERR_PROTOCOL. A longer UID, an empty one
 * or one with a NUL is as none. Owns its memory; zeroed is empty. */
#ifndef LISTING_H
#define LISTING_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct err;

#define LISTING_MAX (1u << 20)
#define LISTING_UID_MAX 1024
#define LISTING_NO_UID UINT32_MAX
#define LISTING_NO_SIZE UINT64_MAX

enum listing_state { MSG_NEW, MSG_SEEN, MSG_SKIP, MSG_LARGE, MSG_DOUBT };

struct listing_msg {
	uint32_t number;
	uint32_t uid_at;		/* while reading: in the listing's text, or LISTING_NO_UID */
	const char *uid;		/* after listing_end, until listing_free; NULL: none */
	uint64_t size;			/* as announced: a hint, or LISTING_NO_SIZE */
	unsigned int twin;		/* 0: the only one with its UID; else which of them, from 1 */
	enum listing_state state;	/* the caller's */
	int drop;			/* the caller's: to be deleted on the server */
};

struct listing {
	struct listing_msg *msg;	/* after listing_end in order of number, each number once */
	size_t count, room, cursor;
	size_t uid_lines, size_lines;
	struct buf text;		/* the UIDs, each with its NUL */
	struct listing_msg **by_uid;	/* those that have one, sorted */
	size_t uids;
};

int listing_uidl(struct listing *, const char *line, size_t len, struct err *e);
int listing_list(struct listing *, const char *line, size_t len, struct err *e);
size_t listing_end(struct listing *);	/* sorts, merges, finds twins; returns how many messages have one */
uint64_t listing_size(const char *digits, size_t len);	/* LISTING_NO_SIZE where there are none; what follows them is ignored */
const struct listing_msg *listing_find(const struct listing *, const char *uid);	/* after listing_end; or NULL */
void listing_free(struct listing *);

#endif
