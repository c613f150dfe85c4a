/* SPDX-License-Identifier: ISC */
/* serve_client.c - see serve_client.h. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "serve_client.h"

#define BETWEEN " \t,"

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

static int
to_octets(const char *text, unsigned char octets[16])
{
	if (inet_pton(AF_INET, text, octets + 12) == 1) {
		memcpy(octets, mapped, sizeof mapped);
		return 0;
	}
	return inet_pton(AF_INET6, text, octets) == 1 ? 0 : -1;
}

static void
to_text(struct serve_client *c)
{
	char text[INET6_ADDRSTRLEN] = "";
	int four = memcmp(c->octets, mapped, sizeof mapped) == 0;

	inet_ntop(four ? AF_INET : AF_INET6, four ? c->octets + 12 : c->octets, text, sizeof text);
	snprintf(c->addr, sizeof c->addr, "%s%s", four ? "" : "IPv6:", text);
}

int
serve_client_set(struct serve_client *c, const char *addr)
{
	if (to_octets(addr, c->octets) == -1)
		return -1;
	c->known = 1;
	to_text(c);
	return 0;
}

static void
from_socket(struct serve_client *c, int fd)
{
	union { struct sockaddr sa; struct sockaddr_in in; struct sockaddr_in6 in6; struct sockaddr_storage any; } u = { 0 };
	socklen_t len = sizeof u;

	if (getpeername(fd, &u.sa, &len) == -1)
		return;
	c->socket = 1;
	if (u.sa.sa_family == AF_INET) {
		memcpy(c->octets, mapped, sizeof mapped);
		memcpy(c->octets + 12, &u.in.sin_addr, 4);
	} else if (u.sa.sa_family == AF_INET6)
		memcpy(c->octets, &u.in6.sin6_addr, 16);
	else
		return;
	c->known = 1;
	to_text(c);
}

void
serve_client_find(struct serve_client *c, int fd)
{
	static const char *const names[] = { "TCPREMOTEIP", "REMOTE_ADDR" };
	const char *value;
	size_t i;

	*c = (struct serve_client){ .known = 0 };
	from_socket(c, fd);
	for (i = 0; i < sizeof names / sizeof *names && !c->known; i++)
		if ((value = getenv(names[i])) != NULL)
			(void)serve_client_set(c, value);
}

static int
within(const unsigned char *addr, const unsigned char *net, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	if (memcmp(addr, net, whole) != 0)
		return 0;
	return rest == 0 || (addr[whole] ^ net[whole]) >> (8 - rest) == 0;
}

/* "192.0.2.0/24" */
static int
in_network(const struct serve_client *c, char *word)
{
	char *slash = strchr(word, '/');
	unsigned char net[16];
	const char *wrong = NULL;
	long long bits = 128, most = strchr(word, ':') != NULL ? 128 : 32;

	if (slash != NULL) {
		*slash = '\0';
		bits = strtonum(slash + 1, 0, most, &wrong) + 128 - most;
	}
	if (wrong != NULL || to_octets(word, net) == -1)
		return -1;
	return c->known && within(c->octets, net, (unsigned int)bits);
}

static int
one_word(const struct serve_client *c, const char *word)
{
	char own[64], four[] = "127.0.0.0/8", six[] = "::1";

	if (strcmp(word, "loopback") == 0)
		return in_network(c, four) == 1 || in_network(c, six) == 1;
	return strlcpy(own, word, sizeof own) < sizeof own ? in_network(c, own) : -1;
}

int
serve_client_listed(const struct serve_client *c, const char *list, struct err *e)
{
	int found = 0, code;
	char word[64];
	size_t n;

	for (list = list == NULL ? "" : list; *(list += strspn(list, BETWEEN)) != '\0'; list += n) {
		n = strcspn(list, BETWEEN);
		snprintf(word, sizeof word, "%.*s", (int)n, list);
		if (n >= sizeof word || (code = one_word(c, word)) == -1)
			return err_set(e, ERR_CONFIG, "serve-relay: \"%s\" is neither loopback nor a network such as 192.0.2.0/24", word);
		found |= code;
	}
	return found;
}
