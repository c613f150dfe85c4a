/* SPDX-License-Identifier: ISC */
/* flag.c - mimap flag: +flags, -flags and =flags on messages, by UID STORE (RFC 3501 section 6.4.6), all in one flight. */
#include "mimap.h"

#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "flagname.h"
#include "imap.h"
#include "pick.h"
#include "stream.h"
#include "xalloc.h"

#define SIGNS "+-="

struct change {			/* wire names, separated by spaces */
	struct buf flags[3];	/* by the sign's place in SIGNS */
	int given[3];
	struct buf labels[3];	/* Gmail's */
};

/* "label:Work": a name as mailboxes have it on the wire, quoted (X-GM-LABELS) */
static int
read_label(struct buf *labels, const char *p, size_t n, struct err *e)
{
	struct mailbox_form form = { .delimiter = '\0' };
	struct buf wire = { 0 };
	char *name = xstrndup(p, n);
	int r = mailbox_check(name, e) == -1 ? -1 : mailbox_to_wire(&wire, name, &form, e);
	size_t i;

	if (labels->len > 0)
		buf_addc(labels, ' ');
	if (*name == '\\' && flagname_keyword(name + 1, n - 1)) {	/* \Important: one of Gmail's own */
		buf_adds(labels, name);
	} else {
		buf_addc(labels, '"');
		for (i = 0; i < wire.len; i++) {
			if (strchr("\"\\", wire.data[i]) != NULL)
				buf_addc(labels, '\\');
			buf_addc(labels, wire.data[i]);
		}
		buf_addc(labels, '"');
	}
	free(name);
	buf_free(&wire);
	return r;
}

/* "+seen,flagged" */
static int
read_change(struct change *c, const char *arg, struct err *e)
{
	size_t sign = (size_t)(strchr(SIGNS, arg[0]) - SIGNS), n;
	struct buf *flags = &c->flags[sign];
	const char *p = arg + 1;

	if (*p == '\0' && sign == 2) {	/* "=": none */
		c->given[sign] = 1;
		return 0;
	}
	for (;; p++) {
		n = strcspn(p, ",");
		if (n > 6 && strncmp(p, "label:", 6) == 0) {
			if (read_label(&c->labels[sign], p + 6, n - 6, e) == -1)
				return -1;
		} else {
			if (flags->len > 0)
				buf_addc(flags, ' ');
			if (flagname_wire(flags, p, n, e) == -1)
				return -1;
			c->given[sign] = 1;
		}
		p += n;
		if (*p == '\0')
			return 0;
	}
}

/* Options, then changes, up to the first argument without a sign or behind "--": the messages. Returns its index, or -1. */
static int
read_changes(struct change *c, struct pick *pick, int argc, char **argv, struct err *e)
{
	int i = 1;

	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		pick->show = 1;
		i++;
	}
	for (; i < argc && argv[i][0] != '\0' && strchr(SIGNS, argv[i][0]) != NULL && strcmp(argv[i], "-") != 0; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (read_change(c, argv[i], e) == -1)
			return -1;
	}
	if (!c->given[0] && !c->given[1] && !c->given[2] && c->labels[0].len + c->labels[1].len + c->labels[2].len == 0)
		return err_set(e, ERR_USAGE, "flag needs a change, like +seen or -flagged, and then messages");
	if (c->given[2] && (c->given[0] || c->given[1]))
		return err_set(e, ERR_USAGE, "= sets all flags, so + and - do not go with it");
	return i;
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
change(void *ctx, struct imap *im, const struct uidset *set, struct err *e)
{
	static const char *const items[] = { "+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS.SILENT" };
	static const char *const label_items[] = { "+X-GM-LABELS.SILENT", "-X-GM-LABELS.SILENT", "X-GM-LABELS.SILENT" };
	const struct change *c = ctx;
	size_t i;
	int r = 0;

	for (i = 0; i < 3 && r == 0; i++) {
		if (c->labels[i].len > 0 && !caps_has(&im->caps, CAP_GMAIL))
			r = err_set(e, ERR_UNAVAILABLE, "%s knows no labels; only Gmail's servers do (X-GM-EXT-1)", stream_peer(im->stream));
		if (r == 0 && c->labels[i].len > 0)
			r = change_flags(im, set, label_items[i], buf_str(&c->labels[i]), e);
		if (r == 0 && c->given[i])
			r = change_flags(im, set, items[i], buf_str(&c->flags[i]), e);
	}
	if (r == 0)
		r = imap_finish(im, e);
	for (i = 0; i < 3 && r == 0; i++)
		r = check_kept(im, &c->flags[i], e);
	return r;
}

int
verb_flag(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct change c = { .given = { 0 } };
	struct pick pick = { .show = 0 };
	size_t i;
	int first = read_changes(&c, &pick, argc, argv, e), r = -1;

	if (first != -1 && pick_read(&pick, argc - first, argv + first, e) == 0)
		r = pick_work(m, &pick, change, &c, e);
	for (i = 0; i < 3; i++) {
		buf_free(&c.flags[i]);
		buf_free(&c.labels[i]);
	}
	pick_free(&pick);
	return r;
}
