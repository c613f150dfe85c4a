/* SPDX-License-Identifier: ISC */
/* held.c - the bytes are in memory or in a file, never both; what reads them does not see which. */
#include "held.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"

#define CHUNK (64 * 1024)

static const char *
tmp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir != NULL && *dir != '\0' ? dir : "/tmp";
}

static int
tmp_err(struct err *e, const char *what)
{
	return err_sys(e, err_file(errno), "%s a temporary file in %s (see $TMPDIR)", what, tmp_dir());
}

static int
tmp_open(struct err *e)
{
	char path[4096];
	int fd;

#ifdef O_TMPFILE
	if ((fd = open(tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) != -1)
		return fd;
#endif
	if (snprintf(path, sizeof(path), "%s/msend.XXXXXXXX", tmp_dir()) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return tmp_err(e, "make");
	}
	if ((fd = mkostemp(path, O_CLOEXEC)) == -1)
		return tmp_err(e, "make");
	unlink(path);
	return fd;
}

static int
to_file(struct held *s, const char *p, size_t n, struct err *e)
{
	ssize_t w;

	while (n > 0) {
		if ((w = write(s->fd, p, n)) == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return tmp_err(e, "write");
		p += w;
		n -= (size_t)w;
		s->size += (uint64_t)w;
	}
	return 0;
}

int
held_write(void *ctx, const char *p, size_t n, struct err *e)
{
	struct held *s = ctx;

	if (!s->file && n <= HELD_MEMORY - s->mem.len) {
		buf_add(&s->mem, p, n);
		s->size += n;
		return 0;
	}
	if (!s->file) {
		if ((s->fd = tmp_open(e)) == -1)
			return -1;
		s->file = 1;
		s->size = 0;
		if (to_file(s, buf_str(&s->mem), s->mem.len, e) == -1)
			return -1;
		buf_free(&s->mem);
	}
	return to_file(s, p, n, e);
}

int
held_copy(struct held *s, int fd, const char *source, struct err *e)
{
	char chunk[CHUNK];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, ERR_IO, "read %s", source);
		if (held_write(s, chunk, (size_t)n, e) == -1)
			return -1;
	}
	return 0;
}

void
held_file(struct held *s, int fd, off_t at, uint64_t size, const char *source)
{
	*s = (struct held){ .file = 1, .fd = fd, .at = at, .size = size, .source = source };
}

int
held_each(const struct held *s, sink_fn *sink, void *ctx, struct err *e)
{
	const char *source = s->source != NULL ? s->source : "the temporary file";
	char chunk[CHUNK];
	uint64_t done = 0;
	ssize_t n;

	if (!s->file)
		return s->mem.len > 0 ? sink(ctx, s->mem.data, s->mem.len, e) : 0;
	while (done < s->size) {
		size_t want = s->size - done < sizeof(chunk) ? (size_t)(s->size - done) : sizeof(chunk);

		if ((n = pread(s->fd, chunk, want, s->at + (off_t)done)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, ERR_IO, "read %s", source);
		if (n == 0)
			return err_set(e, ERR_DATA, "%s became shorter while it was sent", source);
		if (sink(ctx, chunk, (size_t)n, e) == -1)
			return -1;
		done += (uint64_t)n;
	}
	return 0;
}

void
held_free(struct held *s)
{
	if (s->file)
		close(s->fd);
	buf_free(&s->mem);
	memset(s, 0, sizeof(*s));
}
