/* SPDX-License-Identifier: ISC */
/* change.c - UID STORE, COPY, MOVE and EXPUNGE (RFC 3501 section 6.4, RFC 6851, RFC 4315). */
#include "change.h"

#include <stdio.h>
#include <string.h>

#include "find.h"
#include "imap.h"
#include "log.h"
#include "stream.h"
#include "uidset.h"

struct order {			/* a command but for its set */
	const char *before, *after;	/* after may be a mailbox */
	int to_mailbox;
	const char *what;
};

static int
send_piece(struct imap *im, const struct order *o, const char *set, struct err *e)
{
	struct command c;
	int r;

	imap_command(im, &c);
	r = command_add(&c, e, "%r %S", o->before, set);
	if (r == 0 && o->after != NULL)
		r = command_add(&c, e, o->to_mailbox ? " %m" : " %r", o->after);
	if (r == 0)
		r = imap_send(im, &c, o->what, e);
	command_free(&c);
	return r;
}

/* Names grow on the wire: three octets for one at most. */
static int
send_all(struct imap *im, const struct uidset *set, const struct order *o, struct err *e)
{
	struct buf piece = { 0 };
	size_t pos = 0, room = COMMAND_SET_MAX - (o->after != NULL ? 3 * strlen(o->after) : 0);
	int r = 0;

	while (r == 0 && uidset_piece(set, &pos, room, &piece)) {
		r = send_piece(im, o, buf_str(&piece), e);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

/* C: UID STORE set +FLAGS.SILENT (\Seen) */
int
change_flags(struct imap *im, const struct uidset *set, const char *item, const char *flags, struct err *e)
{
	struct buf change = { 0 };
	struct order o = { .before = "UID STORE", .what = "change flags" };
	int r;

	buf_printf(&change, "%s (%s)", item, flags);
	o.after = buf_str(&change);
	r = strlen(flags) > 2000 ? err_set(e, ERR_USAGE, "too many flags at once") : send_all(im, set, &o, e);
	buf_free(&change);
	return r;
}

static int
to_mailbox(struct imap *im, const struct uidset *set, const char *mailbox, const char *command, const char *verb, struct err *e)
{
	char what[160];
	struct order o = { .before = command, .after = mailbox, .to_mailbox = 1, .what = what };

	snprintf(what, sizeof(what), "%s messages to %s", verb, mailbox);
	if (send_all(im, set, &o, e) == -1)
		return -1;
	return imap_finish(im, e);
}

int
change_copy(struct imap *im, const struct uidset *set, const char *mailbox, struct err *e)
{
	return to_mailbox(im, set, mailbox, "UID COPY", "copy", e);
}

/* Without MOVE the set is used three times, so it must not change meanwhile: what arrives in 5:* after the COPY has to stay.
 * What only carries the flag because it could not be expunged before was copied then. */
int
change_move(struct imap *im, const struct uidset *set, const char *mailbox, struct err *e)
{
	struct uidset exact = { NULL, 0, 0 };
	int r;

	if (caps_has(&im->caps, CAP_MOVE))
		return to_mailbox(im, set, mailbox, "UID MOVE", "move", e);
	r = find_set(im, set, !caps_has(&im->caps, CAP_UIDPLUS), &exact, e);
	if (r == 0 && exact.count > 0)
		r = change_copy(im, &exact, mailbox, e);
	if (r == 0 && exact.count > 0)
		r = change_remove(im, &exact, e);
	uidset_free(&exact);
	return r;
}

int
change_remove(struct imap *im, const struct uidset *set, struct err *e)
{
	static const struct order expunge = { .before = "UID EXPUNGE", .what = "remove messages" };
	int exactly = caps_has(&im->caps, CAP_UIDPLUS);

	if (change_flags(im, set, "+FLAGS.SILENT", "\\Deleted", e) == -1 || (exactly && send_all(im, set, &expunge, e) == -1)
	    || imap_finish(im, e) == -1)
		return -1;
	if (!exactly)
		log_warn("%s can't remove single messages (UIDPLUS): they are marked as deleted in %s, until a client expunges it",
		    stream_peer(im->stream), im->mailbox.name);
	return 0;
}
