/* SPDX-License-Identifier: ISC */
/* deliver.c - a single transaction, for who has no other to send meanwhile. */
#include "mail.h"
#include "rcpt.h"
#include "transact.h"

static int
deliver(struct transaction *t, int last, struct err *e)
{
	struct smtp *s = t->s;

	if (transact_envelope(t, transact_may_hurry(t), e) == -1 || (!t->eager && replies_all(s, e) == -1))
		return -1;
	if (transact_ready(t) && transact_message(t, e) == -1)
		return -1;
	if (last && t->put && rcpts_count(t->rcpts, RCPT_WAITING) == 0 && smtp_quit(s, e) == -1)
		return -1;
	return replies_all(s, e);
}

int
smtp_deliver(struct smtp *s, const char *from, struct rcpts *rcpts, const struct mail *mail, int last, struct err *e)
{
	struct transaction t;
	int rc = 0;

	if (transact_begin(&t, s, from, rcpts, mail))
		rc = deliver(&t, last, e);
	if (rc == -1)
		transact_lost(&t, e);
	transact_end(&t);
	return rc;
}
