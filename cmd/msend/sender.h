/* SPDX-License-Identifier: ISC */
/* sender.h - who a message is from: in the envelope, and in a From field where the message has none.
 * -f, else the account's `from`, in which %U is the user and %H this machine, else the user who runs this, at this machine. Owns its
 * strings. */
#ifndef MSEND_SENDER_H
#define MSEND_SENDER_H

struct account;
struct err;

struct sender {			/* zeroed is empty */
	char *envelope;		/* "" is the null sender */
	char *name;		/* or NULL */
	char *addr;
	int forced;		/* by from-force: whatever -f and the message say */
};

/* option and full_name are -f and -F, or NULL. */
int sender_find(struct sender *, const char *option, const char *full_name, const struct account *, struct err *e);
char *sender_mailbox(const struct sender *);	/* "Ann <ann@example.org>"; the caller frees */
void sender_free(struct sender *);

#endif
