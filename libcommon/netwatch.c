/* SPDX-License-Identifier: ISC */
/* netwatch.c - see netwatch.h. Linux: rtnetlink(7); elsewhere: route(4), whose messages are taken as they come. */
#include <sys/socket.h>
#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#ifndef __linux__
#include <net/route.h>
#endif
#include <string.h>
#include <unistd.h>

#include "netwatch.h"

#define MESSAGES 32768

static void
set_flags(int fd)
{
	if (fd == -1)
		return;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
}

#ifdef __linux__
void
netwatch_open(struct netwatch *n)
{
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };

	*n = (struct netwatch){ .fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) };
	set_flags(n->fd);
	if (n->fd != -1 && bind(n->fd, (struct sockaddr *)&sa, sizeof sa) == -1)
		netwatch_close(n);
}

static uint64_t
digest(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len-- > 0)
		h = (h ^ *p++) * 1099511628211u;
	return h;
}

/* 1 when it is news. */
static int
learn(struct netwatch *n, uint32_t link, uint64_t what)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (n->known[i].link == link && n->known[i].what == what)
			return 0;
	if (n->count == NETWATCH_KNOWN)
		n->count = 0;
	n->known[n->count++] = (struct netwatch_known){ link, what };
	return 1;
}

/* what 0: all of that link. */
static void
forget(struct netwatch *n, uint32_t link, uint64_t what)
{
	size_t i = 0;

	while (i < n->count)
		if (n->known[i].link == link && (what == 0 || n->known[i].what == what))
			n->known[i] = n->known[--n->count];
		else
			i++;
}

static int
heard(struct netwatch *n, int gone, uint32_t link, uint64_t what)
{
	if (!gone)
		return learn(n, link, what);
	forget(n, link, what);
	return 0;
}

static const struct rtattr *
next(const struct rtattr *a, int *left)
{
	int len = (int)RTA_ALIGN(a->rta_len);

	*left -= len;
	return (const void *)((const char *)a + len);
}

static uint64_t
attribute(uint64_t h, const struct rtattr *a, int len, unsigned short type)
{
	for (; RTA_OK(a, len); a = next(a, &len))
		if (a->rta_type == type)
			h = digest(h, RTA_DATA(a), RTA_PAYLOAD(a));
	return h;
}

static int
about_link(struct netwatch *n, const struct ifinfomsg *m, int gone)
{
	uint32_t link = (uint32_t)m->ifi_index;

	if (m->ifi_flags & IFF_LOOPBACK)
		return 0;
	if (gone || !(m->ifi_flags & IFF_RUNNING))
		return heard(n, 1, link, 0);
	return heard(n, 0, link, 1);
}

static int
about_address(struct netwatch *n, const struct ifaddrmsg *m, int len, int gone)
{
	uint64_t h = digest(14695981039346656037u, &m->ifa_family, sizeof m->ifa_family);

	if (m->ifa_scope != RT_SCOPE_UNIVERSE || (m->ifa_flags & IFA_F_TENTATIVE))
		return 0;
	return heard(n, gone, m->ifa_index, attribute(h, IFA_RTA(m), len, IFA_ADDRESS));
}

static int
about_route(struct netwatch *n, const struct rtmsg *m, int len, int gone)
{
	uint64_t h = digest(14695981039346656037u, &m->rtm_family, sizeof m->rtm_family);
	const struct rtattr *a = RTM_RTA(m);
	uint32_t link = 0;
	int left = len;

	if (m->rtm_dst_len != 0 || m->rtm_type != RTN_UNICAST || m->rtm_table != RT_TABLE_MAIN)
		return 0;
	for (; RTA_OK(a, left); a = next(a, &left))
		if (a->rta_type == RTA_OIF && RTA_PAYLOAD(a) == sizeof link)
			memcpy(&link, RTA_DATA(a), sizeof link);
	return heard(n, gone, link, attribute(h, RTM_RTA(m), len, RTA_GATEWAY) ^ 1);
}

static int
about(struct netwatch *n, const struct nlmsghdr *h)
{
	const void *body = NLMSG_DATA(h);
	unsigned short type = h->nlmsg_type;
	size_t has = h->nlmsg_len - NLMSG_HDRLEN;

	if ((type == RTM_NEWLINK || type == RTM_DELLINK) && has >= sizeof(struct ifinfomsg))
		return about_link(n, body, type == RTM_DELLINK);
	if ((type == RTM_NEWADDR || type == RTM_DELADDR) && has >= sizeof(struct ifaddrmsg))
		return about_address(n, body, (int)IFA_PAYLOAD(h), type == RTM_DELADDR);
	if ((type == RTM_NEWROUTE || type == RTM_DELROUTE) && has >= sizeof(struct rtmsg))
		return about_route(n, body, (int)RTM_PAYLOAD(h), type == RTM_DELROUTE);
	return 0;
}

int
netwatch_take(struct netwatch *n, const void *messages, size_t len)
{
	const struct nlmsghdr *h = messages;
	int up = 0;

	while (len >= sizeof *h && h->nlmsg_len >= sizeof *h && h->nlmsg_len <= len) {
		size_t all = NLMSG_ALIGN(h->nlmsg_len);

		up |= about(n, h);
		len -= all < len ? all : len;
		h = (const void *)((const char *)h + all);
	}
	return up;
}
#else
void
netwatch_open(struct netwatch *n)
{
	*n = (struct netwatch){ .fd = socket(PF_ROUTE, SOCK_RAW, 0) };
	set_flags(n->fd);
}

int
netwatch_take(struct netwatch *n, const void *messages, size_t len)
{
	const struct rt_msghdr *m = messages;

	(void)n;
	return len >= 4 && (m->rtm_type == RTM_ADD || m->rtm_type == RTM_NEWADDR || m->rtm_type == RTM_IFINFO);
}
#endif

/* ENOBUFS: something was said that was lost. It may have been that. */
int
netwatch_read(struct netwatch *n)
{
	static union { char octets[MESSAGES]; uint64_t align; } m;
	ssize_t got;
	int up = 0;

	while ((got = recv(n->fd, m.octets, sizeof m.octets, 0)) > 0 || (got == -1 && (errno == EINTR || errno == ENOBUFS)))
		up |= got > 0 ? netwatch_take(n, m.octets, (size_t)got) : errno == ENOBUFS;
	if (got == 0 || errno != EAGAIN)
		netwatch_close(n);
	return up;
}

void
netwatch_close(struct netwatch *n)
{
	if (n->fd != -1)
		close(n->fd);
	n->fd = -1;
}
