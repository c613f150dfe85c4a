/* SPDX-License-Identifier: ISC */
/* select.c - a mailbox is opened (RFC 3501 sections 6.3.1, 6.3.2), with what changed since it was open last where the server
 * can tell (QRESYNC, RFC 7162 section 3.2.5), which must have been switched on before (ENABLE, RFC 5161), as must UTF8=ACCEPT (RFC
 * 6855), here for the whole session. */
#include "imap.h"

#include <stdio.h>

#include "stream.h"

/* C: EXAMINE mailbox | SELECT mailbox [(QRESYNC (validity modseq [uids]))]
 * S: * OK [CLOSED] | * 3 EXISTS | * OK [UIDVALIDITY 7] …; with QRESYNC * VANISHED (EARLIER) set | * n FETCH (UID … MODSEQ (…))
 * S: OK | NO */
int
imap_select_since(struct imap *im, const char *mailbox, int read_only, const struct imap_since *since, struct err *e)
{
	struct command c;
	char what[160];
	int r;

	if (imap_name(im, mailbox, e) == -1)
		return -1;
	snprintf(what, sizeof(what), "open the mailbox %s", mailbox);
	imap_command(im, &c);
	r = command_add(&c, e, read_only ? "EXAMINE %m" : "SELECT %m", mailbox);
	if (r == 0 && since != NULL)
		r = command_add(&c, e, " (QRESYNC (%u %U", (unsigned int)since->uidvalidity, since->modseq);
	if (r == 0 && since != NULL && since->uids != NULL)
		r = command_add(&c, e, " %S", since->uids);
	if (r == 0 && since != NULL)
		r = command_add(&c, e, "))");
	if (r == 0)
		r = imap_send(im, &c, what, e);
	if (r == 0)
		imap_opens(im, mailbox);
	command_free(&c);
	return r;
}

int
imap_select(struct imap *im, const char *mailbox, int read_only, struct err *e)
{
	return imap_select_since(im, mailbox, read_only, NULL, e);
}

/* C: ENABLE QRESYNC        RFC 5161 section 3.1
 * S: * ENABLED QRESYNC | OK */
int
imap_enable(struct imap *im, enum cap cap, struct err *e)
{
	struct command c;
	int r;

	if (!caps_has(&im->caps, CAP_ENABLE) || !caps_has(&im->caps, cap))
		return 0;
	imap_command(im, &c);
	r = command_add(&c, e, "ENABLE %a", caps_name(cap));
	if (r == 0)
		r = imap_send(im, &c, "enable an extension", e);
	command_free(&c);
	return r == -1 ? -1 : 1;
}

/* C: ENABLE UTF8=ACCEPT    RFC 6855 section 3; also where the server offers UTF8=ONLY
 * S: * ENABLED UTF8=ACCEPT | OK */
int
imap_utf8(struct imap *im, struct err *e)
{
	int r = imap_enable(im, CAP_UTF8, e);
	struct imap_pending *p;

	if (r == 0 && caps_has(&im->caps, CAP_UTF8_ONLY))
		return err_set(e, ERR_UNAVAILABLE, "%s works with UTF-8 only (UTF8=ONLY): leave UTF8=ACCEPT and ENABLE out of imap-without",
		    stream_peer(im->stream));
	if (r != 1)
		return r;
	im->enabling = im->last_tag;
	for (p = im->pending; p != NULL; p = p->next)
		p->judged |= p->tag == im->enabling;
	im->utf8 = im->form.utf8 = 1;
	return 0;
}

/* It was not enabled after all: what is sent from here on is as before. */
void
imap_enable_answered(struct imap *im)
{
	im->enabling = 0;
	if (imap_enabled(im, CAP_UTF8))
		return;
	im->utf8 = 0;
	im->form.utf8 = !caps_has(&im->caps, CAP_REV1);
}

int
imap_enabled(const struct imap *im, enum cap cap)
{
	return (im->enabled >> cap & 1) != 0;
}
