/* SPDX-License-Identifier: ISC */
/* sync.c - mimap sync: an account's mailboxes and the maildirs below a directory, each as the other. What it promises, and what is
 * on disk for it, is told in sync.h and the headers it names. */
#include <stdlib.h>
#include <string.h>

#include "imap.h"
#include "log.h"
#include "mimap.h"
#include "sandbox.h"
#include "sync.h"
#include "syncopts.h"
#include "syncrecord.h"
#include "syncreport.h"
#include "syncrun.h"

/* The directory is ours before anybody is asked for a password. */
static int
open_all(struct sync_run *run, struct err *e)
{
	run->tree = (struct synctree){ .dir = run->opts.dir, .plusplus = run->opts.plusplus };
	run->label = account_label(&run->m->account);
	syncopts_code(&run->opts, run->code, sizeof(run->code));
	if (syncroot_open(&run->root, run->opts.dir, run->label, e) == -1 || mimap_open(run->m, &run->im, e) == -1)
		return -1;
	sandbox_paths((const char *const[]){ run->opts.dir }, 1);
	return 0;
}

/* What went wrong first is the run's result; that a folder was held back by the brake is told by its own warning. */
static int
result(struct sync_run *run, int r, struct err *e)
{
	if (r == -1)
		return -1;
	if (run->trouble.class != ERR_NONE) {
		*e = run->trouble;
		return -1;
	}
	if (run->braked)
		return err_set(e, ERR_PERM, "nothing was removed where that would have been too much; mimap sync -n shows it, --force does it");
	return 0;
}

static int
work(struct sync_run *run, struct err *e)
{
	struct err later = { 0 };
	int folders = 0, r = open_all(run, e);

	if (r == -1)
		return -1;
	progress_begin(&run->progress, "synchronising", 0, 0, run->m->account.verbose);
	r = syncrun(run, &folders, e);
	imap_logout(run->im);
	progress_end(&run->progress);
	if (!run->opts.dry && syncrecord_commit(run, r == 0 ? e : &later) == -1)
		r = -1;
	if (r == 0 && !run->opts.dry)
		syncreport_summary(run, folders);
	return result(run, r, e);
}

int
verb_sync(struct mimap *m, int argc, char **argv, struct err *e)
{
	struct sync_run run = { .m = m };
	int r = syncopts_read(&run.opts, m, argc, argv, e);

	if (r == 0)
		r = work(&run, e);
	imap_close(&run.im);
	syncrecord_free(&run.record);
	syncroot_free(&run.root);
	synclist_free(&run.list);
	syncopts_free(&run.opts);
	free(run.label);
	return r;
}
