/* SPDX-License-Identifier: ISC */
/* syncrun.h - a run over all folders: which there are on both sides, what becomes of each, and the folders one after the other,
 * overlapping on the wire. Struct sync_run is sync.h's. */
#ifndef MIMAP_SYNCRUN_H
#define MIMAP_SYNCRUN_H

#include <stddef.h>

struct err;
struct sync_numbers;
struct sync_pair;
struct sync_run;
struct syncfolder;

int syncrun(struct sync_run *, int *folders, struct err *e);	/* the session is open; folders: how many were looked at */

/* syncmake.c: folders themselves. Each: 1 and it is to be opened; 0: it is not (done, or not wanted); -1: the run is at its end. */
int syncmake(struct sync_run *, const struct sync_pair *, struct sync_numbers *told, struct err *e);
int syncmake_remove(struct sync_run *, const struct sync_pair *, struct err *e);	/* of the removals; 1: it has to stay, and be opened */

/* syncwindow.c: folders that are open, in order. */
struct syncwindow {
	struct sync_run *run;
	int joint;			/* all are open before anything is done: messages may have been moved between them */
	struct syncfolder *asked, **asked_end, *sent, **sent_end;
	size_t askeds, sents, rows;
};
void syncwindow_open(struct syncwindow *, struct sync_run *, int joint);
int syncwindow_add(struct syncwindow *, struct syncfolder *, struct err *e);	/* takes it over */
int syncwindow_close(struct syncwindow *, int r, struct err *e);	/* all of them are done; r -1: the session has ended */

#endif
