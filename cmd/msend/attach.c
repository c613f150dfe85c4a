/* SPDX-License-Identifier: ISC */
/* attach.c - all is base64 but a message, which must not be (RFC 2046 5.2.1): that goes as it is, or as octets where no line of SMTP holds
 * it. To know, it is read twice, so a pipe's has to fit into one buffer. */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "header.h"
#include "held.h"
#include "mime.h"
#include "sink.h"
#include "wire.h"

#define CHUNK (64 * 1024)
#define LINE_MAX_OCTETS 998

struct attachment {
	const char *path;
	int fd;
	const char *encoding;	/* "base64", or of a message "7bit", "8bit" */
	struct mime_guess guess;
	size_t n;
	char start[CHUNK];	/* what was read to tell its type */
};

static int
open_file(struct attachment *a, struct err *e)
{
	struct stat st;

	if ((a->fd = open(a->path, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(e, ERR_DATA, "attach %s", a->path);
	if (fstat(a->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(a->fd);
		return err_set(e, ERR_DATA, "attach %s: it is a directory; pack it first (tar, zip)", a->path);
	}
	return 0;
}

static ssize_t
read_some(struct attachment *a, char *p, size_t n, struct err *e)
{
	ssize_t got;

	while ((got = read(a->fd, p, n)) == -1)
		if (errno != EINTR)
			return err_sys(e, ERR_IO, "read %s", a->path);
	return got;
}

/* The whole of a message: from the first buffer where that is all, else read, and again from its beginning. 1 if it can be a part. */
static int
fits(struct attachment *a, struct scan *scan, int all, struct err *e)
{
	ssize_t n = 1;

	scan_feed(scan, a->start, a->n);
	if (!all && lseek(a->fd, 0, SEEK_CUR) == -1)
		return 0;
	while (!all && n > 0) {
		char chunk[CHUNK];

		if ((n = read_some(a, chunk, sizeof(chunk), e)) == -1)
			return -1;
		scan_feed(scan, chunk, (size_t)n);
	}
	if (!all && lseek(a->fd, (off_t)a->n, SEEK_SET) == -1)
		return err_sys(e, ERR_IO, "read %s", a->path);
	scan_end(scan);
	return !scan->nul && !scan->bare && scan->longest <= LINE_MAX_OCTETS;
}

static int
look(struct attachment *a, struct err *e)
{
	struct scan scan = { 0 };
	ssize_t n = 1;
	int rc;

	while (n > 0 && a->n < sizeof(a->start)) {
		if ((n = read_some(a, a->start + a->n, sizeof(a->start) - a->n, e)) == -1)
			return -1;
		a->n += (size_t)n;
	}
	mime_guess(&a->guess, a->path, a->start, a->n, n == 0);
	a->encoding = "base64";
	if (strcmp(a->guess.type, "message/rfc822") != 0)
		return 0;
	if ((rc = fits(a, &scan, n == 0, e)) == -1)
		return -1;
	if (rc == 1)
		a->encoding = scan.eight ? "8bit" : "7bit";
	else
		a->guess.type = "application/octet-stream";
	return 0;
}

static int
put_head(const struct attachment *a, struct held *to, const char *boundary, struct err *e)
{
	const char *slash = strrchr(a->path, '/');
	struct buf out = { 0 };
	int rc;

	buf_printf(&out, "\n--%s\nContent-Type: %s", boundary, a->guess.type);
	if (a->guess.charset != NULL)
		buf_printf(&out, "; charset=%s", a->guess.charset);
	buf_printf(&out, "\nContent-Transfer-Encoding: %s\nContent-Disposition: attachment", a->encoding);
	header_param(&out, "filename", slash != NULL ? slash + 1 : a->path);
	buf_adds(&out, "\n\n");
	rc = held_write(to, out.data, out.len, e);
	buf_free(&out);
	return rc;
}

/* What was looked at, then the rest. */
static int
put_all(struct attachment *a, sink_fn *sink, void *ctx, struct err *e)
{
	ssize_t n = 1;
	int rc = sink(ctx, a->start, a->n, e);

	while (rc == 0 && a->n == sizeof(a->start) && n > 0)
		rc = (n = read_some(a, a->start, sizeof(a->start), e)) == -1 ? -1 : sink(ctx, a->start, (size_t)n, e);
	return rc;
}

static int
put_base64(struct attachment *a, struct held *to, struct err *e)
{
	struct b64 b;

	b64_begin(&b, held_write, to);
	if (put_all(a, b64_write, &b, e) == 0)
		return b64_end(&b, e);
	buf_free(&b.out);
	return -1;
}

int
attach_file(struct held *to, const char *boundary, const char *path, int *eight, struct err *e)
{
	struct attachment a = { .path = path };
	int rc;

	if (open_file(&a, e) == -1)
		return -1;
	rc = look(&a, e) == -1 || put_head(&a, to, boundary, e) == -1 ? -1 : 0;
	if (rc == 0)
		rc = strcmp(a.encoding, "base64") == 0 ? put_base64(&a, to, e) : put_all(&a, held_write, to, e);
	*eight |= rc == 0 && strcmp(a.encoding, "8bit") == 0;
	close(a.fd);
	return rc;
}
