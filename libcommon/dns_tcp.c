/* SPDX-License-Identifier: ISC */
/* dns_tcp.c - see dns_tcp.h. RFC 1035 section 4.2.2: two octets of length before each message. */
#include "dns_tcp.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "deadline.h"
#include "err.h"

#define QUERY_MAX 512
#define PATIENCE_MS 5000

/* All of it, in or out; 0 or -1. */
static int
transfer(int fd, int out, unsigned char *p, size_t n, int64_t at, struct err *e)
{
	struct pollfd wait = { .fd = fd, .events = out ? POLLOUT : POLLIN };

	while (n > 0) {
		ssize_t done;

		if (deadline_poll(&wait, 1, at, "the name server", e) == -1)
			return -1;
		done = out ? send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : recv(fd, p, n, MSG_DONTWAIT);
		if (done == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (done <= 0)
			return err_set(e, ERR_TEMP, "the name server closed the connection");
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The query has its length before it; an answer to another one is none. */
static int
ask(int fd, unsigned char *query, size_t n, int64_t at, unsigned char *reply, size_t size, struct err *e)
{
	unsigned char length[2];
	size_t len;

	if (transfer(fd, 1, query, n + 2, at, e) == -1 || transfer(fd, 0, length, sizeof length, at, e) == -1)
		return -1;
	len = (size_t)length[0] << 8 | length[1];
	if (len < 2 || len > size)
		return err_set(e, ERR_TEMP, "the name server's answer makes no sense");
	if (transfer(fd, 0, reply, len, at, e) == -1)
		return -1;
	if (memcmp(reply, query + 2, 2) != 0)
		return err_set(e, ERR_TEMP, "the name server's answer makes no sense");
	return (int)len;
}

static int
ask_at(const struct sockaddr *to, socklen_t size_to, unsigned char *query, size_t n, int64_t end, unsigned char *reply, size_t size,
    struct err *e)
{
	int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r = -1;

	if (fd == -1)
		return err_sys(e, ERR_TEMP, "ask a name server");
	if (connect(fd, to, size_to) == -1 && errno != EINPROGRESS)
		err_sys(e, ERR_TEMP, "ask a name server");
	else
		r = ask(fd, query, n, deadline_in(PATIENCE_MS, end), reply, size, e);
	close(fd);
	return r;
}

int
dns_tcp(struct __res_state *s, const char *name, int type, int64_t end, unsigned char *reply, size_t size, struct err *e)
{
	unsigned char query[2 + QUERY_MAX];
	int n = res_nmkquery(s, ns_o_query, name, ns_c_in, type, NULL, 0, NULL, query + 2, QUERY_MAX), r = -1;

	if (n < 2)
		return err_set(e, ERR_TEMP, "there is no question to a name server");
	query[0] = (unsigned char)(n >> 8);
	query[1] = (unsigned char)n;
	err_set(e, ERR_TEMP, "there is no name server");
	for (int i = 0; r == -1 && i < s->nscount && i < MAXNS; i++) {
		if (s->nsaddr_list[i].sin_family == AF_INET)
			r = ask_at((const struct sockaddr *)&s->nsaddr_list[i], sizeof s->nsaddr_list[i], query, (size_t)n, end, reply,
			    size, e);
#ifdef __GLIBC__
		else if (s->_u._ext.nsaddrs[i] != NULL)
			r = ask_at((const struct sockaddr *)s->_u._ext.nsaddrs[i], sizeof *s->_u._ext.nsaddrs[i], query, (size_t)n, end,
			    reply, size, e);
#endif
	}
	return r;
}
