/* SPDX-License-Identifier: ISC */
/* fetch.c - mimap fetch: chosen messages into a maildir, each once, or to stdout. Never marks anything as seen. */
#include "mimap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "download.h"
#include "fetched.h"
#include "imap.h"
#include "log.h"
#include "part.h"
#include "sandbox.h"
#include "stream.h"
#include "target.h"
#include "uids.h"

struct fetch {
	struct mimap *m;
	int headers, paths;
	const char *part;	/* -P, or NULL */
	const char *where;	/* -d: a directory, "-", or NULL */
	char *maildir;		/* NULL: stdout */
	int everything;		/* no UIDs were given: all that was not fetched before */
	struct uids uids;
	struct imap *im;
	struct target *target;
	struct fetched *fetched;
	struct uidset skipped;	/* asked for, and here already */
	struct download download;
};

static int
read_arguments(struct fetch *f, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt(argc, argv, "+:HpP:d:")) != -1) {
		switch (ch) {
		case 'H':
			f->headers = 1;
			break;
		case 'p':
			f->paths = 1;
			break;
		case 'P':
			f->part = optarg;
			break;
		case 'd':
			f->where = optarg;
			break;
		default:
			return err_set(e, ERR_USAGE, ch == ':' ? "fetch: option -%c needs an argument" : "fetch: there is no option -%c", optopt);
		}
	}
	if (f->part != NULL && (optind == argc || f->headers || *f->part == '\0'))
		return err_set(e, ERR_USAGE, "fetch: -P needs a part and UIDs, and no -H");
	if (argc - optind > 1)
		return err_set(e, ERR_USAGE, "fetch: one set of UIDs, please: \"%s\" is one too many", argv[optind + 1]);
	f->everything = optind == argc;
	if (!f->everything)
		return uids_read(&f->uids, argv[optind], e);
	uidset_add(&f->uids.all, 1, UID_STAR);
	return 0;
}

/* -d, else for whole messages the account's maildir, else stdout. */
static int
choose_target(struct fetch *f, struct err *e)
{
	const char *where = f->where;

	if (where == NULL && !f->headers)
		where = account_get(&f->m->account, KEY_MAILDIR);
	if (where != NULL && strcmp(where, "-") != 0)
		f->maildir = config_tilde(where);
	if (f->paths && f->maildir == NULL)
		return err_set(e, ERR_USAGE, "fetch: -p needs a maildir to tell paths of");
	return 0;
}

static int
open_target(struct fetch *f, struct err *e)
{
	struct target_opts to = { .maildir = f->maildir, .as_is = uidset_size(&f->uids.all) == 1, .paths = f->paths };
	struct fetched_opts from = {
		.account = &f->m->account, .mailbox = f->m->mailbox, .headers = f->headers, .placed = target_placed
	};

	if (target_open(&f->target, &to, e) == -1)
		return -1;
	if (f->maildir == NULL)
		return 0;
	from.ctx = f->target;
	if (fetched_open(&f->fetched, target_maildir(f->target), &from, e) == -1)
		return -1;
	maildir_tidy(target_maildir(f->target));
	return fetched_known(f->fetched, &f->uids.all, !f->everything, &f->skipped, e);
}

static void
subtract(struct uidset *from, const struct uidset *what)
{
	size_t i;

	for (i = 0; i < what->count; i++)
		uidset_remove(from, what->range[i].lo, what->range[i].hi);
}

/* EXAMINE and what is to be fetched in one flight; should the mailbox turn out to be another one, what we thought to
 * have as well. */
static int
transfer(struct fetch *f, struct err *e)
{
	struct download *d = &f->download;
	struct uidset ask = { NULL, 0, 0 };
	size_t i;
	int r;

	for (i = 0; i < f->uids.all.count; i++)
		uidset_add(&ask, f->uids.all.range[i].lo, f->uids.all.range[i].hi);
	subtract(&ask, &f->skipped);
	*d = (struct download){ .im = f->im, .target = f->target, .fetched = f->fetched, .headers = f->headers };
	progress_begin(&d->progress, "fetching", f->everything ? 0 : uidset_size(&ask), 0, f->m->account.verbose);
	r = imap_select(f->im, f->m->mailbox, 1, e);
	if (r == 0)
		r = download_ask(d, &ask, e);
	if (download_finish(d, e) == -1)
		r = -1;
	if (r == 0 && d->changed && (r = download_ask(d, &f->skipped, e)) == 0)
		r = download_finish(d, e);
	if (f->fetched != NULL && r == 0)
		r = fetched_commit(f->fetched, e);
	progress_end(&d->progress);
	uidset_free(&ask);
	return r;
}

/* UIDs asked for by name that the server has not. */
static int
report_missing(struct fetch *f, struct err *e)
{
	struct uidset missing = { NULL, 0, 0 };
	struct buf text = { 0 };
	size_t i, pos = 0;
	uint64_t uid;
	int r = 0;

	for (i = 0; i < f->uids.single.count; i++) {
		for (uid = f->uids.single.range[i].lo; uid <= f->uids.single.range[i].hi; uid++) {
			if (uidset_has(&f->download.left, (uint32_t)uid))
				uidset_add(&missing, (uint32_t)uid, (uint32_t)uid);
		}
	}
	if (uidset_piece(&missing, &pos, 200, &text)) {
		if (f->uids.piped)
			log_warn("no longer in %s: UID %s", f->m->mailbox, buf_str(&text));
		else
			r = err_set(e, ERR_UNAVAILABLE, "%s holds no message with UID %s", f->m->mailbox, buf_str(&text));
	}
	uidset_free(&missing);
	buf_free(&text);
	return r;
}

static int
work(struct fetch *f, struct err *e)
{
	int r;

	if (mimap_account(f->m, e) == -1 || choose_target(f, e) == -1 || open_target(f, e) == -1 || mimap_open(f->m, &f->im, e) == -1)
		return -1;
	sandbox_delivery(f->maildir, NULL);	/* the ledger is in the maildir */
	r = transfer(f, e);
	if (r == 0)
		r = report_missing(f, e);
	imap_logout(f->im);
	return r;
}

static int
fetch_part(struct fetch *f, struct err *e)
{
	struct part_order order = { .which = f->part, .dir = f->where, .paths = f->paths };

	return part_fetch(f->m, &order, &f->uids, e);
}

int
verb_fetch(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct fetch f = { .m = m };
	int r = read_arguments(&f, argc, argv, e);

	if (r == 0 && f.uids.all.count > 0)
		r = f.part != NULL ? fetch_part(&f, e) : work(&f, e);
	imap_close(&f.im);
	fetched_free(&f.fetched);
	target_free(&f.target);
	uidset_free(&f.download.left);
	uidset_free(&f.skipped);
	uids_free(&f.uids);
	free(f.maildir);
	return r;
}
