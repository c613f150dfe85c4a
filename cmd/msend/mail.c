/* SPDX-License-Identifier: ISC */
/* mail.c - reading and holding a message. */
#include "mail.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dot.h"
#include "err.h"

#define CHUNK (64 * 1024)

static int
feed_scan(void *ctx, const char *p, size_t n, struct err *e)
{
	(void)e;
	scan_feed(ctx, p, n);
	return 0;
}

int
mail_scan(struct mail *m, struct err *e)
{
	memset(&m->scan, 0, sizeof(m->scan));
	if (mail_each(m, feed_scan, &m->scan, e) == -1)
		return -1;
	scan_end(&m->scan);
	return 0;
}

int
mail_each(const struct mail *m, sink_fn *sink, void *ctx, struct err *e)
{
	if (m->head.len > 0 && sink(ctx, m->head.data, m->head.len, e) == -1)
		return -1;
	return held_each(&m->body, sink, ctx, e);
}

static int
get_from(const char *p, size_t n, const char *name, struct buf *value)
{
	size_t len = n;

	message_header(p, n, &len);
	return message_get(p, len, name, value);
}

int
mail_get(const struct mail *m, const char *name, struct buf *value)
{
	struct buf start = { 0 };
	ssize_t n;
	int found = 0;

	if (m->head.len > 0)
		return get_from(buf_str(&m->head), m->head.len, name, value);
	if (!m->body.file)
		return get_from(buf_str(&m->body.mem), m->body.mem.len, name, value);
	buf_reserve(&start, CHUNK);
	if ((n = pread(m->body.fd, start.data, CHUNK, m->body.at)) > 0)
		found = get_from(start.data, (size_t)n, name, value);
	buf_free(&start);
	return found;
}

/* Reads until the header's end is in p, or all of the input. *len is the header's length. 1 at the end of the input. */
static int
read_header(struct buf *p, size_t *len, struct dot_input *in, const char *source, struct err *e)
{
	ssize_t n;

	for (*len = 0; !message_header(buf_str(p), p->len, len);) {
		if (p->len > MESSAGE_HEADER_MAX)
			return err_set(e, ERR_DATA, "the header of %s is longer than %d octets", source, MESSAGE_HEADER_MAX);
		buf_reserve(p, CHUNK);
		if ((n = dot_read(in, p->data + p->len, CHUNK)) == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, ERR_IO, "read %s", source);
		if (n == 0 && p->len > 0 && p->data[p->len - 1] != '\n') {
			buf_addc(p, '\n');	/* ended, the last line shows whether it is of the header */
			continue;
		}
		if (n == 0) {
			*len = p->len;
			return 1;
		}
		p->len += (size_t)n;
		p->data[p->len] = '\0';
	}
	return 0;
}

/* The body begins at an offset of a regular file: 1 if so. */
static int
in_place(struct mail *m, int fd, off_t at, const char *source)
{
	struct stat st;
	int own;

	if (at == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size < at || (own = dup(fd)) == -1)
		return 0;
	held_file(&m->body, own, at, (uint64_t)(st.st_size - at), source);
	return 1;
}

static int
copy_rest(struct held *body, struct dot_input *in, const char *source, struct err *e)
{
	char chunk[CHUNK];
	ssize_t n;

	while ((n = dot_read(in, chunk, sizeof(chunk))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, ERR_IO, "read %s", source);
		if (held_write(body, chunk, (size_t)n, e) == -1)
			return -1;
	}
	return 0;
}

int
mail_read(struct mail *m, int fd, const char *source, int dot_ends, struct err *e)
{
	struct dot_input in = { .fd = fd, .dot_ends = dot_ends };
	struct buf p = { 0 };
	size_t len;
	off_t at = dot_ends ? -1 : lseek(fd, 0, SEEK_CUR);
	int eof, rc = 0;

	if ((eof = read_header(&p, &len, &in, source, e)) != -1 && p.len == 0)
		eof = err_set(e, ERR_DATA, "empty message");
	if (eof == -1) {
		buf_free(&p);
		return -1;
	}
	if (eof || !in_place(m, fd, at == -1 ? -1 : at + (off_t)len, source)) {
		rc = p.len > len ? held_write(&m->body, p.data + len, p.len - len, e) : 0;
		if (rc == 0 && !eof)
			rc = copy_rest(&m->body, &in, source, e);
	}
	buf_cut(&p, len);
	m->head = p;
	return rc;
}

/* What fits is held in memory: a small message is read once. */
int
mail_file(struct mail *m, int fd, off_t at, const char *source, struct err *e)
{
	struct stat st;
	struct held file;
	int rc;

	if (fstat(fd, &st) == -1) {
		rc = err_sys(e, ERR_IO, "read %s", source);
		close(fd);
		return rc;
	}
	held_file(&file, fd, at, st.st_size > at ? (uint64_t)(st.st_size - at) : 0, source);
	if (file.size <= HELD_MEMORY) {
		rc = held_each(&file, held_write, &m->body, e);
		held_free(&file);
		if (rc == -1)
			return -1;
	} else {
		m->body = file;
	}
	return mail_scan(m, e);
}

void
mail_free(struct mail *m)
{
	buf_free(&m->head);
	held_free(&m->body);
	memset(m, 0, sizeof(*m));
}
