/* SPDX-License-Identifier: ISC */
/* list.h - what ls prints about an entry, in each of its forms. Pure: text goes to a buffer, the clock is an argument.
 * Addresses and replies are made harmless (log.h). */
#ifndef LIST_H
#define LIST_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct envelope;

struct row {
	const char *id;
	const struct envelope *env;
	int64_t size;		/* of the message */
	int64_t now;
	int taken;		/* somebody works on it */
};

const char *list_state(const struct row *);	/* sending, held, refused, due or waiting; refused is held because of refusals */
const char *list_fate(int fate);		/* of a recipient: waiting, sent, refused, bounced */
int list_open(int fate);		/* the message has not reached him, and the sender was not told */
void list_time(struct buf *, int64_t when);	/* 2026-11-22T10:00:00+0100, local zone */

const char *list_sender(const struct envelope *);	/* MAILER-DAEMON is the null sender, for those who read Postfix's listings */

void list_header(struct buf *);				/* of columns */
void list_columns(struct buf *, const struct row *);	/* one line for people */
void list_recipients(struct buf *, const struct row *);	/* below it: one line a recipient, with the last reply */
void list_record(struct buf *, const struct row *);	/* TABs: id size arrived state next sender recipient,… (not yet sent) */
void list_details(struct buf *, const struct row *);	/* one line a recipient: … sender recipient fate reply */
void list_json(struct buf *, const struct row *);	/* one object, postqueue -j's keys and some more */
void list_mailq_header(struct buf *);	/* Postfix's columns (mailq.c) */
void list_mailq(struct buf *, const struct row *);
void list_summary(struct buf *, size_t entries, int64_t octets);	/* mailq's last line */

#endif
