/* SPDX-License-Identifier: ISC */
/* What the kernel says of the network, and what counts as its coming back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netwatch.h"

struct say {			/* a message under way */
	union { char octets[512]; struct nlmsghdr head; } u;
};

static void *
begin(struct say *s, unsigned short type, size_t body)
{
	memset(s, 0, sizeof *s);
	s->u.head.nlmsg_type = type;
	s->u.head.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + NLMSG_ALIGN(body));
	return s->u.octets + NLMSG_HDRLEN;
}

static void
attribute(struct say *s, unsigned short type, const void *data, unsigned short len)
{
	struct rtattr a = { .rta_type = type, .rta_len = (unsigned short)(RTA_LENGTH(0) + len) };

	memcpy(s->u.octets + s->u.head.nlmsg_len, &a, sizeof a);
	memcpy(s->u.octets + s->u.head.nlmsg_len + RTA_LENGTH(0), data, len);
	s->u.head.nlmsg_len += (uint32_t)RTA_ALIGN(a.rta_len);
}

static int
tell(struct netwatch *n, const struct say *s)
{
	return netwatch_take(n, s->u.octets, s->u.head.nlmsg_len);
}

static int
link_is(struct netwatch *n, int number, unsigned int flags)
{
	struct say s;
	struct ifinfomsg *m = begin(&s, RTM_NEWLINK, sizeof *m);

	m->ifi_index = number;
	m->ifi_flags = flags;
	return tell(n, &s);
}

static int
address_is(struct netwatch *n, unsigned short type, unsigned char scope, unsigned char flags, unsigned char last)
{
	unsigned char addr[4] = { 192, 0, 2, last };
	struct say s;
	struct ifaddrmsg *m = begin(&s, type, sizeof *m);

	m->ifa_family = AF_INET;
	m->ifa_index = 7;
	m->ifa_scope = scope;
	m->ifa_flags = flags;
	attribute(&s, IFA_ADDRESS, addr, sizeof addr);
	return tell(n, &s);
}

static int
route_is(struct netwatch *n, unsigned short type, unsigned char len, unsigned char last)
{
	unsigned char gateway[4] = { 192, 0, 2, last };
	uint32_t out = 7;
	struct say s;
	struct rtmsg *m = begin(&s, type, sizeof *m);

	m->rtm_family = AF_INET;
	m->rtm_dst_len = len;
	m->rtm_type = RTN_UNICAST;
	m->rtm_table = RT_TABLE_MAIN;
	attribute(&s, RTA_GATEWAY, gateway, sizeof gateway);
	attribute(&s, RTA_OIF, &out, sizeof out);
	return tell(n, &s);
}

static void
links(void **state)
{
	struct netwatch n = { .fd = -1 };

	(void)state;
	assert_int_equal(link_is(&n, 1, IFF_UP | IFF_RUNNING | IFF_LOOPBACK), 0);
	assert_int_equal(link_is(&n, 7, IFF_UP | IFF_RUNNING), 1);
	assert_int_equal(link_is(&n, 7, IFF_UP | IFF_RUNNING), 0);
	assert_int_equal(link_is(&n, 7, IFF_UP), 0);
	assert_int_equal(link_is(&n, 8, IFF_UP | IFF_RUNNING), 1);
	assert_int_equal(link_is(&n, 7, IFF_UP | IFF_RUNNING), 1);
}

static void
addresses(void **state)
{
	struct netwatch n = { .fd = -1 };

	(void)state;
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_LINK, 0, 1), 0);
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE, 1), 0);
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_UNIVERSE, 0, 1), 1);
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_UNIVERSE, 0, 1), 0);
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_UNIVERSE, 0, 2), 1);
	assert_int_equal(address_is(&n, RTM_DELADDR, RT_SCOPE_UNIVERSE, 0, 1), 0);
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_UNIVERSE, 0, 2), 0);
	assert_int_equal(address_is(&n, RTM_NEWADDR, RT_SCOPE_UNIVERSE, 0, 1), 1);
}

/* A route goes with its link, unsaid. */
static void
routes(void **state)
{
	struct netwatch n = { .fd = -1 };

	(void)state;
	assert_int_equal(route_is(&n, RTM_NEWROUTE, 24, 1), 0);
	assert_int_equal(route_is(&n, RTM_NEWROUTE, 0, 1), 1);
	assert_int_equal(route_is(&n, RTM_NEWROUTE, 0, 1), 0);
	assert_int_equal(route_is(&n, RTM_NEWROUTE, 0, 2), 1);
	assert_int_equal(route_is(&n, RTM_DELROUTE, 0, 1), 0);
	assert_int_equal(route_is(&n, RTM_NEWROUTE, 0, 1), 1);
	assert_int_equal(link_is(&n, 7, 0), 0);
	assert_int_equal(route_is(&n, RTM_NEWROUTE, 0, 1), 1);
}

static void
many(void **state)
{
	struct netwatch n = { .fd = -1 };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(link_is(&n, i + 10, IFF_RUNNING), 1);
		assert_in_range(n.count, 1, NETWATCH_KNOWN);
	}
}

/* Torn and lying messages end the reading. */
static void
torn(void **state)
{
	struct netwatch n = { .fd = -1 };
	struct say s;
	struct ifinfomsg *m = begin(&s, RTM_NEWLINK, sizeof *m);
	size_t cut, whole = s.u.head.nlmsg_len;

	(void)state;
	m->ifi_index = 7;
	m->ifi_flags = IFF_RUNNING;
	for (cut = 0; cut < whole; cut++)
		assert_int_equal(netwatch_take(&n, s.u.octets, cut), 0);
	for (s.u.head.nlmsg_len = 0; s.u.head.nlmsg_len < whole; s.u.head.nlmsg_len++)
		assert_int_equal(netwatch_take(&n, s.u.octets, whole), 0);
	s.u.head.nlmsg_len = UINT32_MAX;
	assert_int_equal(netwatch_take(&n, s.u.octets, whole), 0);
	assert_int_equal(n.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links), cmocka_unit_test(addresses), cmocka_unit_test(routes), cmocka_unit_test(many), cmocka_unit_test(torn),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int
main(void)
{
	puts("1..0 # SKIP only Linux tells so much");
	return 0;
}
#endif
