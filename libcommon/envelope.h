/* SPDX-License-Identifier: ISC */
/* envelope.h - the header lines that open a queue file: who a message is for and how far that has come.
 * Written by mqueue, read by mqueue and by msend -B. The block stands before the message's own header without an empty line
 * between, so any maildir reader shows the message. Its first line tells its length, so nothing in a message can pass for it.
 *   Penny-Queue: 1 0000000612            version, octets until the message begins
 *   Penny-State: active                  active | held  (fixed width, padded)
 *   Penny-Arrived: 0001795344000         seconds since 1970, fixed width
 *   Penny-Next: 0001795344000            not tried before
 *   Penny-Tries: 0000
 *   Penny-From: <ann@example.org>        <> is the null sender
 *   Penny-Account: work                  may be missing
 *   Penny-To: w <bob@example.net>        one a recipient: w waiting, s sent, r refused for good, b refused and bounced
 *   Penny-Reply: 451 4.7.1 …             the last reply about the recipient above, 120 octets, padded with spaces
 * Everything that changes has a fixed width, and is overwritten in place (envelope_update_*): one octet decides a recipient's fate.
 * Limits: block 8 MiB, address 512 octets: who writes keeps to them. Broken or foreign files are ERR_DATA; the reader touches nothing.
 * Errors do not name the file: the caller prefixes its path. The rcpt array grows by envelope_add only. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;

enum envelope_fate { FATE_WAITING = 'w', FATE_SENT = 's', FATE_REFUSED = 'r', FATE_BOUNCED = 'b' };

struct envelope_rcpt {
	char *addr;
	enum envelope_fate fate;
	char *reply;		/* trimmed, may be "" */
	off_t at;		/* of the fate's octet in the file */
	off_t reply_at;
};

struct envelope {
	char *from;		/* "" is the null sender */
	char *account;		/* or NULL */
	int held;
	int64_t arrived, next;
	unsigned int tries;
	struct envelope_rcpt *rcpt;
	size_t rcpts;
	off_t message_at;	/* where the message begins */
	off_t state_at, next_at, tries_at;
};

void envelope_write(struct buf *out, const struct envelope *);	/* the block; offsets are not read */
int envelope_read(int fd, struct envelope *, struct err *e);
void envelope_add(struct envelope *, const char *addr);		/* one more recipient, waiting */
void envelope_free(struct envelope *);

/* In place, by pwrite; the caller syncs fd when it must be durable. They update the struct as well. */
int envelope_set_fate(int fd, struct envelope *, size_t i, enum envelope_fate, const char *reply, struct err *e);
int envelope_set_next(int fd, struct envelope *, int64_t next, unsigned int tries, struct err *e);
int envelope_set_held(int fd, struct envelope *, int held, struct err *e);

#endif
