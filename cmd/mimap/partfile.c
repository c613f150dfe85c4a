/* SPDX-License-Identifier: ISC */
/* partfile.c - files of parts. */
#include "partfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "partname.h"
#include "spill.h"
#include "xalloc.h"

#define NAMES_MAX 1000		/* tries to find one that is free */

/* The suffix goes before the extension: plan-1.pdf */
static char *
numbered(const char *dir, const char *name, int number)
{
	const char *dot = strrchr(name, '.');

	if (number == 0)
		return xasprintf("%s/%s", dir, name);
	if (dot == NULL || dot == name)
		return xasprintf("%s/%s-%d", dir, name, number);
	return xasprintf("%s/%.*s-%d%s", dir, (int)(dot - name), name, number, dot);
}

static int
open_file(struct partfile *p, const struct part *part, struct err *e)
{
	struct buf name = { 0 };
	int i;

	partname_safe(&name, part->name, part->section);
	for (i = 0; i < NAMES_MAX; i++) {
		p->path = numbered(p->dir, buf_str(&name), i);
		p->fd = open(p->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (p->fd != -1 || errno != EEXIST)
			break;
		free(p->path);
		p->path = NULL;
	}
	buf_free(&name);
	if (p->fd != -1)
		return 0;
	err_sys(e, err_file(errno), "make the file %s", p->path != NULL ? p->path : "for an attachment");
	free(p->path);
	p->path = NULL;
	return -1;
}

int
partfile_begin(struct partfile *p, const struct part *part, enum encoding encoding, struct err *e)
{
	if (p->dir != NULL ? open_file(p, part, e) == -1 : (p->fd = spill_open(e)) == -1)
		return -1;
	decode_begin(&p->decode, encoding, p->dir == NULL && strncmp(part->type, "text/", 5) == 0, sink_fd, &p->fd);
	return 0;
}

void
partfile_abort(struct partfile *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	if (p->path != NULL)
		unlink(p->path);
	free(p->path);
	p->path = NULL;
}

static int
copy_out(int fd, struct err *e)
{
	char chunk[16384];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, sizeof(chunk), at)) > 0) {
		if (fwrite(chunk, 1, (size_t)n, stdout) != (size_t)n)
			return err_sys(e, ERR_IO, "write standard output");
		at += n;
	}
	return n == -1 ? err_sys(e, ERR_IO, "read the temporary file") : 0;
}

int
partfile_end(struct partfile *p, struct err *e)
{
	int r = decode_end(&p->decode, e);

	if (r == 0 && p->path == NULL)
		r = copy_out(p->fd, e);
	if (close(p->fd) == -1 && r == 0)
		r = err_sys(e, ERR_IO, "write %s", p->path != NULL ? p->path : "the temporary file");
	p->fd = -1;
	if (r == -1)
		return -1;
	if (p->path != NULL && p->paths)
		printf("%s\n", p->path);
	free(p->path);
	p->path = NULL;
	return 0;
}

