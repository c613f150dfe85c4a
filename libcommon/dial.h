/* SPDX-License-Identifier: ISC */
/* dial.h - makes a connection: TCP (all addresses of a name raced, RFC 8305), a Unix socket, or a child command.
 * A conn is one non-blocking, close-on-exec descriptor for both directions, whatever stands behind it (a child has one end of a
 * socket pair as stdin and stdout). TCP_NODELAY and keepalive are set. Errors: name unknown ERR_NOHOST; the resolver fails,
 * refused, unreachable or timed out ERR_TEMP. Each names host and port, and what to check. */
#ifndef DIAL_H
#define DIAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

struct conn {
	int fd;			/* -1 when closed */
	pid_t pid;		/* the child, or 0 */
	int local;		/* loopback address, Unix socket or child: a secret in clear does not leave the machine */
	char peer[300];		/* "mail.example.org port 25", for messages */
};

int dial_tcp(struct conn *, const char *host, const char *port, int64_t deadline, struct err *e);	/* deadline: see deadline_in; 0: none */
/* The same for a name that the caller has looked up: addresses (numbers only) in the order in which to try them. */
int dial_addresses(struct conn *, const char *name, char *const *address, size_t count, const char *port, int64_t deadline,
    struct err *e);
/* The same from an address of this machine's (a number); NULL: whichever suits. */
int dial_tcp_from(struct conn *, const char *source, const char *host, const char *port, int64_t deadline, struct err *e);
int dial_addresses_from(struct conn *, const char *source, const char *name, char *const *address, size_t count, const char *port,
    int64_t deadline, struct err *e);
/* A name may stand for several servers, one of which will not do although it can be reached. These go to none that was tried before,
 * and note which one they tried; 1 when none is left, with *e as it was. */
#define DIAL_TRIED_MAX 8
struct dial_tried {		/* zeroed is the start */
	char address[DIAL_TRIED_MAX][64];
	unsigned int n;
};
int dial_tcp_again(struct conn *, const char *source, const char *host, const char *port, struct dial_tried *, int64_t deadline,
    struct err *e);
int dial_addresses_again(struct conn *, const char *source, const char *name, char *const *address, size_t count, const char *port,
    struct dial_tried *, int64_t deadline, struct err *e);
int dial_unix(struct conn *, const char *path, int64_t deadline, struct err *e);
int dial_exec(struct conn *, const char *command, struct err *e);	/* run by /bin/sh -c */
void conn_close(struct conn *);	/* closes; a child is given a moment to end, then killed, and reaped */

#endif
