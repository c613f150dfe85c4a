/* SPDX-License-Identifier: ISC */
/* rebuild.c - only headers are read of the files, until one is that of a message on the server. */
#include "rebuild.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "headers.h"
#include "listing.h"
#include "pop3.h"
#include "prints.h"
#include "seen.h"
#include "xalloc.h"

struct rebuild {
	struct seen *s;
	struct prints here;	/* texts: paths; sizes: octets of our own fields before the message */
	uint64_t *size;		/* of the messages here, with LF; sorted in the end */
	size_t known;
	struct timespec began;
};

static int
open_file(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

static int
is_of_this_run(const struct rebuild *r, const struct stat *st)
{
	if (r->began.tv_sec == 0 || st->st_mtim.tv_sec < r->began.tv_sec)
		return 0;
	return st->st_mtim.tv_sec > r->began.tv_sec || st->st_mtim.tv_nsec > r->began.tv_nsec;
}

static void
add_file(struct rebuild *r, const char *path)
{
	struct header_text h = { 0 };
	struct err unused;
	char text[4096], print[HEADERS_PRINT];
	int fd = open_file(path);
	struct stat st = { .st_size = 0 };
	ssize_t n = 0;
	size_t ours;

	if (fd != -1 && fstat(fd, &st) == -1)
		st.st_size = 0;
	while (fd != -1 && !is_of_this_run(r, &st) && !h.ended && (n = read(fd, text, sizeof text)) > 0)
		header_write(&h, text, (size_t)n, &unused);
	if (fd != -1)
		close(fd);
	ours = headers_ours(buf_str(&h.text), h.text.len);
	if (headers_print(buf_str(&h.text) + ours, h.text.len - ours, print) == 0) {
		r->size = xreallocarray(r->size, r->here.count + 1, sizeof *r->size);
		r->size[r->here.count] = (uint64_t)st.st_size - ours;
		prints_add(&r->here, print, ours, path);
	}
	buf_free(&h.text);
}

static int
add_directory(struct rebuild *r, const char *maildir, const char *part, struct err *e)
{
	char *dir = xasprintf("%s/%s", maildir, part), *path;
	DIR *d = opendir(dir);
	struct dirent *f;
	int rc = d == NULL ? err_sys(e, ERR_IO, "read directory %s", dir) : 0;

	while (d != NULL && (f = readdir(d)) != NULL && r->here.count < LISTING_MAX) {
		path = xasprintf("%s/%s", dir, f->d_name);
		if (f->d_name[0] != '.')
			add_file(r, path);
		free(path);
	}
	if (d != NULL)
		closedir(d);
	free(dir);
	return rc;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Is there one here that may have that size on the wire? That is its own, and one more for each line, at most twice as much. */
static int
may_be_here(const struct rebuild *r, uint64_t size)
{
	size_t low = 0, high = r->here.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->size[mid] < size - size / 2)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->here.count && r->size[low] <= size;
}

/* With CRLF for LF, from an octet on; LISTING_NO_SIZE where it can't be read. */
static uint64_t
size_on_wire(const char *path, uint64_t from)
{
	char text[32768];
	uint64_t size = 0;
	ssize_t n = -1;
	int fd = open_file(path);

	if (fd != -1 && lseek(fd, (off_t)from, SEEK_SET) != -1)
		while ((n = read(fd, text, sizeof text)) > 0) {
			size += (uint64_t)n;
			for (char *p = text; (p = memchr(p, '\n', (size_t)(text + n - p))) != NULL; p++)
				size++;
		}
	if (fd != -1)
		close(fd);
	return n == -1 ? LISTING_NO_SIZE : size;
}

static int
compare(void *ctx, struct listing_msg *m, const struct buf *header, const struct err *why, struct err *e)
{
	struct rebuild *r = ctx;
	struct print *file = NULL;
	char print[HEADERS_PRINT];

	(void)why;
	(void)e;
	if (header == NULL || headers_print(buf_str(header), header->len, print) == -1)
		return 0;
	while ((file = prints_find(&r->here, print, file)) != NULL)
		if (size_on_wire(file->text, file->size) == m->size) {
			file->taken = 1;
			r->known++;
			seen_put(r->s, m, "-", print);
			break;
		}
	return 0;
}

int
rebuild(struct pop3 *p, const struct listing *l, struct seen *s, const char *path, struct timespec began, size_t *known,
    struct err *e)
{
	struct rebuild r = { .s = s, .began = began };
	struct listing_msg **msg = xcalloc(l->count + 1, sizeof *msg);
	size_t count = 0;
	int rc = add_directory(&r, path, "new", e) == -1 || add_directory(&r, path, "cur", e) == -1 ? -1 : 0;

	prints_sort(&r.here);
	if (r.here.count > 0)
		qsort(r.size, r.here.count, sizeof *r.size, by_size);
	for (size_t i = 0; i < l->count; i++)
		if (l->msg[i].uid != NULL && l->msg[i].twin == 0 && l->msg[i].size != LISTING_NO_SIZE &&
		    may_be_here(&r, l->msg[i].size))
			msg[count++] = &l->msg[i];
	if (rc == 0 && count > 0)
		rc = headers_each(p, msg, count, compare, &r, e);
	prints_free(&r.here);
	free(r.size);
	free(msg);
	*known = r.known;
	return rc == 0 && r.known > 0 ? seen_commit(s, e) : rc;
}
