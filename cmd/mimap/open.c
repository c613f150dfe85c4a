/* SPDX-License-Identifier: ISC */
/* open.c - from the command line's account to a session. */
#include "mimap.h"

#include "discovery.h"
#include "imap.h"

int
mimap_open(struct mimap *m, struct imap **im, struct err *e)
{
	if (mimap_account(m, e) == -1)
		return -1;
	if (imap_open(im, &m->account, e) == -1)
		return -1;
	if (imap_utf8(*im, e) == -1) {
		imap_close(im);
		return -1;
	}
	return 0;
}

/* Once: verbs that need a key before they connect ask first. account_load says what is missing where there is no
 * account at all. */
int
mimap_account(struct mimap *m, struct err *e)
{
	if (!m->loaded && discovery_load(&m->account, KEY_IMAP, e) != 0)
		return -1;
	m->loaded = 1;
	return 0;
}
