/* SPDX-License-Identifier: ISC */
/* open.c - from the command line's account to a session. */
#include "mimap.h"

#include "imap.h"

int
mimap_open(struct mimap *m, struct imap **im, struct err *e)
{
	if (mimap_account(m, e) == -1)
		return -1;
	return imap_open(im, &m->account, e);
}

/* Once: verbs that need a key before they connect ask first. */
int
mimap_account(struct mimap *m, struct err *e)
{
	int r;

	if (m->loaded)
		return 0;
	r = account_load(&m->account, KEY_IMAP, e);
	if (r == 1)
		return err_set(e, ERR_CONFIG, "no account: write a configuration file (pennypost(5)), or give -a imaps://you@mail.example.org");
	m->loaded = r == 0;
	return r;
}
