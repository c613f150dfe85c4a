/* SPDX-License-Identifier: ISC */
/* socks.c - the client's side of SOCKS 5:
 *   C: 5 n methods…            S: 5 method          0 no authentication, 2 user and password, 255 none that it takes
 *   C: 1 n user n password     S: 1 status          RFC 1929
 *   C: 5 1 0 type host port    S: 5 status 0 type address port
 * No octet is read beyond the last reply: what follows is the server's. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "deadline.h"
#include "dial.h"
#include "err.h"
#include "socks.h"

#define TEXT_MAX 255	/* of a name, a user, a password: one octet of length */

struct proxy {
	int fd;
	const struct socks *o;
	int64_t deadline;
	char name[300];		/* for messages */
};

static int
wait_for(const struct proxy *p, short events, struct err *e)
{
	struct pollfd fd = { .fd = p->fd, .events = events };

	return deadline_poll(&fd, 1, p->deadline, p->name, e) == -1 ? -1 : 0;
}

static int
say(const struct proxy *p, const struct buf *b, struct err *e)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t n = send(p->fd, b->data + done, b->len - done, MSG_NOSIGNAL);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_TEMP, "%s", p->name);
		else if (wait_for(p, POLLOUT, e) == -1)
			return -1;
	}
	return 0;
}

static int
hear(const struct proxy *p, unsigned char *to, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t r = recv(p->fd, to, n, 0);

		if (r == 0)
			return err_set(e, ERR_TEMP, "%s closed the connection", p->name);
		if (r == -1 && errno != EAGAIN && errno != EINTR)
			return err_sys(e, ERR_TEMP, "%s", p->name);
		if (r == -1 && wait_for(p, POLLIN, e) == -1)
			return -1;
		if (r > 0) {
			to += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

static void
add_text(struct buf *b, const char *text)
{
	buf_addc(b, (char)strlen(text));
	buf_adds(b, text);
}

static int
log_in(const struct proxy *p, struct err *e)
{
	struct buf b = { 0 };
	unsigned char answer[2];
	int rc;

	buf_reserve(&b, (size_t)2 * TEXT_MAX + 8);
	buf_addc(&b, 1);
	add_text(&b, p->o->user);
	add_text(&b, p->o->password);
	rc = say(p, &b, e);
	buf_wipe(&b);
	if (rc == -1 || hear(p, answer, sizeof answer, e) == -1)
		return -1;
	return answer[1] == 0 ? 0 : err_set(e, ERR_PERM, "%s refuses the user %s or the password", p->name, p->o->user);
}

static int
greet(const struct proxy *p, struct err *e)
{
	struct buf b = { 0 };
	unsigned char answer[2];
	int rc;

	buf_add(&b, p->o->user ? "\5\2\0\2" : "\5\1\0", p->o->user ? 4 : 3);
	rc = say(p, &b, e) == -1 || hear(p, answer, sizeof answer, e) == -1 ? -1 : 0;
	buf_free(&b);
	if (rc == -1)
		return -1;
	if (answer[0] != 5)
		return err_set(e, ERR_PROTOCOL, "%s is no SOCKS 5 proxy", p->name);
	if (answer[1] == 2 && p->o->user)
		return log_in(p, e);
	if (answer[1] == 0)
		return 0;
	return err_set(e, ERR_PERM, "%s wants another way to log in%s", p->name,
	    p->o->user ? "" : "; give it a user, as in socks5://ann@host");
}

static int
refused(const struct proxy *p, unsigned char status, const char *host, const char *port, struct err *e)
{
	static const struct { enum err_class class; const char *text; } why[] = {
		[1] = { ERR_TEMP, "it failed" }, [2] = { ERR_PERM, "it is not allowed" }, [3] = { ERR_TEMP, "the network is not reached" },
		[4] = { ERR_TEMP, "the host is not reached" }, [5] = { ERR_TEMP, "connection refused" }, [6] = { ERR_TEMP, "timed out" },
		[7] = { ERR_PROTOCOL, "the proxy makes no connections" }, [8] = { ERR_PROTOCOL, "the proxy does not know such addresses" },
	};

	if (status >= sizeof why / sizeof *why)
		return err_set(e, ERR_PROTOCOL, "%s: %s port %s: unknown status %u", p->name, host, port, status);
	return err_set(e, why[status].class, "%s: %s port %s: %s", p->name, host, port, why[status].text);
}

static void
add_host(struct buf *b, const char *host)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, host, address) == 1) {
		buf_addc(b, 1);
		buf_add(b, address, 4);
	} else if (inet_pton(AF_INET6, host, address) == 1) {
		buf_addc(b, 4);
		buf_add(b, address, 16);
	} else {
		buf_addc(b, 3);
		add_text(b, host);
	}
}

/* The address that the proxy connects from says nothing to us, but must be read. */
static int
hear_bound(const struct proxy *p, unsigned char type, struct err *e)
{
	unsigned char rest[TEXT_MAX + 2], n = 0;

	switch (type) {
	case 1:
		return hear(p, rest, 4 + 2, e);
	case 4:
		return hear(p, rest, 16 + 2, e);
	case 3:
		return hear(p, &n, 1, e) == -1 ? -1 : hear(p, rest, (size_t)n + 2, e);
	default:
		return err_set(e, ERR_PROTOCOL, "%s: an address of unknown type %u", p->name, type);
	}
}

static int
request(const struct proxy *p, const char *host, const char *port, struct err *e)
{
	unsigned int number = (unsigned int)strtonum(port, 0, 65535, NULL);
	unsigned char answer[4];
	struct buf b = { 0 };
	int rc;

	buf_add(&b, "\5\1\0", 3);
	add_host(&b, host);
	buf_addc(&b, (char)(number >> 8));
	buf_addc(&b, (char)(number & 0xff));
	rc = say(p, &b, e) == -1 || hear(p, answer, sizeof answer, e) == -1 ? -1 : 0;
	buf_free(&b);
	if (rc == -1)
		return -1;
	if (answer[0] != 5)
		return err_set(e, ERR_PROTOCOL, "%s is no SOCKS 5 proxy", p->name);
	if (answer[1] != 0)
		return refused(p, answer[1], host, port, e);
	return hear_bound(p, answer[3], e);
}

static int
fits(const char *what, const char *text, struct err *e)
{
	if (text && (*text == '\0' || strlen(text) > TEXT_MAX))
		return err_set(e, ERR_CONFIG, "%s for a SOCKS proxy must have 1 to %d octets", what, TEXT_MAX);
	return 0;
}

int
socks_connect(int fd, const struct socks *o, const char *host, const char *port, int64_t deadline, struct err *e)
{
	struct proxy p = { .fd = fd, .o = o, .deadline = deadline };

	snprintf(p.name, sizeof p.name, "proxy %.250s port %.20s", o->host, o->port ? o->port : "1080");
	if (fits("a host's name", host, e) == -1 || fits("a user", o->user, e) == -1 ||
	    (o->user && fits("a password", o->password, e) == -1))
		return -1;
	return greet(&p, e) == -1 ? -1 : request(&p, host, port, e);
}

int
socks_dial(struct conn *c, const struct socks *o, const char *source, const char *host, const char *port, int64_t deadline,
    struct err *e)
{
	if (dial_tcp_from(c, source, o->host, o->port ? o->port : "1080", deadline, e) == -1)
		return err_prefix(e, "the proxy");
	if (socks_connect(c->fd, o, host, port, deadline, e) == -1) {
		conn_close(c);
		return -1;
	}
	c->local = 0;
	snprintf(c->peer, sizeof c->peer, "%.250s port %.20s", host, port);
	return 0;
}
