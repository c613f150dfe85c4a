/* SPDX-License-Identifier: ISC */
/* sendmail.h - msend by the names that other programs call: sendmail, mailq, newaliases. */
#ifndef MSEND_SENDMAIL_H
#define MSEND_SENDMAIL_H

struct job;

/* "sendmail", "mailq" or "newaliases" if it is called so, by any path; else NULL. */
const char *sendmail_name(const char *argv0);

/* Reads the command line as sendmail does. 1: the job is to be run, its recipients begin at optind; 0: *code is all there is
 * to it. */
int sendmail_options(struct job *, const char *name, int argc, char **argv, int *code);

#endif
