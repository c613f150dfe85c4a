/* SPDX-License-Identifier: ISC */
/* maillog.h - a line for each message, where the account's `log` asks for one: in a file, or to syslog (facility mail).
 * Fields as msmtp's, so that what reads those reads these:
 *   host= tls= auth= user= from= recipients= mailsize= smtpstatus= smtpmsg='…' errormsg='…' exitcode=EX_OK */
#ifndef MSEND_MAILLOG_H
#define MSEND_MAILLOG_H

#include <stdint.h>

struct buf;
struct rcpts;
struct route;

/* The reply, or the error, of the recipient that the exit code is about. A log that can't be written is told, no more: the mail
 * went. */
void maillog_write(const struct route *, const char *from, const struct rcpts *, uint64_t size, int code);
void maillog_line(struct buf *out, const struct route *, const char *from, const struct rcpts *, uint64_t size, int code);

#endif
