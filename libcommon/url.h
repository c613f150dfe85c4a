/* SPDX-License-Identifier: ISC */
/* url.h - an endpoint as the user types it (RFC 3986 syntax, bounded).
 *   smtp://ann@mail.example.org:587   imaps://[::1]   lmtp+unix:/run/lmtp   maildir:~/Mail   exec:ssh host imapd   mx:
 * A user may hold percent escapes ("ann%40example.org"). A password in a URL is refused: ps and histories would show it.
 * Controls, empty hosts, bad ports and unknown trailing parts are refused. Knows no list of schemes: callers compare. */
#ifndef URL_H
#define URL_H

struct err;

struct url {
	char *scheme;	/* lower case */
	char *user;	/* decoded, or NULL */
	char *host;	/* without [ ], or NULL */
	char *port;	/* digits, or NULL */
	char *path;	/* what follows "scheme:" where no // stands, else the /path or NULL */
};

int url_is(const char *text);	/* has the look of scheme:… (so "work" and "ann@example.org" are not) */
int url_parse(struct url *, const char *text, struct err *e);	/* ERR_CONFIG */
void url_free(struct url *);

#endif
