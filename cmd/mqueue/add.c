/* SPDX-License-Identifier: ISC */
/* add.c - takes a message from stdin into the queue, or with -m those whose paths are on stdin: they are made safe in
 * groups, so that many cost a handful of flushes. The order that makes it safe is told in spool.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "incoming.h"
#include "log.h"
#include "mqueue.h"
#include "spool.h"
#include "xalloc.h"

#define GROUP_MAX 256
#define GROUP_OCTETS (64 * 1024 * 1024)

/* The message is safe: that nobody reads its id does not change it, and must not make the caller send it once more. */
static void
tell(const char *id, const char *path)
{
	int wrong = path == NULL ? printf("%s\n", id) : printf("%s\t%s\n", id, path);

	if (wrong < 0 || fflush(stdout) != 0)
		log_warn("the message is queued as %s, but standard output can't be written to", id);
}

static int
store(struct incoming *in, const struct spool *q, char *id, struct err *e)
{
	struct draft d;

	if (draft_begin(&d, q, e) == -1)
		return -1;
	if (incoming_store(in, &d, e) == 0 && draft_sync(&d, e) == 0 && draft_place(&d, e) == 0 && spool_sync(q, e) == 0) {
		memcpy(id, d.id, sizeof d.id);
		draft_end(&d);
		return 0;
	}
	draft_abort(&d);
	return -1;
}

static int
add_one(const struct job *job, struct err *e)
{
	struct incoming in;
	struct spool q;
	char id[IDENT_LEN + 1];
	int code = incoming_begin(&in, job, STDIN_FILENO, "standard input", e);

	if (code == 0)
		code = spool_open(&q, job->settings.queue, 1, e);
	if (code == 0) {
		code = store(&in, &q, id, e);
		spool_close(&q);
		if (code == 0)
			tell(id, NULL);
	}
	incoming_free(&in);
	return code;
}

struct group {			/* messages that are written and not yet safe */
	const struct spool *spool;
	struct draft draft[GROUP_MAX];
	char *path[GROUP_MAX];
	size_t count;
	off_t octets;
};

static void
group_drop(struct group *g)
{
	while (g->count > 0) {
		draft_abort(&g->draft[--g->count]);
		free(g->path[g->count]);
	}
	g->octets = 0;
}

static int
group_place(struct group *g, struct err *e)
{
	size_t i;

	if (g->count == 0)
		return 0;
	if (draft_sync_all(g->draft, g->count, e) == -1)
		return -1;
	for (i = 0; i < g->count; i++)
		if (draft_place(&g->draft[i], e) == -1)
			return -1;
	return spool_sync(g->spool, e);
}

static int
group_commit(struct group *g, struct err *e)
{
	size_t i;

	if (group_place(g, e) == -1) {
		group_drop(g);
		return -1;
	}
	for (i = 0; i < g->count; i++) {
		tell(g->draft[i].id, g->path[i]);
		draft_end(&g->draft[i]);
		free(g->path[i]);
	}
	g->count = 0;
	g->octets = 0;
	return 0;
}

static int
write_file(const struct job *job, int fd, const char *path, struct draft *d, struct err *e)
{
	struct incoming in;
	int code = incoming_begin(&in, job, fd, path, e);

	if (code == 0)
		code = incoming_store(&in, d, e);
	incoming_free(&in);
	return code;
}

/* A file that can't be taken is said, and the others go on. */
static int
group_add(struct group *g, const struct job *job, const char *path, struct err *e)
{
	struct draft *d = &g->draft[g->count];
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;

	if (fd == -1)
		return err_sys(e, errno == ENOENT ? ERR_DATA : ERR_IO, "open %s", path);
	if ((code = draft_begin(d, g->spool, e)) == 0 && (code = write_file(job, fd, path, d, e)) == -1)
		draft_abort(d);
	close(fd);
	if (code == 0) {
		g->octets += lseek(d->fd, 0, SEEK_CUR);
		g->path[g->count++] = xstrdup(path);
	}
	return code;
}

static int
add_paths(struct group *g, const struct job *job, int *code, struct err *e)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	struct err one = { 0 };
	int rc = 0;

	while (rc == 0 && (n = getline(&line, &room, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (*line == '\0')
			continue;
		if (group_add(g, job, line, &one) == -1)
			complain(code, &one);
		if (g->count == GROUP_MAX || g->octets >= GROUP_OCTETS)
			rc = group_commit(g, e);
	}
	if (rc == 0 && ferror(stdin))
		rc = err_sys(e, ERR_IO, "read the paths from standard input");
	free(line);
	return rc;
}

static int
add_many(const struct job *job, struct err *e)
{
	struct group *g = xcalloc(1, sizeof *g);
	struct spool q;
	int code = 0, rc = spool_open(&q, job->settings.queue, 1, e);

	g->spool = &q;
	if (rc == 0) {
		rc = add_paths(g, job, &code, e);
		if (rc == 0)
			rc = group_commit(g, e);
		group_drop(g);
		spool_close(&q);
	}
	free(g);
	return rc == 0 ? code : rc;
}

int
mqueue_add(const struct job *job, struct err *e)
{
	if (job->count == 0 && !job->from_header)
		return err_set(e, ERR_USAGE, "no recipient given");
	signal(SIGPIPE, SIG_IGN);
	return job->many ? add_many(job, e) : add_one(job, e);
}
