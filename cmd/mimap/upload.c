/* SPDX-License-Identifier: ISC */
/* upload.c - messages from files to the wire. */
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "eol.h"
#include "err.h"
#include "message.h"
#include "spill.h"

#define CHUNK 65536

static const char *
name_of(const struct upload *u)
{
	return u->path != NULL ? u->path : "standard input";
}

static int
read_chunk(const struct upload *u, off_t at, char *chunk, ssize_t *n, struct err *e)
{
	do
		*n = pread(u->fd, chunk, CHUNK, u->start + at);
	while (*n == -1 && errno == EINTR);
	return *n == -1 ? err_sys(e, ERR_IO, "read %s", name_of(u)) : 0;
}

/* All of it, as it is on the wire. */
static int
pass(const struct upload *u, sink_fn *sink, void *ctx, struct err *e)
{
	struct eol eol = { 0, 0 };
	char chunk[CHUNK];
	off_t at = 0;
	ssize_t n;

	for (;;) {
		if (read_chunk(u, at, chunk, &n, e) == -1)
			return -1;
		if (n == 0)
			return eol_to_crlf_end(&eol, sink, ctx, e);
		if (eol_to_crlf(&eol, chunk, (size_t)n, sink, ctx, e) == -1)
			return -1;
		at += n;
	}
}

static void
look_at_header(struct upload *u, const char *p, size_t n)
{
	for (; n > 0 && !u->in_body; p++, n--) {
		u->in_body = *p == '\n' && !u->in_line;
		u->in_line = *p != '\n' && (u->in_line || *p != '\r');
		u->eight |= (unsigned char)*p >= 0x80;
	}
}

static int
measure(void *ctx, const char *p, size_t n, struct err *e)
{
	struct upload *u = ctx;

	if (memchr(p, '\0', n) != NULL)
		return err_set(e, ERR_DATA, "%s: there is a NUL in it, which an IMAP server does not take", name_of(u));
	u->size += n;
	look_at_header(u, p, n);
	return 0;
}

static int
read_id(struct upload *u, struct err *e)
{
	char chunk[CHUNK];
	size_t len = 0;
	ssize_t n;

	if (read_chunk(u, 0, chunk, &n, e) == -1)
		return -1;
	message_header(chunk, (size_t)n, &len);
	message_get(chunk, len, "Message-ID", &u->id);
	return 0;
}

static int
spool(struct upload *u, struct err *e)
{
	int from = u->fd, to = spill_open(e), r = 0;
	char chunk[CHUNK];
	ssize_t n = 0;

	u->fd = to;
	if (to == -1)
		return -1;
	while (r == 0 && ((n = read(from, chunk, sizeof(chunk))) > 0 || (n == -1 && errno == EINTR))) {
		if (n > 0 && sink_fd(&to, chunk, (size_t)n, e) == -1)
			r = err_prefix(e, "temporary file");
	}
	return n == -1 ? err_sys(e, ERR_IO, "read standard input") : r;
}

static int
open_it(struct upload *u, struct err *e)
{
	struct stat st;

	u->fd = u->path != NULL ? open(u->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO;
	if (u->fd == -1 || fstat(u->fd, &st) == -1)
		return err_sys(e, ERR_DATA, "read %s", name_of(u));
	u->modified = st.st_mtime;
	if (S_ISREG(st.st_mode)) {
		u->start = u->path != NULL ? 0 : lseek(u->fd, 0, SEEK_CUR);
		return u->start == -1 ? err_sys(e, ERR_IO, "read %s", name_of(u)) : 0;
	}
	return u->path != NULL ? err_set(e, ERR_DATA, "%s is not a file", u->path) : spool(u, e);
}

int
upload_open(struct upload *u, const char *path, struct err *e)
{
	*u = (struct upload){ .path = path, .fd = -1 };
	if (open_it(u, e) == -1 || pass(u, measure, u, e) == -1 || read_id(u, e) == -1)
		return -1;
	return u->size > 0 ? 0 : err_set(e, ERR_DATA, "%s is empty", name_of(u));
}

struct limited {
	const struct upload *upload;
	uint64_t left;
	sink_fn *sink;
	void *ctx;
};

static int
another(const struct upload *u, struct err *e)
{
	return err_set(e, ERR_DATA, "%s changed while it was being read", name_of(u));
}

static int
give(void *ctx, const char *p, size_t n, struct err *e)
{
	struct limited *l = ctx;

	if (n > l->left)
		return another(l->upload, e);
	l->left -= n;
	return l->sink(l->ctx, p, n, e);
}

int
upload_send(void *ctx, sink_fn *sink, void *sink_ctx, struct err *e)
{
	const struct upload *u = ctx;
	struct limited l = { u, u->size, sink, sink_ctx };

	if (pass(u, give, &l, e) == -1)
		return -1;
	return l.left == 0 ? 0 : another(u, e);
}

void
upload_close(struct upload *u)
{
	if (u->fd > STDERR_FILENO)
		close(u->fd);
	u->fd = -1;
	buf_free(&u->id);
}
