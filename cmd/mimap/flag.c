/* SPDX-License-Identifier: ISC */
/* flag.c - mimap flag: +flags, -flags and =flags on messages, by UID STORE (RFC 3501 section 6.4.6), all in one flight.
 * UIDs that no longer exist are no error for the server, and none here. */
#include "mimap.h"

#include <string.h>

#include "command.h"
#include "flagname.h"
#include "imap.h"
#include "stream.h"
#include "uids.h"

#define SIGNS "+-="

struct change {			/* wire names, separated by spaces */
	struct buf flags[3];	/* by the sign's place in SIGNS */
	int given[3];
};

/* "+seen,flagged" */
static int
read_change(struct change *c, const char *arg, struct err *e)
{
	size_t sign = (size_t)(strchr(SIGNS, arg[0]) - SIGNS), n;
	struct buf *flags = &c->flags[sign];
	const char *p = arg + 1;

	c->given[sign] = 1;
	if (*p == '\0' && sign == 2)	/* "=": none */
		return 0;
	for (;; p++) {
		n = strcspn(p, ",");
		if (flags->len > 0)
			buf_addc(flags, ' ');
		if (flagname_wire(flags, p, n, e) == -1)
			return -1;
		p += n;
		if (*p == '\0')
			return 0;
	}
}

static int
read_changes(struct change *c, int argc, char **argv, struct err *e)
{
	int i;

	for (i = 1; i < argc - 1; i++) {
		if (strcmp(argv[i], "--") == 0)
			continue;
		if (argv[i][0] == '\0' || strchr(SIGNS, argv[i][0]) == NULL)
			return err_set(e, ERR_USAGE, "\"%s\": a flag needs a sign, +, - or =", argv[i]);
		if (read_change(c, argv[i], e) == -1)
			return -1;
	}
	if (!c->given[0] && !c->given[1] && !c->given[2])
		return err_set(e, ERR_USAGE, "flag needs a change, like +seen or -flagged, and UIDs");
	if (c->given[2] && (c->given[0] || c->given[1]))
		return err_set(e, ERR_USAGE, "= sets all flags, so + and - do not go with it");
	return 0;
}

/* C: UID STORE set +FLAGS.SILENT (\Seen)      for each piece of the set */
static int
send_store(struct imap *im, const struct uidset *set, size_t sign, const char *flags, struct err *e)
{
	static const char *const items[] = { "+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS.SILENT" };
	struct buf piece = { 0 };
	struct command c;
	size_t pos = 0;
	int r = 0;

	while (r == 0 && uidset_piece(set, &pos, COMMAND_SET_MAX - strlen(flags), &piece)) {
		imap_command(im, &c);
		r = command_add(&c, e, *flags != '\0' ? "UID STORE %S %r (%r)" : "UID STORE %S %r ()", buf_str(&piece), items[sign], flags);
		if (r == 0)
			r = imap_send(im, &c, "change flags", e);
		command_free(&c);
		buf_cut(&piece, 0);
	}
	buf_free(&piece);
	return r;
}

/* A flag the server won't keep (RFC 3501 section 7.1, PERMANENTFLAGS) is reported, for it says OK to it. */
static int
check_kept(const struct imap *im, const struct buf *flags, struct err *e)
{
	const char *kept = im->mailbox.permanent, *p = buf_str(flags);
	size_t n;

	if (im->mailbox.read_only)
		return err_set(e, ERR_PERM, "%s lets nobody change the mailbox %s", stream_peer(im->stream), im->mailbox.name);
	for (; kept != NULL && *p != '\0'; p += n + (p[n] == ' ')) {
		n = strcspn(p, " ");
		if (!flagname_listed(kept, p, n) && (*p == '\\' || !flagname_listed(kept, "\\*", 2)))
			return err_set(e, ERR_UNAVAILABLE, "%s does not keep the flag %.*s in %s", stream_peer(im->stream), (int)n, p,
			    im->mailbox.name);
	}
	return 0;
}

static int
work(struct mimap *m, const struct change *c, const struct uidset *set, struct err *e)
{
	struct imap *im = NULL;
	size_t i;
	int r;

	if (mimap_open(m, &im, e) == -1)
		return -1;
	r = imap_select(im, m->mailbox, 0, e);
	for (i = 0; i < 3 && r == 0; i++) {
		if (c->given[i])
			r = send_store(im, set, i, buf_str(&c->flags[i]), e);
	}
	if (r == 0)
		r = imap_finish(im, e);
	for (i = 0; i < 3 && r == 0; i++)
		r = check_kept(im, &c->flags[i], e);
	imap_logout(im);
	imap_close(&im);
	return r;
}

int
verb_flag(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct change change = { .given = { 0 } };
	struct uids uids = { .piped = 0 };
	size_t i;
	int r = -1;

	if (argc < 3)
		err_set(e, ERR_USAGE, "flag needs a change, like +seen or -flagged, and UIDs");
	else if (read_changes(&change, argc, argv, e) == 0 && uids_read(&uids, argv[argc - 1], e) == 0)
		r = uids.all.count == 0 ? 0 : work(m, &change, &uids.all, e);
	for (i = 0; i < 3; i++)
		buf_free(&change.flags[i]);
	uids_free(&uids);
	return r;
}
