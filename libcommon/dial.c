/* SPDX-License-Identifier: ISC */
/* dial.c - TCP with all addresses raced (RFC 8305: families interleaved, the next attempt after 250 ms or at once when one
 * fails, the first to connect stays), and Unix sockets.
 * getaddrinfo(3) keeps its own time-outs (resolv.conf); the deadline holds for everything after it. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "deadline.h"
#include "dial.h"
#include "dns.h"
#include "err.h"

#define MAX_ADDRS	16	/* a name may have more: they are not tried */
#define STAGGER_MS	250

struct race {
	const struct addrinfo *addr[MAX_ADDRS];
	unsigned int addrs, next;
	struct pollfd fd[MAX_ADDRS];		/* attempts under way, and whom they go to */
	const struct addrinfo *to[MAX_ADDRS];
	unsigned int fds;
	int64_t next_at;			/* when the next attempt starts */
	int errnum;				/* of the first failure */
	int routed;				/* some failed otherwise than for want of a route */
	const struct addrinfo *source;		/* to leave from, or NULL */
	struct dial_tried *tried;		/* or NULL */
};

static int
past(int64_t deadline)
{
	return deadline != 0 && deadline_now() >= deadline;
}

static const char *
advice(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
		return "; is the server running, and the port right?";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
		return "; is the network up?";
	case ETIMEDOUT:
		return "; is the host up, and does a firewall let the port through?";
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return "; is the source an address of this machine, and of the server's kind?";
	default:
		return "";
	}
}

static int
resolve(const char *host, const char *port, struct addrinfo **list, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	int r = getaddrinfo(host, port, &hints, list);

	if (r == EAI_NONAME) {
		hints.ai_flags = AI_ADDRCONFIG;
		r = getaddrinfo(strcasecmp(host, "localhost") == 0 ? NULL : host, port, &hints, list);	/* RFC 6761 6.3: no lookup */
	}
	switch (r) {
	case 0:
		return 0;
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
		return err_set(e, ERR_NOHOST, "host %s is not known; is its name spelled right?", host);
	case EAI_SERVICE:
		return err_set(e, ERR_CONFIG, "host %s: no such port: %s", host, port);
	case EAI_SYSTEM:
		return err_sys(e, ERR_TEMP, "host %s can't be looked up", host);
	default:
		err_set(e, ERR_TEMP, "host %s can't be looked up: %s; is the network up?", host, gai_strerror(r));
		e->offline = r == EAI_AGAIN && dns_offline(host);
		return -1;
	}
}

/* The resolver's order, but the families in turn, so that a broken one costs a single stagger. */
static void
interleave(struct race *r, const struct addrinfo *list)
{
	const struct addrinfo *side[2] = { list, list };
	int family = list->ai_family;

	for (unsigned int turn = 0; r->addrs < MAX_ADDRS && (side[0] || side[1]); turn = !turn) {
		const struct addrinfo **a = &side[turn];

		while (*a && ((*a)->ai_family == family) == turn)
			*a = (*a)->ai_next;
		if (*a) {
			r->addr[r->addrs++] = *a;
			*a = (*a)->ai_next;
		}
	}
}

static void
failed(struct race *r, int errnum)
{
	if (r->errnum == 0)
		r->errnum = errnum;
	r->routed |= errnum != ENETUNREACH && errnum != ENETDOWN;
	r->next_at = 0;
}

static void
start(struct race *r)
{
	const struct addrinfo *a = r->addr[r->next++];
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);

	r->next_at = deadline_now() + STAGGER_MS;
	if (fd == -1) {
		failed(r, errno);
		return;
	}
	if (r->source && bind(fd, r->source->ai_addr, r->source->ai_addrlen) == -1) {
		failed(r, errno);
		close(fd);
		return;
	}
	if (connect(fd, a->ai_addr, a->ai_addrlen) == -1 && errno != EINPROGRESS && errno != EINTR) {
		failed(r, errno);
		close(fd);
		return;
	}
	r->fd[r->fds] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	r->to[r->fds++] = a;
}

static int
socket_error(int fd)
{
	int errnum = 0;
	socklen_t len = sizeof errnum;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) == -1 ? errno : errnum;
}

/* Takes the attempts that ended out of the race; returns the index of one that connected, or -1. */
static int
sift(struct race *r)
{
	for (unsigned int i = r->fds; i-- > 0;) {
		int errnum;

		if (r->fd[i].revents == 0)
			continue;
		errnum = socket_error(r->fd[i].fd);
		if (errnum == 0)
			return (int)i;
		failed(r, errnum);
		close(r->fd[i].fd);
		r->fds--;
		r->fd[i] = r->fd[r->fds];
		r->to[i] = r->to[r->fds];
	}
	return -1;
}

/* The index of the winner, or -1 with the reason in r->errnum. */
static int
run(struct race *r, int64_t deadline)
{
	struct err ignored;	/* a wait that ends is the next attempt's start, or the deadline, which is looked at here */
	int winner = -1;

	while (winner == -1) {
		int64_t until = deadline;

		while (r->next < r->addrs && (r->fds == 0 || deadline_now() >= r->next_at))
			start(r);
		if (r->fds == 0)
			break;
		if (past(deadline)) {
			failed(r, ETIMEDOUT);
			break;
		}
		if (r->next < r->addrs && (until == 0 || r->next_at < until))
			until = r->next_at;
		if (deadline_poll(r->fd, r->fds, until, "connect", &ignored) > 0)
			winner = sift(r);
	}
	return winner;
}

static int
is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return 0;
}

/* The address to leave from, as a number; *out is NULL without one. */
static int
leave_from(const char *source, struct addrinfo **out, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };

	*out = NULL;
	if (source && getaddrinfo(source, NULL, &hints, out) != 0)
		return err_set(e, ERR_CONFIG, "source %s is no address", source);
	return 0;
}

/* Addresses of another kind than the source can't be reached from it. */
static void
keep_family(struct race *r, int family)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < r->addrs; i++)
		if (r->addr[i]->ai_family == family)
			r->addr[kept++] = r->addr[i];
	r->addrs = kept;
	r->errnum = kept > 0 ? 0 : EAFNOSUPPORT;
}

static void
number_of_address(const struct addrinfo *a, char *out, socklen_t size)
{
	if (getnameinfo(a->ai_addr, a->ai_addrlen, out, size, NULL, 0, NI_NUMERICHOST) != 0)
		strlcpy(out, "?", size);
}

/* 1 if that leaves none of those there were. */
static int
leave_out_tried(struct race *r)
{
	unsigned int kept = 0;

	if (r->tried == NULL || r->tried->n == 0)
		return 0;
	for (unsigned int i = 0; i < r->addrs; i++) {
		char text[64];
		unsigned int t = 0;

		number_of_address(r->addr[i], text, sizeof text);
		while (t < r->tried->n && strcmp(r->tried->address[t], text) != 0)
			t++;
		if (t == r->tried->n)
			r->addr[kept++] = r->addr[i];
	}
	r->addrs = kept;
	return kept == 0 || r->tried->n == DIAL_TRIED_MAX;
}

static int
race(struct conn *c, struct race *r, const char *source, int64_t deadline, struct err *e)
{
	const int one = 1;
	struct addrinfo *from;
	int winner;

	if (leave_out_tried(r))
		return 1;
	if (leave_from(source, &from, e) == -1)
		return -1;
	if (from)
		keep_family(r, from->ai_family);
	r->source = from;
	winner = run(r, deadline);
	if (from)
		freeaddrinfo(from);
	for (unsigned int i = 0; i < r->fds; i++)
		if ((int)i != winner)
			close(r->fd[i].fd);
	if (winner == -1) {
		err_set(e, ERR_TEMP, "connect to %s: %s%s", c->peer, strerror(r->errnum), advice(r->errnum));
		e->offline = r->addrs > 0 && !r->routed;
		return -1;
	}
	c->fd = r->fd[winner].fd;
	c->local = is_loopback(r->to[winner]->ai_addr);
	if (r->tried != NULL)
		number_of_address(r->to[winner], r->tried->address[r->tried->n++], sizeof r->tried->address[0]);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	return 0;
}

int
dial_tcp(struct conn *c, const char *host, const char *port, int64_t deadline, struct err *e)
{
	return dial_tcp_from(c, NULL, host, port, deadline, e);
}

int
dial_tcp_from(struct conn *c, const char *source, const char *host, const char *port, int64_t deadline, struct err *e)
{
	return dial_tcp_again(c, source, host, port, NULL, deadline, e);
}

int
dial_tcp_again(struct conn *c, const char *source, const char *host, const char *port, struct dial_tried *tried, int64_t deadline,
    struct err *e)
{
	struct race r = { .tried = tried };
	struct addrinfo *list = NULL;
	int rc;

	*c = (struct conn){ .fd = -1 };
	snprintf(c->peer, sizeof c->peer, "%.250s port %.20s", host, port);
	if (resolve(host, port, &list, e) == -1)
		return -1;
	interleave(&r, list);
	rc = race(c, &r, source, deadline, e);
	freeaddrinfo(list);
	return rc;
}

int
dial_addresses(struct conn *c, const char *name, char *const *address, size_t count, const char *port, int64_t deadline,
    struct err *e)
{
	return dial_addresses_from(c, NULL, name, address, count, port, deadline, e);
}

int
dial_addresses_from(struct conn *c, const char *source, const char *name, char *const *address, size_t count, const char *port,
    int64_t deadline, struct err *e)
{
	return dial_addresses_again(c, source, name, address, count, port, NULL, deadline, e);
}

int
dial_addresses_again(struct conn *c, const char *source, const char *name, char *const *address, size_t count, const char *port,
    struct dial_tried *tried, int64_t deadline, struct err *e)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *list[MAX_ADDRS];
	struct race r = { .tried = tried };
	unsigned int lists;
	int rc;

	*c = (struct conn){ .fd = -1 };
	snprintf(c->peer, sizeof c->peer, "%.250s port %.20s", name, port);
	for (size_t i = 0; i < count && r.addrs < MAX_ADDRS; i++)
		if (getaddrinfo(address[i], port, &hints, &list[r.addrs]) == 0) {
			r.addr[r.addrs] = list[r.addrs];
			r.addrs++;
		}
	lists = r.addrs;
	r.errnum = r.addrs > 0 ? 0 : EADDRNOTAVAIL;
	rc = race(c, &r, source, deadline, e);
	for (unsigned int i = 0; i < lists; i++)
		freeaddrinfo(list[i]);
	return rc;
}

/* A full backlog is EAGAIN here, and nothing tells when there is room: asked again every 50 ms. */
static int
connect_unix(int fd, const struct sockaddr_un *sun, int64_t deadline)
{
	struct err ignored;

	while (connect(fd, (const struct sockaddr *)sun, sizeof *sun) == -1) {
		struct pollfd p = { .fd = -1 };

		if (errno == EISCONN)
			break;
		if (errno != EAGAIN && errno != EINTR && errno != EINPROGRESS && errno != EALREADY)
			return errno;
		if (past(deadline))
			return ETIMEDOUT;
		deadline_poll(&p, 1, deadline_in(50, deadline), "connect", &ignored);
	}
	return 0;
}

int
dial_unix(struct conn *c, const char *path, int64_t deadline, struct err *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int errnum;

	*c = (struct conn){ .fd = -1, .local = 1 };
	snprintf(c->peer, sizeof c->peer, "socket %.280s", path);
	if (strlcpy(sun.sun_path, path, sizeof sun.sun_path) >= sizeof sun.sun_path)
		return err_set(e, ERR_CONFIG, "connect to %s: the path is too long for a socket", c->peer);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		return err_sys(e, ERR_OS, "connect to %s", c->peer);
	errnum = connect_unix(c->fd, &sun, deadline);
	if (errnum == 0)
		return 0;
	close(c->fd);
	c->fd = -1;
	if (errnum == EACCES)
		return err_set(e, ERR_PERM, "connect to %s: %s; who may use it?", c->peer, strerror(errnum));
	return err_set(e, ERR_TEMP, "connect to %s: %s%s", c->peer, strerror(errnum),
	    errnum == ETIMEDOUT ? "" : "; is the server running, and the path right?");
}
