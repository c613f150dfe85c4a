/* SPDX-License-Identifier: ISC */
/* serve_client.h - who the client is, and what it may do.
 * Its address is that of the socket on standard input, else what the launcher says: $TCPREMOTEIP (ucspi), $REMOTE_ADDR
 * (systemd); else it is not known. It may send to other domains than ours where it is on the list of `serve-relay`, or where
 * the launcher vouches for it: $RELAYCLIENT is set, as tcpserver's rules do. */
#ifndef SERVE_CLIENT_H
#define SERVE_CLIENT_H

#include <sys/socket.h>

struct err;

struct serve_client {
	char addr[64];		/* "192.0.2.1", "IPv6:2001:db8::1", "" when it is not known */
	unsigned char octets[16];	/* IPv4 as ::ffff:0:0/96 */
	int known;
	int socket;		/* standard input is one */
};

void serve_client_find(struct serve_client *, int fd);
int serve_client_set(struct serve_client *, const char *addr);	/* -1 when it is no address */

/* list: loopback, networks as 192.0.2.0/24 or 2001:db8::/32, addresses, parted by blanks or commas. 1, 0, or -1 when a word
 * is none of these. NULL is the empty list. */
int serve_client_listed(const struct serve_client *, const char *list, struct err *e);

#endif
