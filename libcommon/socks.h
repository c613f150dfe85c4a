/* SPDX-License-Identifier: ISC */
/* socks.h - TCP through a SOCKS 5 proxy (RFC 1928), which resolves the host's name itself; with a user and password where it wants
 * them (RFC 1929). Nothing is asked of the local resolver but the proxy's own name. */
#ifndef SOCKS_H
#define SOCKS_H

#include <stdint.h>

struct conn;
struct err;

struct socks {
	const char *host, *port;		/* the proxy; port NULL: 1080 */
	const char *user, *password;		/* NULL: none */
};

/* As dial_tcp_from; the connection is never local, even if the proxy is. ERR_TEMP where the proxy can't reach the host,
 * ERR_PERM where it does not let us, ERR_PROTOCOL where it is no such proxy. */
int socks_dial(struct conn *, const struct socks *, const char *source, const char *host, const char *port,
    int64_t deadline, struct err *e);
/* The dialogue alone, over a connected non-blocking descriptor. */
int socks_connect(int fd, const struct socks *, const char *host, const char *port, int64_t deadline, struct err *e);

#endif
