/* SPDX-License-Identifier: ISC */
/* dest.c - the file of destinations that could not be reached: reading it, changing a line of it, and the places for sessions,
 * which are locks far behind its end. See dest.h; dests.c asks the table. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dest.h"
#include "err.h"
#include "lock.h"
#include "spool.h"
#include "xalloc.h"

#define HEAD 61			/* octets before the name */
#define FILE_MAX (DEST_LINE * DESTS_MAX)
#define PATIENCE 200		/* ms, for a lock that is held for microseconds */
#define SKEW 3600		/* a time so far ahead is of a clock that was wrong */
#define STALE (2 * (int64_t)86400)	/* nobody has tried for so long after he might have */

static int
number(const char *text, size_t width, int64_t *n)
{
	size_t i;

	*n = 0;
	for (i = 0; i < width; i++)
		if (text[i] < '0' || text[i] > '9')
			return -1;
		else
			*n = *n * 10 + (text[i] - '0');
	return text[width] == ' ' ? 0 : -1;
}

static int
times(const char *line, struct dest *d)
{
	int64_t tries;

	if (number(line, 13, &d->until) == -1 || number(line + 14, 13, &d->since) == -1 || number(line + 28, 13, &d->last) == -1 ||
	    number(line + 42, 13, &d->up) == -1 || number(line + 56, 4, &tries) == -1)
		return -1;
	d->tries = (unsigned int)tries;
	return 0;
}

/* A line without what dest_tell never writes. */
static int
parse(const char *line, struct dest *d)
{
	const char *name = line + HEAD, *tab = memchr(name, '\t', DEST_LINE - HEAD);
	size_t i, len;

	if (line[DEST_LINE - 1] != '\n' || tab == NULL || tab == name || tab - name > WHERETO_MAX || times(line, d) == -1)
		return -1;
	for (i = 0; i < DEST_LINE - 1; i++)
		if (((unsigned char)line[i] < ' ' && line + i != tab) || line[i] == 0x7f)
			return -1;
	memcpy(d->name, name, (size_t)(tab - name));
	d->name[tab - name] = '\0';
	for (len = (size_t)(line + DEST_LINE - 1 - (tab + 1)); len > 0 && tab[len] == ' '; len--)
		;
	memcpy(d->why, tab + 1, len);
	d->why[len] = '\0';
	return 0;
}

/* A clock that was set back, or news that is old. */
static int
is_stale(const struct dest *d, const struct schedule *s, int64_t now)
{
	if (d->last > now + SKEW || d->up > now + SKEW)
		return 1;
	return d->up != 0 ? now - d->up > s->most + s->most / 8 : now - d->until > STALE;
}

static int
load(int fd, struct dests *t)
{
	char *text = xmalloc(FILE_MAX);
	ssize_t n = pread(fd, text, FILE_MAX, 0), at;

	if (n >= DEST_LINE)
		t->at = xcalloc((size_t)n / DEST_LINE, sizeof *t->at);
	for (at = 0; at + DEST_LINE <= n; at += DEST_LINE) {
		struct dest *d = &t->at[t->count++];

		if (parse(text + at, d) == -1 || is_stale(d, &t->schedule, t->now))
			*d = (struct dest){ .name = "" };
	}
	free(text);
	return n == -1 ? -1 : 0;
}

static int
open_file(const struct spool *q, int flags)
{
	char *path = xasprintf("%s/destinations", q->path);
	int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;

	free(path);
	if (fd != -1 && (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

static int
by_name(const void *a, const void *b)
{
	const struct dest *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
dests_read(struct dests *t, const struct spool *q, const struct whereto *w, const struct schedule *s, int64_t now)
{
	int fd = open_file(q, O_RDONLY);
	size_t i, n = 0;

	*t = (struct dests){ .whereto = w, .schedule = *s, .now = now };
	if (fd == -1)
		return;
	(void)load(fd, t);
	close(fd);
	for (i = 0; i < t->count; i++)
		if (t->at[i].name[0] != '\0')
			t->at[n++] = t->at[i];
	t->count = n;
	if (n > 1)
		qsort(t->at, n, sizeof *t->at, by_name);
}

void
dests_free(struct dests *t)
{
	free(t->at);
	t->at = NULL;
	t->count = 0;
}

static int
lock_patiently(int fd)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int i, code = 1;

	for (i = 0; i < PATIENCE && (code = lock_octet(fd, 0)) == 1; i++)
		nanosleep(&moment, NULL);
	if (code == 1)
		errno = EAGAIN;
	return code == 0 ? 0 : -1;
}

/* Its own line, else a free one, else that of who has not been tried for longest. */
static size_t
find_line(const struct dests *t, const char *name)
{
	size_t i, best = 0;

	for (i = 0; i < t->count; i++)
		if (strcmp(t->at[i].name, name) == 0)
			return i;
	for (i = 0; i < t->count; i++)
		if (t->at[i].name[0] == '\0')
			return i;
	if (t->count < DESTS_MAX)
		return t->count;
	for (i = 1; i < t->count; i++)
		if (t->at[i].last < t->at[best].last)
			best = i;
	return best;
}

static void
format(char line[DEST_LINE + 1], const struct dest *d)
{
	int n = snprintf(line, DEST_LINE + 1, "%013lld %013lld %013lld %013lld %04u %s\t%s", (long long)d->until, (long long)d->since,
	    (long long)d->last, (long long)d->up, d->tries % 10000, d->name, d->why), i;

	for (i = HEAD; i < DEST_LINE - 1 && i < n; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			line[i] = '?';
	for (i = n < DEST_LINE - 1 ? n : DEST_LINE - 1; i < DEST_LINE - 1; i++)
		line[i] = ' ';
	line[DEST_LINE - 1] = '\n';
}

static void
clean(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* Several that try it at one time are one try, and so are those that somebody forces. */
static void
failed(struct dest *d, const char *why, const struct schedule *s, int64_t now)
{
	if (d->tries == 0 || d->up != 0)
		*d = (struct dest){ .since = now };
	if (now >= d->until) {
		d->tries = d->tries < 9999 ? d->tries + 1 : 9999;
		d->until = schedule_next(s, d->since, now, d->tries, 0);
	}
	d->last = now;
	strlcpy(d->why, why, sizeof d->why);
	clean(d->why);
}

static int
put(int fd, const struct dests *t, const char *name, enum dest_news news, const char *why)
{
	size_t at = find_line(t, name);
	struct dest d = { .name = "" };
	char line[DEST_LINE + 1];

	if (at < t->count && strcmp(t->at[at].name, name) == 0)
		d = t->at[at];
	else if (news != DEST_FAILED)
		return 0;
	if (news == DEST_FAILED)
		failed(&d, why, &t->schedule, t->now);
	else if (news == DEST_REACHED) {
		d.up = t->now;
		d.until = t->now;
	}
	strlcpy(d.name, name, sizeof d.name);
	clean(d.name);
	format(line, &d);
	if (news == DEST_FORGET)
		memset(line, ' ', DEST_LINE - 1);
	return pwrite(fd, line, DEST_LINE, (off_t)at * DEST_LINE) == DEST_LINE ? 0 : -1;
}

int
dest_tell(const struct spool *q, const char *name, enum dest_news news, const char *why, const struct schedule *s, int64_t now,
    struct err *e)
{
	struct dests t = { .schedule = *s, .now = now };
	int fd = open_file(q, O_RDWR | O_CREAT), code = -1;

	if (fd == -1 || lock_patiently(fd) == -1 || load(fd, &t) == -1 || (code = put(fd, &t, name, news, why)) == -1)
		err_sys(e, ERR_IO, "note in %s/destinations what %s is like", q->path, name);
	if (fd != -1)
		close(fd);
	dests_free(&t);
	return code;
}

/* Each name has a stretch of places of its own, far behind what is written. That two share one by chance is no harm. */
static off_t
stretch(const char *name)
{
	uint64_t hash = 14695981039346656037u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 1099511628211u;
	return (off_t)1 << 40 | (off_t)((hash ^ hash >> 32) & 0xfffffff) << 10;
}

int
dest_place(const struct spool *q, const char *name, unsigned int limit)
{
	int fd = open_file(q, O_RDWR | O_CREAT), code = 1;
	unsigned int i;

	for (i = 0; fd != -1 && i < limit && code == 1; i++)
		code = lock_octet(fd, stretch(name) + i);
	if (fd == -1 || code == -1)		/* it can't be told: as if there were one */
		return fd != -1 ? fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (code == 0)
		return fd;
	close(fd);
	return -1;
}
