/* SPDX-License-Identifier: ISC */
/* fetch.c - mimap fetch: chosen messages into a maildir, each once, or to stdout. Marks nothing as seen unless told to. */
#include "mimap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boxes.h"
#include "buf.h"
#include "change.h"
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

#define CONNECTIONS_MAX 100
#define WORTH_IT 16384		/* octets: a connection that brought as much is followed by another one */

struct fetch {
	struct mimap *m;
	int headers, paths, seen;
	const char *part;	/* -P, or NULL */
	const char *where;	/* -d: a directory, "-", or NULL */
	char *maildir;		/* NULL: stdout */
	int everything;		/* no UIDs were given: all that was not fetched before */
	struct uids uids;
	struct imap *im;
	int connections;
	struct target *target;
	struct progress progress;
};

struct fetch_box {		/* a mailbox */
	const char *name;
	const struct uidset *all, *single;
	struct fetched *fetched;
	struct uidset skipped;	/* asked for, and here already */
	struct download download;
};

static int
read_arguments(struct fetch *f, int argc, char **argv, struct err *e)
{
	int ch;

	while ((ch = getopt(argc, argv, "+:HpsP:d:")) != -1) {
		switch (ch) {
		case 'H':
			f->headers = 1;
			break;
		case 'p':
			f->paths = 1;
			break;
		case 's':
			f->seen = 1;
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
	if (f->part != NULL && (optind == argc || f->headers || f->seen || *f->part == '\0'))
		return err_set(e, ERR_USAGE, "fetch: -P needs a part and UIDs, and no -H or -s");
	if (argc - optind > 1)
		return err_set(e, ERR_USAGE, "fetch: one set of UIDs, please: \"%s\" is one too many", argv[optind + 1]);
	f->everything = optind == argc;
	if (!f->everything && uids_read(&f->uids, argv[optind], e) == -1)
		return -1;
	if (f->uids.all.count > 0)
		return boxes_one(f->m, "a set of UIDs", e);
	if (!f->everything)
		return 0;
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
	struct target_opts to = { .maildir = f->maildir, .paths = f->paths };

	to.as_is = uidset_size(&f->uids.all) == 1 && f->uids.boxes == 0;
	if (f->uids.all.count == 0 && f->uids.boxes == 1)
		to.as_is = uidset_size(&f->uids.box[0].all) == 1;
	return target_open(&f->target, &to, e);
}

static int
open_ledger(const struct fetch *f, struct fetch_box *b, struct err *e)
{
	struct fetched_opts from = {
		.account = &f->m->account, .mailbox = b->name, .headers = f->headers, .placed = target_placed, .ctx = f->target
	};

	if (f->maildir == NULL)
		return 0;
	if (fetched_open(&b->fetched, target_maildir(f->target), &from, e) == -1)
		return -1;
	maildir_tidy(target_maildir(f->target));
	return fetched_known(b->fetched, b->all, !f->everything, &b->skipped, e);
}

static void
subtract(struct uidset *from, const struct uidset *what)
{
	size_t i;

	for (i = 0; i < what->count; i++)
		uidset_remove(from, what->range[i].lo, what->range[i].hi);
}

/* Nothing may be new: that is to be known before the server is asked for it. */
static int
ask_new(struct fetch *f, const struct fetch_box *b, struct uidset *ask, struct err *e)
{
	if (b->skipped.count == 0 || ask->count == 0 || ask->range[ask->count - 1].hi != UID_STAR)
		return 0;
	if (imap_finish(f->im, e) == -1)
		return -1;
	download_bound(ask, f->im->mailbox.uidnext);
	return 0;
}

/* EXAMINE and what is to be fetched in one flight; should the mailbox turn out to be another one, what we thought to
 * have as well. */
static int
first_try(struct fetch *f, struct fetch_box *b, struct err *e)
{
	struct download *d = &b->download;
	struct uidset ask = { NULL, 0, 0 };
	int r;

	uidset_merge(&ask, b->all);
	subtract(&ask, &b->skipped);
	*d = (struct download){ .im = f->im, .target = f->target, .fetched = b->fetched, .headers = f->headers, .progress = f->progress };
	r = imap_select(f->im, b->name, !f->seen, e);
	if (r == 0 && uidset_size(&ask) >= IMAP_BULK)
		r = imap_compress(f->im, e);
	if (r == 0)
		r = ask_new(f, b, &ask, e);
	if (r == 0)
		r = download_ask(d, &ask, e);
	if (download_finish(d, e) == -1)
		r = -1;
	if (r == 0 && d->changed && (r = download_ask(d, &b->skipped, e)) == 0)
		r = download_finish(d, e);
	uidset_free(&ask);
	return r;
}

static int
another_try(struct fetch *f, struct fetch_box *b, struct err *e)
{
	int r = imap_select(f->im, b->name, !f->seen, e);

	if (r == 0)
		r = download_resume(&b->download, f->im, e);
	return download_finish(&b->download, e) == -1 ? -1 : r;
}

/* The connection broke, having brought something: on with another one. What went wrong stays told when there is none. */
static int
reconnect(struct fetch *f)
{
	struct err ignored = { 0 };

	if (++f->connections > CONNECTIONS_MAX)
		return -1;
	imap_close(&f->im);
	return mimap_open(f->m, &f->im, &ignored);
}

static int
transfer(struct fetch *f, struct fetch_box *b, struct err *e)
{
	struct download *d = &b->download;
	uint64_t before = 0, got;
	int r = first_try(f, b, e);

	while (r == -1 && f->im->broken && e->class == ERR_TEMP) {
		got = d->progress.bytes + d->got;
		if (got < before + WORTH_IT && d->progress.items == f->progress.items)
			break;
		f->progress = d->progress;
		before = got;
		if (reconnect(f) == -1)
			break;
		err_clear(e);
		r = another_try(f, b, e);
	}
	f->progress = d->progress;
	if (b->fetched != NULL && r == 0)
		r = fetched_commit(b->fetched, e);
	return r;
}

/* UIDs asked for by name that the server has not. */
static int
report_missing(const struct fetch *f, const struct fetch_box *b, struct err *e)
{
	struct uidset missing = { NULL, 0, 0 };
	struct buf text = { 0 };
	size_t i, pos = 0;
	uint64_t uid;
	int r = 0;

	for (i = 0; i < b->single->count; i++) {
		for (uid = b->single->range[i].lo; uid <= b->single->range[i].hi; uid++) {
			if (uidset_has(&b->download.left, (uint32_t)uid))
				uidset_add(&missing, (uint32_t)uid, (uint32_t)uid);
		}
	}
	if (uidset_piece(&missing, &pos, 200, &text)) {
		if (f->uids.piped)
			log_warn("no longer in %s: UID %s", b->name, buf_str(&text));
		else
			r = err_set(e, ERR_UNAVAILABLE, "%s holds no message with UID %s", b->name, buf_str(&text));
	}
	uidset_free(&missing);
	buf_free(&text);
	return r;
}

/* What a later connection reads: the rest of the file system is of no use any more (sandbox.h). */
static void
confine(const struct fetch *f)
{
	static const enum account_key keys[] = { KEY_TLS_CA, KEY_TLS_CERT, KEY_TLS_KEY };
	const char *path, *readable[5] = { getenv("SSL_CERT_FILE"), getenv("SSL_CERT_DIR") };
	struct sandbox more = { .readable = readable, .connects = 1 };
	char *owned[3] = { NULL, NULL, NULL };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (readable[i] != NULL)
			readable[more.readables++] = readable[i];
	}
	for (i = 0; i < 3; i++) {
		if ((path = account_get(&f->m->account, keys[i])) != NULL)
			readable[more.readables++] = owned[i] = config_tilde(path);
	}
	sandbox_redelivery(f->maildir, &more);	/* the ledger is in the maildir */
	for (i = 0; i < 3; i++)
		free(owned[i]);
}

static void
close_box(struct fetch_box *b)
{
	fetched_free(&b->fetched);
	uidset_free(&b->download.left);
	uidset_free(&b->download.done);
	uidset_free(&b->skipped);
}

/* The ledger first: another run may have it. */
static int
in_mailbox(struct fetch *f, struct fetch_box *b, struct err *e)
{
	int r = open_ledger(f, b, e);

	if (r == 0 && f->im == NULL && (r = mimap_open(f->m, &f->im, e)) == 0)
		confine(f);
	if (r == 0)
		r = transfer(f, b, e);
	if (r == 0 && f->seen && b->download.done.count > 0
	    && (r = change_flags(f->im, &b->download.done, "+FLAGS.SILENT", "\\Seen", e)) == 0)
		r = imap_finish(f->im, e);
	if (r == 0)
		r = report_missing(f, b, e);
	close_box(b);
	return r;
}

static int
in_each(struct fetch *f, struct err *e)
{
	const struct uids *u = &f->uids;
	struct boxes boxes = { NULL, 0 };
	struct fetch_box b = { .all = &u->all, .single = &u->single };
	size_t i;
	int r = mimap_open(f->m, &f->im, e);

	if (r == 0)
		confine(f);
	if (r == 0 && f->everything)
		r = boxes_expand(&boxes, f->m, f->im, e);
	for (i = 0; i < boxes.count && r == 0; i++) {
		b = (struct fetch_box){ .name = boxes.name[i], .all = &u->all, .single = &u->single };
		r = in_mailbox(f, &b, e);
	}
	b = (struct fetch_box){ .name = f->m->mailbox, .all = &u->all, .single = &u->single };
	if (r == 0 && !f->everything && u->all.count > 0)
		r = in_mailbox(f, &b, e);
	for (i = 0; i < u->boxes && r == 0; i++) {
		b = (struct fetch_box){ .name = u->box[i].mailbox, .all = &u->box[i].all, .single = &u->box[i].single };
		r = in_mailbox(f, &b, e);
	}
	boxes_free(&boxes);
	return r;
}

static int
work(struct fetch *f, struct err *e)
{
	struct fetch_box b = { .name = f->m->mailbox, .all = &f->uids.all, .single = &f->uids.single };
	uint64_t count = f->everything ? 0 : uidset_size(&f->uids.all);
	int r, several = f->uids.boxes > 0 || (f->everything && boxes_several(f->m));

	if (mimap_account(f->m, e) == -1 || choose_target(f, e) == -1 || open_target(f, e) == -1)
		return -1;
	progress_begin(&f->progress, "fetching", several ? 0 : count, 0, f->m->account.verbose);
	r = several ? in_each(f, e) : in_mailbox(f, &b, e);
	progress_end(&f->progress);
	if (f->im != NULL)
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

	if (r == 0 && !uids_none(&f.uids))
		r = f.part != NULL ? fetch_part(&f, e) : work(&f, e);
	imap_close(&f.im);
	target_free(&f.target);
	uids_free(&f.uids);
	free(f.maildir);
	return r;
}
