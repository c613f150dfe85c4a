/* SPDX-License-Identifier: ISC */
/* rm.c - mimap rm: to the trash, the mailbox that has this role; with -f for good. */
#include "mimap.h"

#include <stdlib.h>
#include <unistd.h>

#include "change.h"
#include "imap.h"
#include "mailbox.h"
#include "pick.h"
#include "role.h"
#include "stream.h"

static int
for_good(void *ctx, struct imap *im, const struct uidset *set, struct err *e)
{
	(void)ctx;
	return change_remove(im, set, e);
}

static int
to_trash(void *ctx, struct imap *im, const struct uidset *set, struct err *e)
{
	char *trash = NULL;
	int r = role_find(im, "trash", &trash, e);

	if (r == 0)
		return err_set(e, ERR_UNAVAILABLE, "no mailbox of %s has the role trash: make one (mimap mkdir -r trash Trash), move the"
		    " messages somewhere (mimap mv), or remove them for good (mimap rm -f)", stream_peer(im->stream));
	(void)ctx;
	if (r == 1 && mailbox_same(trash, im->mailbox.name))
		r = err_set(e, ERR_USAGE, "%s is the trash; mimap rm -f removes messages for good", trash);
	else if (r == 1)
		r = change_move(im, set, trash, e);
	free(trash);
	return r;
}

int
verb_rm(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct pick pick = { .show = 0 };
	int ch, force = 0, r = -1;

	while ((ch = getopt(argc, argv, "+:fnt")) != -1) {
		if (ch == '?')
			return err_set(e, ERR_USAGE, "rm: there is no option -%c; for a term that begins with - write -- before it", optopt);
		if (ch == 'n')
			pick.show = 1;
		else
			force = ch == 'f';	/* the last one counts */
	}
	if (pick_read(&pick, argc - optind, argv + optind, e) == 0)
		r = pick_work(m, &pick, force ? for_good : to_trash, m, e);
	pick_free(&pick);
	return r;
}
