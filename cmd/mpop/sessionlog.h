/* SPDX-License-Identifier: ISC */
/* sessionlog.h - a line for each session that fetches, where the account's `log` asks for one:
 *   host= tls= user= target= fetched= octets= deleted= errormsg='…' exitcode=EX_OK */
#ifndef SESSIONLOG_H
#define SESSIONLOG_H

struct account;
struct err;
struct fetch_result;

void session_log(const struct account *, int opened, const char *target, const struct fetch_result *,
    const struct err *failed, int code);

#endif
