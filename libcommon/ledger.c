/* SPDX-License-Identifier: ISC */
/* ledger.c - a durable map, kept as a file of lines that is only appended to.
 *   pennypost-ledger 1 OWNER
 *   +KEY TAB VALUE
 *   -KEY
 * In keys, values and the owner, % and control octets are %XX. Only what a crash can leave behind is cut away on open: a last line
 * without its LF, and, from the first NUL on, a hole where the end of the file was never written; both lie in a commit that was
 * not promised. Anything else that is no line is an error, and the file stays untouched. */
#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "dir.h"
#include "err.h"
#include "ledger_map.h"
#include "xalloc.h"

#define TEXT_MAX 2048
#define FILE_MAX (256 * 1024 * 1024)
#define DEAD_MIN 100	/* fewer dead lines are not worth a rewrite */

struct ledger {
	char *path, *header;
	int fd, new;
	int unnamed;		/* the file's name may not be on disk yet */
	int too_long;		/* a change was refused: the next commit says so */
	int broken;		/* a failed commit could not be taken back */
	off_t size;
	size_t lines;		/* on disk, less the first */
	struct buf text;	/* the file as it was read: what was not changed since is still there */
	struct buf pending;	/* lines not yet committed */
	size_t pending_lines;
	struct ledger_map map;
};

static void
escape(struct buf *out, const char *text)
{
	const char *p = text;

	for (; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c != '%' && c >= ' ' && c != 0x7f)
			continue;
		buf_add(out, text, (size_t)(p - text));
		buf_printf(out, "%%%02X", c);
		text = p + 1;
	}
	buf_add(out, text, (size_t)(p - text));
}

static int
hex(char c)
{
	const char *digits = "0123456789ABCDEF", *p = c == '\0' ? NULL : strchr(digits, c);

	return p == NULL ? -1 : (int)(p - digits);
}

static int
unescape(char *text)
{
	char *out = text = strchr(text, '%');

	if (text == NULL)	/* as usual */
		return 0;
	for (; *text != '\0'; text++) {
		int high, low;

		if (*text != '%') {
			*out++ = *text;
			continue;
		}
		if ((high = hex(text[1])) == -1 || (low = hex(text[2])) == -1 || high + low == 0)
			return -1;
		*out++ = (char)(high * 16 + low);
		text += 2;
	}
	*out = '\0';
	return 0;
}

static void
put_line(struct buf *out, const char *key, const char *value)
{
	buf_addc(out, '+');
	escape(out, key);
	buf_addc(out, '\t');
	escape(out, value);
	buf_addc(out, '\n');
}

static int
load_line(struct ledger *l, char *line)
{
	char *tab = strchr(line, '\t');

	if (*line == '-' && tab == NULL && unescape(line + 1) == 0) {
		ledger_map_remove(&l->map, line + 1);
		return 0;
	}
	if (*line != '+' || tab == NULL)
		return -1;
	*tab = '\0';
	if (unescape(line + 1) == -1 || unescape(tab + 1) == -1)
		return -1;
	ledger_map_lend(&l->map, line + 1, tab + 1);
	return 0;
}

/* The first line, with its LF. One that a crash cut short is a new ledger's. */
static int
load_header(struct ledger *l, const char *data, size_t n, struct err *e)
{
	size_t want = strlen(l->header), first = strcspn(data, "\n");

	if (n >= want && memcmp(data, l->header, want) == 0)
		return 0;
	if (n == 0 || *data == '\0' || (n < want && memcmp(data, l->header, n) == 0)) {
		l->new = 1;
		return 0;
	}
	if (first > 100)
		first = 100;
	return err_set(e, ERR_DATA, "%s is not the ledger wanted: it begins \"%.*s\", not \"%.*s\"", l->path, (int)first, data,
	    (int)want - 1, l->header);
}

#define LINE_USUAL 96	/* room is made for as many lines as there may be about */

/* No line is one from the first NUL on. */
static int
load_lines(struct ledger *l, char *data, size_t n, struct err *e)
{
	size_t at = strlen(l->header);
	char *end = memchr(data + at, '\0', n - at);

	if (end != NULL)
		n = (size_t)(end - data);
	ledger_map_room(&l->map, (n - at) / LINE_USUAL);
	for (; (end = memchr(data + at, '\n', n - at)) != NULL; at = (size_t)(end + 1 - data)) {
		*end = '\0';
		if (load_line(l, data + at) == -1)
			return err_set(e, ERR_DATA, "%s:%zu: not a line of a ledger", l->path, l->lines + 2);
		l->lines++;
	}
	l->size = (off_t)at;
	return 0;
}

static int
load(struct ledger *l, struct err *e)
{
	struct stat st;
	struct buf *all = &l->text;
	ssize_t n = 0;
	int r = -1;

	if (fstat(l->fd, &st) == -1)
		return err_sys(e, err_file(errno), "look at %s", l->path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return err_set(e, ERR_DATA, "%s is not a ledger", l->path);
	buf_reserve(all, (size_t)st.st_size + 1);
	while (all->len < (size_t)st.st_size && (n = read(l->fd, all->data + all->len, (size_t)st.st_size - all->len)) > 0)
		all->len += (size_t)n;
	all->data[all->len] = '\0';
	if (n == -1)
		err_sys(e, err_file(errno), "read %s", l->path);
	else if (load_header(l, all->data, all->len, e) == 0)
		r = l->new ? 0 : load_lines(l, all->data, all->len, e);
	if (r == 0 && l->size != st.st_size && ftruncate(l->fd, l->size) == -1)
		r = err_sys(e, err_file(errno), "cut %s", l->path);
	return r;
}

static int
is_current(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Another run may have renamed a rewritten file into its place between our open and our lock. */
static int
open_locked(struct ledger *l, struct err *e)
{
	for (int tries = 0; tries < 10; tries++) {
		if ((l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
			return err_sys(e, err_file(errno), "open %s", l->path);
		if (flock(l->fd, LOCK_EX | LOCK_NB) == -1) {
			if (errno == EWOULDBLOCK)
				return err_set(e, ERR_TEMP, "%s is in use by another run", l->path);
			return err_sys(e, ERR_IO, "lock %s", l->path);
		}
		if (is_current(l->fd, l->path))
			return 0;
		close(l->fd);
		l->fd = -1;
	}
	return err_set(e, ERR_TEMP, "%s is in use by another run", l->path);
}

static int
write_at(int fd, const struct buf *b, off_t at)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = pwrite(fd, b->data + done, b->len - done, at + (off_t)done);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

/* A fresh file of what is alive, locked before it takes the old one's name. If that fails the old one serves on. */
static void
rewrite(struct ledger *l)
{
	char *path = xasprintf("%s.new", l->path);
	struct buf all = {0};
	struct err unused;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	buf_adds(&all, l->header);
	for (size_t i = 0; i < l->map.used; i++)
		if (l->map.entry[i].key != NULL)
			put_line(&all, l->map.entry[i].key, l->map.entry[i].value);
	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0 && write_at(fd, &all, 0) == 0 && fsync(fd) == 0 &&
	    rename(path, l->path) == 0) {
		close(l->fd);
		l->fd = fd;
		l->size = (off_t)all.len;
		l->lines = l->map.count;
		l->unnamed = dir_sync_parent(l->path, &unused) == -1;
	} else if (fd != -1) {
		unlink(path);
		close(fd);
	}
	buf_free(&all);
	free(path);
}

static void
rewrite_if_dead(struct ledger *l)
{
	if (l->lines - l->map.count > l->map.count + DEAD_MIN)
		rewrite(l);
}

int
ledger_open(struct ledger **lp, const char *path, const char *owner, struct err *e)
{
	struct ledger *l = xcalloc(1, sizeof *l);
	struct buf header = {0};

	buf_adds(&header, "pennypost-ledger 1 ");
	escape(&header, owner);
	buf_addc(&header, '\n');
	l->header = buf_steal(&header);
	l->path = xstrdup(path);
	l->fd = -1;
	if (dir_make_parent(path, e) == -1 || open_locked(l, e) == -1 || load(l, e) == -1) {
		ledger_free(&l);
		return -1;
	}
	if (l->new)
		buf_adds(&l->pending, l->header);
	l->unnamed = l->new;
	rewrite_if_dead(l);
	*lp = l;
	return 0;
}

void
ledger_free(struct ledger **lp)
{
	struct ledger *l = *lp;

	if (l == NULL)
		return;
	if (l->fd != -1)
		close(l->fd);
	ledger_map_free(&l->map);
	free(l->path);
	free(l->header);
	buf_free(&l->text);
	buf_free(&l->pending);
	free(l);
	*lp = NULL;
}

int
ledger_is_new(const struct ledger *l)
{
	return l->new;
}

const char *
ledger_get(const struct ledger *l, const char *key)
{
	return ledger_map_get(&l->map, key);
}

void
ledger_put(struct ledger *l, const char *key, const char *value)
{
	const char *old = ledger_get(l, key);

	if (strlen(key) > TEXT_MAX || strlen(value) > TEXT_MAX) {
		l->too_long = 1;
		return;
	}
	if (old != NULL && strcmp(old, value) == 0)
		return;
	put_line(&l->pending, key, value);
	ledger_map_put(&l->map, key, value);
	l->pending_lines++;
}

void
ledger_remove(struct ledger *l, const char *key)
{
	if (ledger_get(l, key) == NULL)
		return;
	buf_addc(&l->pending, '-');
	escape(&l->pending, key);
	buf_addc(&l->pending, '\n');
	l->pending_lines++;
	ledger_map_remove(&l->map, key);
}

static int
append(struct ledger *l, struct err *e)
{
	if (write_at(l->fd, &l->pending, l->size) == -1)
		return err_sys(e, err_file(errno), "write %s", l->path);
	if (fdatasync(l->fd) == -1)
		return err_sys(e, err_file(errno), "sync %s", l->path);
	if (l->unnamed && dir_sync_parent(l->path, e) == -1)
		return -1;
	l->unnamed = 0;
	return 0;
}

/* After a failure the file is as before, or else no more is promised; the changes wait for another try. */
int
ledger_commit(struct ledger *l, struct err *e)
{
	if (l->too_long) {
		l->too_long = 0;
		return err_set(e, ERR_DATA, "%s: a key or value is longer than %d octets", l->path, TEXT_MAX);
	}
	if (l->broken)
		return err_set(e, ERR_IO, "write %s: an earlier failure could not be taken back", l->path);
	if (l->pending.len == 0)
		return 0;
	if (append(l, e) == -1) {
		l->broken = ftruncate(l->fd, l->size) == -1;
		return -1;
	}
	l->size += (off_t)l->pending.len;
	l->lines += l->pending_lines;
	l->pending_lines = 0;
	buf_cut(&l->pending, 0);
	rewrite_if_dead(l);
	return 0;
}

size_t
ledger_count(const struct ledger *l)
{
	return l->map.count;
}

int
ledger_each(const struct ledger *l, ledger_fn *fn, void *ctx, struct err *e)
{
	for (size_t i = 0; i < l->map.used; i++)
		if (l->map.entry[i].key != NULL && fn(ctx, l->map.entry[i].key, l->map.entry[i].value, e) == -1)
			return -1;
	return 0;
}
