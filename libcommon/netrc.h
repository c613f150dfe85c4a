/* SPDX-License-Identifier: ISC */
/* netrc.h - passwords as ftp, curl and others keep them: machine NAME login USER password WORD [port N], and default.
 * Words may stand in double quotes with \ escapes; # begins a comment where a word would; account and macdef are passed over.
 * Limits: 1 MiB. */
#ifndef NETRC_H
#define NETRC_H

struct buf;
struct err;

/* The first entry for the host whose login and port, where given, are these; port may be NULL. 0; 1 if there is none or no file;
 * -1 with ERR_CONFIG where it can't be read or others can read it. */
int netrc_find(const char *path, const char *host, const char *port, const char *user, struct buf *password, struct err *e);

#endif
