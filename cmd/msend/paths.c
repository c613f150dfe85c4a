/* SPDX-License-Identifier: ISC */
/* paths.c - see paths.h. */
#include "paths.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "err.h"

#define CHUNK 4096
#define PATH_OCTETS_MAX 65536

static int
come(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

/* The line that is in the buffer, the last one even without its end. */
static char *
line(struct paths *p)
{
	char *begin = p->in.data + p->at, *lf = p->in.len > p->at ? memchr(begin, '\n', p->in.len - p->at) : NULL;

	if (lf == NULL && (!p->eof || p->in.len == p->at))
		return NULL;
	p->at = lf != NULL ? (size_t)(lf - p->in.data) + 1 : p->in.len;
	if (lf != NULL)
		*lf = '\0';
	return begin;
}

static int
more(struct paths *p, struct err *e)
{
	ssize_t n;

	buf_drop(&p->in, p->at);
	p->at = 0;
	if (p->in.len > PATH_OCTETS_MAX)
		return err_set(e, ERR_DATA, "standard input: a path of more than %d octets", PATH_OCTETS_MAX);
	buf_reserve(&p->in, CHUNK);
	while ((n = read(STDIN_FILENO, p->in.data + p->in.len, CHUNK)) == -1 && errno == EINTR)
		continue;
	if (n == -1)
		return err_sys(e, ERR_IO, "read standard input");
	p->eof = n == 0;
	p->in.len += (size_t)n;
	p->in.data[p->in.len] = '\0';
	return 0;
}

int
paths_next(struct paths *p, int wait, char **path, struct err *e)
{
	while ((*path = line(p)) == NULL) {
		if (p->eof)
			return -1;
		if (!wait && !come())
			return 0;
		if (more(p, e) == -1)
			return -1;
	}
	return 1;
}

void
paths_free(struct paths *p)
{
	buf_free(&p->in);
}
