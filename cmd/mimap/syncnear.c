/* SPDX-License-Identifier: ISC */
/* syncnear.c - scans of new/ and cur/, and what is done to single files: rename, unlink, always by descriptors of the two
 * directories and never over an existing name. Names lie in one block, found by an open-addressing table of indices. */
#include "syncnear.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "syncflag.h"
#include "syncnear_table.h"
#include "syncstamp.h"
#include "xalloc.h"

#define SCANS 5

struct near {
	char *dir;
	int fd[2];		/* cur/, new/: in_new is the index */
	int dirty[2], stable;
	char stamp[NEAR_STAMP];
	struct near_table table;
};

static const char *const part[] = { "cur", "new" };

/* 1: it is not there. Opened anew for each scan: on network file systems that is when others' changes are asked for. */
static int
open_parts(struct near *n, struct err *e)
{
	int at = open(n->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), i, r = 0;

	if (at == -1)
		return errno == ENOENT ? 1 : err_sys(e, err_file(errno), "open %s", n->dir);
	for (i = 0; i < 2; i++) {
		if (n->fd[i] != -1)
			close(n->fd[i]);
		n->fd[i] = openat(at, part[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (n->fd[i] == -1 && r != -1)
			r = errno == ENOENT ? 1 : err_sys(e, err_file(errno), "open %s/%s", n->dir, part[i]);
	}
	close(at);
	return r;
}

int
near_open(struct near **out, const char *dir, struct err *e)
{
	struct near *n = xcalloc(1, sizeof(*n));
	int r;

	n->dir = xstrdup(dir);
	n->fd[0] = n->fd[1] = -1;
	snprintf(n->stamp, sizeof(n->stamp), "0");
	if ((r = open_parts(n, e)) == 0)
		*out = n;
	else
		near_free(&n);
	return r;
}

void
near_free(struct near **np)
{
	struct near *n = *np;
	int i;

	if (n == NULL)
		return;
	for (i = 0; i < 2; i++) {
		if (n->fd[i] != -1)
			close(n->fd[i]);
	}
	near_table_free(&n->table);
	free(n->dir);
	free(n);
	*np = NULL;
}

static enum near_odd
kind_of(int fd, const struct dirent *f)
{
	struct stat st;
	unsigned char type = f->d_type;

	if (type == DT_UNKNOWN && fstatat(fd, f->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = (unsigned char)IFTODT(st.st_mode);
	if (type == DT_DIR)
		return NEAR_DIRECTORY;
	if (type == DT_LNK)
		return NEAR_LINK;
	if (type != DT_REG)
		return NEAR_SPECIAL;
	return strstr(f->d_name, ";2,") != NULL ? NEAR_SEMICOLON : NEAR_FINE;
}

static int
read_part(struct near *n, int in_new, struct err *e)
{
	int copy = openat(n->fd[in_new], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy == -1 ? NULL : fdopendir(copy);
	struct dirent *f;

	if (d == NULL) {
		if (copy != -1)
			close(copy);
		return err_sys(e, err_file(errno), "read %s/%s", n->dir, part[in_new]);
	}
	while (errno = 0, (f = readdir(d)) != NULL) {
		if (*f->d_name != '.')
			near_table_add(&n->table, f->d_name, in_new, kind_of(n->fd[in_new], f));
	}
	if (errno != 0)
		err_sys(e, err_file(errno), "read %s/%s", n->dir, part[in_new]);
	else
		e = NULL;
	closedir(d);
	return e == NULL ? 0 : -1;
}

static int
read_once(struct near *n, struct err *e)
{
	near_table_clear(&n->table);
	if (read_part(n, 1, e) == -1 || read_part(n, 0, e) == -1)
		return -1;
	near_table_index(&n->table);
	return 0;
}

/* Two files of one NAME may be one that was moved while we read. */
static void
forget_unsure(struct near *n)
{
	size_t i;

	snprintf(n->stamp, sizeof(n->stamp), "0");
	for (i = 0; i < n->table.count; i++)
		n->table.file[i].gone |= n->table.file[i].odd == NEAR_TWICE;
}

int
near_scan(struct near *n, struct err *e)
{
	char after[NEAR_STAMP];
	int tries, r;

	n->stable = 0;
	for (tries = 0; tries < SCANS && !n->stable; tries++) {
		if ((r = open_parts(n, e)) != 0)
			return r == -1 ? -1 : err_set(e, ERR_CANTCREAT, "%s: its new/ or cur/ is not there any more", n->dir);
		n->stable = syncstamp_settle(n->fd[1], n->fd[0], n->stamp);
		if (read_once(n, e) == -1)
			return -1;
		syncstamp_of(n->fd[1], n->fd[0], after);
		n->stable &= strcmp(n->stamp, after) == 0;
	}
	if (!n->stable)
		forget_unsure(n);
	return n->stable ? 0 : 1;
}

int
near_stable(const struct near *n)
{
	return n->stable ? 0 : 1;
}

const char *
near_settled_stamp(const struct near *n)
{
	return n->stamp;
}

size_t
near_count(const struct near *n)
{
	return n->table.count;
}

struct near_file *
near_at(struct near *n, size_t i)
{
	return &n->table.file[i];
}

struct near_file *
near_find(struct near *n, const char *name)
{
	return near_table_find(&n->table, name);
}

void
near_name(const struct near_file *f, char out[256])
{
	snprintf(out, 256, "%.*s", (int)f->name_len, f->file);
}

const char *
near_why(const struct near_file *f)
{
	static const char *const why[] = { "is a message", "is a directory", "is a symbolic link", "is no regular file",
		"has \";2,\" where \":2,\" should be", "has the name of another message" };

	return why[f->odd];
}

void
near_path(const struct near *n, const struct near_file *f, struct buf *out)
{
	buf_printf(out, "%s/%s/%s", n->dir, part[f->in_new], f->file);
}

int
near_read(const struct near *n, const struct near_file *f, int *fd, struct err *e)
{
	struct stat st;
	int in = openat(n->fd[f->in_new], f->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (in == -1 && errno == ENOENT)
		return 1;
	if (in == -1)
		return err_sys(e, ERR_DATA, "open %s/%s/%s", n->dir, part[f->in_new], f->file);
	if (fstat(in, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(in);
		return err_set(e, ERR_DATA, "%s/%s/%s is no regular file", n->dir, part[f->in_new], f->file);
	}
	*fd = in;
	return 0;
}

/* "NAME:2,FSx": what has no bit, and the bits outside the mask, stay; letters in the order of ASCII. An info of another kind
 * (":1,…", "!…") is taken over behind nothing: it has no meaning that could be kept. */
static int
new_name(const struct near_file *f, uint32_t flags, uint32_t mask, char out[NAME_MAX + 1])
{
	const char *info = f->file + f->name_len;
	char letters[SYNCFLAG_TEXT], kept[NAME_MAX + 1], one[2] = "";
	size_t n = 0;
	int c, len;

	if (strncmp(info, ":2,", 3) != 0)
		info = ":2,";
	syncflag_text((f->flags & ~mask) | (flags & mask), letters);
	for (c = '!'; c <= 0xff && n < NAME_MAX; c++) {
		one[0] = (char)c;
		if (strchr(letters, c) != NULL || (syncflag_letters(one) == 0 && strchr(info + 3, one[0]) != NULL))
			kept[n++] = (char)c;
	}
	kept[n] = '\0';
	len = snprintf(out, NAME_MAX + 1, "%.*s:2,%s", (int)f->name_len, f->file, kept);
	return len <= NAME_MAX ? 0 : -1;
}

/* 1: the old name is not there, or the new one is. */
static int
rename_file(int from, const char *old, int to, const char *new)
{
	struct stat st;

#ifdef __linux__
	if (renameat2(from, old, to, new, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno == ENOENT || errno == EEXIST || errno == EXDEV ? 1 : -1;
#endif
	if (linkat(from, old, to, new, 0) == 0)
		return unlinkat(from, old, 0) == 0 || errno == ENOENT ? 0 : -1;
	if (errno == ENOENT || errno == EEXIST || errno == EXDEV)
		return 1;
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	if (fstatat(to, new, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return renameat(from, old, to, new) == 0 ? 0 : errno == ENOENT || errno == EXDEV ? 1 : -1;
}

int
near_set_flags(struct near *n, struct near_file *f, uint32_t flags, uint32_t mask, struct err *e)
{
	char name[NAME_MAX + 1];
	uint32_t now = (f->flags & ~mask) | (flags & mask);
	int r;

	if (f->odd != NEAR_FINE || f->gone || (now == f->flags && (!f->in_new || now == 0)))
		return f->odd != NEAR_FINE || f->gone;
	if (new_name(f, flags, mask, name) == -1)
		return err_set(e, ERR_DATA, "%s/%s/%s: the name is too long for its flags", n->dir, part[f->in_new], f->file);
	if ((r = rename_file(n->fd[f->in_new], f->file, n->fd[0], name)) == -1)
		return err_sys(e, err_file(errno), "rename %s/%s/%s to %s", n->dir, part[f->in_new], f->file, name);
	if (r == 1)
		return 1;
	n->dirty[f->in_new] = n->dirty[0] = 1;
	near_table_rename(&n->table, f, name);
	return 0;
}

int
near_remove(struct near *n, struct near_file *f, struct err *e)
{
	if (f->odd != NEAR_FINE || f->gone)
		return 1;
	if (unlinkat(n->fd[f->in_new], f->file, 0) == -1) {
		if (errno == ENOENT)
			return 1;
		return err_sys(e, err_file(errno), "remove %s/%s/%s", n->dir, part[f->in_new], f->file);
	}
	n->dirty[f->in_new] = 1;
	f->gone = 1;
	return 0;
}

int
near_move(struct near *from, struct near_file *f, struct near *to, uint32_t flags, struct near_file **moved, struct err *e)
{
	char base[NAME_MAX + 1], name[NAME_MAX + 1];
	struct near_file *there;
	int r;

	if (f->odd != NEAR_FINE || f->gone)
		return 1;
	near_name(f, base);
	if (near_find(to, base) != NULL)
		return 1;
	if (new_name(f, flags, UINT32_MAX, name) == -1)
		return err_set(e, ERR_DATA, "%s/%s/%s: the name is too long for its flags", from->dir, part[f->in_new], f->file);
	if ((r = rename_file(from->fd[f->in_new], f->file, to->fd[0], name)) == -1)
		return err_sys(e, err_file(errno), "move %s/%s/%s to %s/cur", from->dir, part[f->in_new], f->file, to->dir);
	if (r == 1)
		return 1;
	from->dirty[f->in_new] = to->dirty[0] = 1;
	f->gone = 1;
	there = near_table_insert(&to->table, name, 0);
	if (moved != NULL)
		*moved = there;
	return 0;
}

int
near_sync(struct near *n, struct err *e)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (n->dirty[i] && fsync(n->fd[i]) == -1)
			return err_sys(e, err_file(errno), "sync %s/%s", n->dir, part[i]);
		n->dirty[i] = 0;
	}
	return 0;
}
