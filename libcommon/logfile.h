/* SPDX-License-Identifier: ISC */
/* logfile.h - a line for each thing done, where the account's `log` asks for one: name=word name='quoted text' … exitcode=EX_OK. */
#ifndef LOGFILE_H
#define LOGFILE_H

struct buf;

void logfile_word(struct buf *line, const char *name, const char *text);	/* what would end it is escaped */
void logfile_quoted(struct buf *line, const char *name, const char *text);
const char *logfile_code(int code);						/* "EX_TEMPFAIL" */
/* For a program that is going to confine itself: the file, or -1, where it is "syslog" or can't be written. */
int logfile_open(const char *where);
/* To a file (opened, or -1: to be opened now), with the time before it, or to "syslog" (facility mail). A log that can't be written is
 * told, no more. */
void logfile_write(const char *program, const char *where, int opened, const struct buf *line, int code);

#endif
