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
 *   Penny-Account: work                  may be missing, as may all lines below but Penny-To and Penny-Reply
 *   Penny-Tried: 0001795344000 0000000000000   the last try, and the seconds before it that do not count: this machine was
 *                                        offline
 *   Penny-Warned: n                      y once the sender was told of a delay; a file without this line is never told of
 *   Penny-Ret: full                      full | hdrs  (RFC 3461 4.3)
 *   Penny-Envid: QQ314159                as on the wire, in xtext (RFC 3461 4.4)
 *   Penny-To: w <bob@example.net>        one a recipient: w waiting, s sent, d sent but the sender is still to be told, r
 *                                        refused for good, b refused and bounced
 *   Penny-Remote: mx.example.net         may be missing: who said what follows, 64 octets, padded; nothing where that is not known
 *   Penny-Reply: 451 4.7.1 …             the last reply about the recipient above, 120 octets, padded with spaces
 *   Penny-Notify: failure,delay          never | of success, failure, delay in that order (RFC 3461 4.1)
 *   Penny-Orcpt: rfc822;bob@example.net  as on the wire: type, semicolon, xtext (RFC 3461 4.2)
 * Everything that changes has a fixed width, and is overwritten in place (envelope_set_*): one octet decides a recipient's fate.
 * Limits: block 8 MiB, address and Penny-Orcpt 512 octets, Penny-Envid 100: who writes keeps to them. Broken or foreign files
 * are ERR_DATA; the reader touches nothing. Errors do not name the file: the caller prefixes its path. The rcpt array grows by
 * envelope_add only. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct err;

enum envelope_fate { FATE_WAITING = 'w', FATE_SENT = 's', FATE_UNTOLD = 'd', FATE_REFUSED = 'r', FATE_BOUNCED = 'b' };

/* Of what the sender wants to hear; 0 is not said, and means failure and delay. */
enum envelope_notify { NOTIFY_NEVER = 1, NOTIFY_SUCCESS = 2, NOTIFY_FAILURE = 4, NOTIFY_DELAY = 8 };
enum envelope_ret { RET_UNSAID, RET_FULL, RET_HDRS };
enum envelope_warned { WARNED_NO, WARNED_YES, WARNED_NEVER };

struct envelope_rcpt {
	char *addr;
	enum envelope_fate fate;
	char *reply;		/* trimmed, may be "" */
	char *remote;		/* likewise; NULL: the file has no such line */
	unsigned int notify;	/* NOTIFY_… */
	char *orcpt;		/* or NULL */
	off_t at;		/* of the fate's octet in the file */
	off_t reply_at, remote_at;
};

struct envelope {
	char *from;		/* "" is the null sender */
	char *account;		/* or NULL */
	int held;
	int64_t arrived, next;
	unsigned int tries;
	int64_t tried, offline;	/* the last try, 0: none, -1: a file without that line; seconds before it that do not count */
	enum envelope_warned warned;
	enum envelope_ret ret;
	char *envid;		/* or NULL */
	struct envelope_rcpt *rcpt;
	size_t rcpts;
	off_t message_at;	/* where the message begins */
	off_t state_at, arrived_at, next_at, tries_at;
	off_t tried_at, warned_at;	/* 0: the file has no such line */
};

void envelope_write(struct buf *out, const struct envelope *);	/* the block; offsets are not read */
int envelope_read(int fd, struct envelope *, struct err *e);
void envelope_add(struct envelope *, const char *addr);		/* one more recipient, waiting */
void envelope_free(struct envelope *);

/* In place, by pwrite; the caller syncs fd when it must be durable. They update the struct as well. */
int envelope_set_fate(int fd, struct envelope *, size_t i, enum envelope_fate, const char *reply, struct err *e);
int envelope_set_remote(int fd, struct envelope *, size_t i, const char *host, struct err *e);	/* nothing without the line */
int envelope_set_next(int fd, struct envelope *, int64_t next, unsigned int tries, struct err *e);
int envelope_set_arrived(int fd, struct envelope *, int64_t arrived, struct err *e);	/* the clock was wrong when it came */
int envelope_set_held(int fd, struct envelope *, int held, struct err *e);
int envelope_set_tried(int fd, struct envelope *, int64_t tried, int64_t offline, struct err *e);	/* nothing without the line */
int envelope_set_warned(int fd, struct envelope *, struct err *e);

/* NOTIFY's value as it stands in the file and on the wire, in either case: 0, or -1 when it is none; and back. */
int envelope_notify_parse(const char *text, unsigned int *notify);
void envelope_notify_text(struct buf *out, unsigned int notify);
void envelope_xtext(struct buf *out, const char *text);		/* RFC 3461 4: anything, fit for a line */
int envelope_xtext_ok(const char *text, size_t max);	/* + only before two upper-case hexadecimal digits, no = or blank */
int envelope_orcpt_ok(const char *text);

#endif
