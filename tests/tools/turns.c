/* SPDX-License-Identifier: ISC */
/* turns.c - a TCP proxy that counts how often a client waits for its server, and can delay or cut.
 *	turns --to HOST:PORT | --to /SOCKET [--delay MS] [--cut-up N] [--cut-down N] [--report FILE] [--connections N]
 * Listens on a loopback port, printed first; ends at SIGTERM, or after N connections. --delay is the round trip: each direction holds
 * every chunk for half of it, in order and without a limit on what is under way. --cut-up (to the server) and --cut-down (to the
 * client) close both sides once N octets have gone that way. Each connection's end appends "turns=N up=N down=N" to FILE.
 *
 * A turn is a flight of the client's data and the wait for an answer to it. A flight begins with client data after the last flight
 * was answered; an answer is server data that left the server a full half delay after the flight began, so it can be caused by
 * it. Answers to the first commands of a pipelined flight thus do not make the rest of it a second turn. With --delay 0 each change
 * of direction counts, so give a delay that is long against the server's own time. A greeting waited for is a turn; the
 * handshake of TCP is neither delayed nor counted, and for what comes when the client has closed its side nobody waits. */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "deadline.h"
#include "dial.h"
#include "err.h"
#include "xalloc.h"

#define MAX_LINKS	64
#define READ_SIZE	65536
#define QUEUE_MAX	(64 * 1024 * 1024)	/* of one direction, on its way */
#define NS_PER_MS	1000000

enum { UP, DOWN };

struct chunk {
	STAILQ_ENTRY(chunk) next;
	int64_t read_at;
	size_t len, sent;	/* len 0: end of file */
	char data[];
};

struct way {			/* one direction */
	STAILQ_HEAD(, chunk) queue;
	size_t queued;
	uint64_t octets;	/* delivered */
	int eof;		/* read from its source */
	int done;		/* and passed on */
	int full;		/* the last write found no room */
};

struct link {
	int fd[2];		/* [UP] the client's socket, where that way begins; [DOWN] the server's */
	struct way way[2];
	int64_t flight_at;	/* when the client's current flight began */
	int answered;
	unsigned int turns;
};

static struct {
	int64_t half;		/* delay of one way, ns */
	uint64_t cut[2];	/* 0: none */
	const char *report;
} opt;

static volatile sig_atomic_t stop;

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec;
}

static void
link_end(struct link *l)
{
	FILE *f = opt.report ? fopen(opt.report, "a") : NULL;

	if (f) {
		fprintf(f, "turns=%u up=%llu down=%llu\n", l->turns, (unsigned long long)l->way[UP].octets,
		    (unsigned long long)l->way[DOWN].octets);
		fclose(f);
	}
	for (int i = 0; i < 2; i++) {
		struct chunk *c;

		while ((c = STAILQ_FIRST(&l->way[i].queue)) != NULL) {
			STAILQ_REMOVE_HEAD(&l->way[i].queue, next);
			free(c);
		}
		close(l->fd[i]);
		l->fd[i] = -1;
	}
}

static void
count(struct link *l, int way, const struct chunk *c)
{
	if (way == UP && l->answered && c->len > 0) {
		l->flight_at = c->read_at;
		l->answered = 0;
	}
	if (way == DOWN && !l->answered && !l->way[UP].eof && c->len > 0 && c->read_at >= l->flight_at + opt.half) {
		l->turns++;
		l->answered = 1;
	}
}

/* Takes in what its source has. A reset is an end like another: what came before it is still delivered in its time. */
static void
take(struct link *l, int way)
{
	static char data[READ_SIZE];
	struct way *w = &l->way[way];
	ssize_t n = recv(l->fd[way], data, sizeof data, MSG_DONTWAIT);
	struct chunk *c;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		n = 0;
	c = xmalloc(sizeof *c + (size_t)n);
	*c = (struct chunk){ .read_at = now(), .len = (size_t)n };
	memcpy(c->data, data, (size_t)n);
	STAILQ_INSERT_TAIL(&w->queue, c, next);
	w->queued += c->len;
	w->eof = n == 0;
	if (way == UP)
		count(l, way, c);
}

/* Writes some of a chunk, and stops at the cut: 1 all of it is gone, 0 no room now, -1 the connection ends. */
static int
give(struct link *l, int way, struct chunk *c)
{
	struct way *w = &l->way[way];
	size_t n = c->len - c->sent;
	ssize_t r;

	if (opt.cut[way] && n > opt.cut[way] - w->octets)
		n = (size_t)(opt.cut[way] - w->octets);
	r = send(l->fd[!way], c->data + c->sent, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (r == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	c->sent += (size_t)r;
	w->octets += (uint64_t)r;
	w->queued -= (size_t)r;
	if (opt.cut[way] && w->octets == opt.cut[way])
		return -1;
	return c->sent == c->len;
}

/* Passes on what is due. -1 ends the connection. */
static int
deliver(struct link *l, int way)
{
	struct way *w = &l->way[way];
	struct chunk *c;
	int64_t t = now();

	w->full = 0;
	while ((c = STAILQ_FIRST(&w->queue)) != NULL && c->read_at + opt.half <= t) {
		int r = 1;

		if (way == DOWN && c->sent == 0)
			count(l, way, c);
		if (c->len > 0)
			r = give(l, way, c);
		else {
			shutdown(l->fd[!way], SHUT_WR);
			w->done = 1;
		}
		w->full = r == 0;
		if (r != 1)
			return r;
		STAILQ_REMOVE_HEAD(&w->queue, next);
		free(c);
	}
	return 0;
}

static void
link_step(struct link *l, const struct pollfd *p)
{
	for (int way = 0; way < 2; way++)
		if (p[way].revents && !l->way[way].eof && l->way[way].queued < QUEUE_MAX)
			take(l, way);
	for (int way = 0; way < 2; way++) {
		if (deliver(l, way) == -1) {
			link_end(l);
			return;
		}
	}
	if (l->way[UP].done && l->way[DOWN].done)
		link_end(l);
}

/* What to wait for on the two sockets, and until when. */
static void
link_poll(const struct link *l, struct pollfd *p, int64_t *until)
{
	for (int way = 0; way < 2; way++)
		p[way] = (struct pollfd){ .fd = l->fd[way] };
	for (int way = 0; way < 2 && l->fd[0] != -1; way++) {
		const struct way *w = &l->way[way];
		const struct chunk *c = STAILQ_FIRST(&w->queue);

		if (!w->eof && w->queued < QUEUE_MAX)
			p[way].events |= POLLIN;
		if (w->full)
			p[!way].events |= POLLOUT;
		else if (c && c->read_at + opt.half < *until)
			*until = c->read_at + opt.half;
	}
	for (int way = 0; way < 2; way++)
		if (p[way].events == 0)
			p[way].fd = -1;		/* a hang-up would be told over and over */
}

static void
link_begin(struct link *l, int client, const char *to)
{
	const char *colon = strrchr(to, ':');
	int64_t deadline = deadline_in(10000, 0);
	struct conn c = { .fd = -1 };
	struct err e = { .text = "no port" };
	const int one = 1;
	char host[256];

	if (to[0] == '/')
		dial_unix(&c, to, deadline, &e);
	else if (colon && (size_t)(colon - to) < sizeof host) {
		strlcpy(host, to, (size_t)(colon - to) + 1);
		dial_tcp(&c, host, colon + 1, deadline, &e);
	}
	if (c.fd == -1) {
		fprintf(stderr, "turns: %s\n", e.text);
		close(client);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	*l = (struct link){ .fd = { client, c.fd }, .flight_at = now() - opt.half };
	STAILQ_INIT(&l->way[UP].queue);
	STAILQ_INIT(&l->way[DOWN].queue);
}

/* Serves up to `limit` connections (0: no limit), until the last has ended. */
static void
serve(int listener, const char *to, unsigned long limit)
{
	static struct link links[MAX_LINKS];
	struct pollfd p[2 * MAX_LINKS + 1];
	unsigned long begun = 0;
	int open = 0;

	for (int i = 0; i < MAX_LINKS; i++)
		links[i].fd[0] = links[i].fd[1] = -1;
	while (!stop && (limit == 0 || begun < limit || open > 0)) {
		int64_t until = now() + 1000LL * NS_PER_MS, left;
		struct link *vacant = NULL;
		struct timespec wait;

		for (int i = 0; i < MAX_LINKS; i++) {
			link_poll(&links[i], p + 2 * i, &until);
			if (links[i].fd[0] == -1)
				vacant = &links[i];
		}
		p[2 * MAX_LINKS] = (struct pollfd){ .fd = vacant && (limit == 0 || begun < limit) ? listener : -1, .events = POLLIN };
		left = until > now() ? until - now() : 0;
		wait = (struct timespec){ .tv_sec = left / (1000LL * NS_PER_MS), .tv_nsec = left % (1000LL * NS_PER_MS) };
		if (ppoll(p, 2 * MAX_LINKS + 1, &wait, NULL) == -1)
			continue;
		open = 0;
		for (int i = 0; i < MAX_LINKS; i++) {
			if (links[i].fd[0] != -1)
				link_step(&links[i], p + 2 * i);
			open += links[i].fd[0] != -1;
		}
		if (p[2 * MAX_LINKS].revents) {
			int client = accept(listener, NULL, NULL);

			if (client != -1) {
				link_begin(vacant, client, to);
				begun++;
				open++;
			}
		}
	}
	for (int i = 0; i < MAX_LINKS; i++)
		if (links[i].fd[0] != -1)
			link_end(&links[i]);
}

static int
listen_loopback(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&in, len) == -1 || listen(fd, MAX_LINKS) == -1 ||
	    getsockname(fd, (struct sockaddr *)&in, &len) == -1)
		return -1;
	printf("%d\n", ntohs(in.sin_port));
	fclose(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	static const struct option opts[] = { { "to", 1, NULL, 't' }, { "delay", 1, NULL, 'd' }, { "cut-up", 1, NULL, 'u' },
	    { "cut-down", 1, NULL, 'w' }, { "report", 1, NULL, 'r' }, { "connections", 1, NULL, 'c' }, { 0 } };
	const char *to = NULL;
	unsigned long limit = 0;
	int ch, listener;

	while ((ch = getopt_long(argc, argv, "", opts, NULL)) != -1)
		switch (ch) {
		case 't': to = optarg; break;
		case 'd': opt.half = strtonum(optarg, 0, 60000, NULL) * NS_PER_MS / 2; break;
		case 'u': opt.cut[UP] = strtoull(optarg, NULL, 10); break;
		case 'w': opt.cut[DOWN] = strtoull(optarg, NULL, 10); break;
		case 'r': opt.report = optarg; break;
		case 'c': limit = strtoul(optarg, NULL, 10); break;
		default: return ERR_USAGE;
		}
	if (!to || optind != argc)
		return ERR_USAGE;
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	listener = listen_loopback();
	if (listener == -1) {
		perror("turns: listen");
		return ERR_OS;
	}
	serve(listener, to, limit);
	return 0;
}
