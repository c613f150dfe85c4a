/* SPDX-License-Identifier: ISC */
/* syncreport.h - what `mimap sync` says: -n's lines, paths of new files (-p), the summary on a terminal, troubles. */
#ifndef MIMAP_SYNCREPORT_H
#define MIMAP_SYNCREPORT_H

#include "maildir.h"

struct err;
struct sync_action;
struct sync_run;
struct syncfolder;

maildir_placed_fn syncreport_path;	/* prints it */
/* -n: "WHAT TAB MAILBOX TAB WHICH", harmless on a terminal. */
void syncreport_action(const struct syncfolder *, const struct sync_action *);
void syncreport_folder(const char *what, const char *mailbox, const char *which);
void syncreport_trouble(struct sync_run *, const struct err *);	/* the first is the run's own, others are told at once */
void syncreport_summary(const struct sync_run *, int folders);

#endif
