/* SPDX-License-Identifier: ISC */
/* attach.c - all is base64 but a message, which must not be (RFC 2046 5.2.1): that goes as it is, or as octets where it can't. */
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
#include "wire.h"

#define CHUNK (64 * 1024)
#define LINE_MAX_OCTETS 998

struct attachment {
	const char *path;
	int fd, as_is;
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

/* A message that fits into the first buffer and into 7 bits can be a part as it is. */
static int
fits(const struct attachment *a, int all)
{
	struct scan scan = { 0 };

	scan_feed(&scan, a->start, a->n);
	scan_end(&scan);
	return all && !scan.eight && !scan.nul && !scan.bare && scan.longest <= LINE_MAX_OCTETS;
}

static int
look(struct attachment *a, struct err *e)
{
	ssize_t n = 1;

	while (n > 0 && a->n < sizeof(a->start)) {
		if ((n = read_some(a, a->start + a->n, sizeof(a->start) - a->n, e)) == -1)
			return -1;
		a->n += (size_t)n;
	}
	mime_guess(&a->guess, a->path, a->start, a->n, n == 0);
	if (strcmp(a->guess.type, "message/rfc822") == 0 && !(a->as_is = fits(a, n == 0)))
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
	buf_printf(&out, "\nContent-Transfer-Encoding: %s\nContent-Disposition: attachment", a->as_is ? "7bit" : "base64");
	header_param(&out, "filename", slash != NULL ? slash + 1 : a->path);
	buf_adds(&out, "\n\n");
	rc = held_write(to, out.data, out.len, e);
	buf_free(&out);
	return rc;
}

static int
put_base64(struct attachment *a, struct held *to, struct err *e)
{
	struct b64 b;
	ssize_t n = 1;
	int rc;

	b64_begin(&b, held_write, to);
	rc = b64_write(&b, a->start, a->n, e);
	while (rc == 0 && a->n == sizeof(a->start) && n > 0)
		rc = (n = read_some(a, a->start, sizeof(a->start), e)) == -1 ? -1 : b64_write(&b, a->start, (size_t)n, e);
	if (rc == 0)
		return b64_end(&b, e);
	buf_free(&b.out);
	return -1;
}

int
attach_file(struct held *to, const char *boundary, const char *path, struct err *e)
{
	struct attachment a = { .path = path };
	int rc;

	if (open_file(&a, e) == -1)
		return -1;
	rc = look(&a, e) == -1 || put_head(&a, to, boundary, e) == -1 ? -1 : 0;
	if (rc == 0)
		rc = a.as_is ? held_write(to, a.start, a.n, e) : put_base64(&a, to, e);
	close(a.fd);
	return rc;
}
