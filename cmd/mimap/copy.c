/* SPDX-License-Identifier: ISC */
/* copy.c - mimap cp and mimap mv: messages to another mailbox. */
#include "mimap.h"

#include <unistd.h>

#include "change.h"
#include "imap.h"
#include "pick.h"

static int
copy(void *ctx, struct imap *im, const struct uidset *set, struct err *e)
{
	return change_copy(im, set, ctx, e);
}

static int
move(void *ctx, struct imap *im, const struct uidset *set, struct err *e)
{
	return change_move(im, set, ctx, e);
}

/* Arguments: [-n] messages … mailbox. A name of levels needs the delimiter: that is learnt before the first command. */
static int
run(struct mimap *m, int argc, char **argv, pick_fn *change, struct err *e)
{
	struct pick pick = { .show = 0 };
	int ch, r = -1;

	while ((ch = getopt(argc, argv, "+:n")) != -1) {
		if (ch != 'n')
			return err_set(e, ERR_USAGE, "%s: there is no option -%c; for a term that begins with - write -- before it", argv[0], optopt);
		pick.show = 1;
	}
	if (argc - optind < 2)
		return err_set(e, ERR_USAGE, "%s needs messages (UIDs, - or a query), and the mailbox they go to", argv[0]);
	pick.to = argv[argc - 1];
	if (pick_read(&pick, argc - 1 - optind, argv + optind, e) == 0)
		r = pick_work(m, &pick, change, argv[argc - 1], e);
	pick_free(&pick);
	return r;
}

int
verb_cp(struct mimap *m, int argc, char **argv, struct err *e)
{
	return run(m, argc, argv, copy, e);
}

int
verb_mv(struct mimap *m, int argc, char **argv, struct err *e)
{
	return run(m, argc, argv, move, e);
}
