/* SPDX-License-Identifier: ISC */
/* quota.c - see quota.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"
#include "quota.h"
#include "spool.h"
#include "xalloc.h"

#define HOUR 3600
#define WIDTH 24	/* of the line: 13 digits, a space, 9 digits, LF */

struct count {
	int64_t since;
	unsigned int made;
};

static void
read_count(int fd, struct count *c, int64_t now)
{
	char text[WIDTH + 1] = "";
	char *end = text;

	if (pread(fd, text, WIDTH, 0) == WIDTH) {
		c->since = strtoll(text, &end, 10);
		c->made = (unsigned int)strtoul(end, &end, 10);
	}
	if (*end != '\n' || c->since > now || now - c->since >= HOUR)
		*c = (struct count){ .since = now };
}

static int
write_count(int fd, const struct count *c)
{
	char text[64];

	snprintf(text, sizeof text, "%013lld %09u\n", (long long)c->since, c->made % 1000000000);
	return pwrite(fd, text, WIDTH, 0) == WIDTH ? 0 : -1;
}

static int
take(int fd, unsigned int limit, int64_t now)
{
	struct count c = { 0 };

	read_count(fd, &c, now);
	if (c.made >= limit)
		return 0;
	c.made++;
	return write_count(fd, &c) == -1 ? -1 : 1;
}

int
quota_take(const struct spool *q, unsigned int limit, int64_t now, struct err *e)
{
	char *path = xasprintf("%s/notices", q->path);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), code = -1;

	if (fd == -1 || (code = take(fd, limit, now)) == -1)
		err_sys(e, ERR_IO, "count a notice in %s", path);
	if (fd != -1)
		close(fd);
	free(path);
	return code;
}
