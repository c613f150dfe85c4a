/* SPDX-License-Identifier: ISC */
/* synctree.c - mailbox names as directories, both ways, and the walk over those there are.
 * Writing a level and reading it are each other's inverse: what reads back as another name than it was written from is odd. */
#include "synctree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "err.h"
#include "mailbox.h"
#include "rune.h"
#include "utf7.h"
#include "xalloc.h"

#define LEVELS_MAX 32
#define FOLDERS_MAX 100000

/* Parts of a maildir, and what may lie beside them. */
static int
reserved(const char *level, size_t n)
{
	static const char *const names[] = { "cur", "new", "tmp", "dovecot-keywords" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strlen(names[i]) == n && memcmp(names[i], level, n) == 0)
			return 1;
	}
	return n == 0 || level[0] == '.';
}

static int
escaped(const char *p, size_t n)
{
	return n >= 3 && p[0] == '%' && isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
}

static void
write_level(struct buf *out, const char *level, size_t n, int plusplus)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if ((i == 0 && !plusplus && reserved(level, n)) || escaped(level + i, n - i) || (unsigned char)level[i] < 0x20
		    || level[i] == 0x7f || (plusplus && level[i] == '.'))
			buf_printf(out, "%%%02X", (unsigned int)(unsigned char)level[i]);
		else
			buf_addc(out, level[i]);
	}
}

static void
read_level(struct buf *out, const char *level, size_t n)
{
	char hex[3] = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if (escaped(level + i, n - i)) {
			memcpy(hex, level + i + 1, 2);
			buf_addc(out, (char)strtoul(hex, NULL, 16));
			i += 2;
		} else {
			buf_addc(out, level[i]);
		}
	}
}

static int
bad_levels(const char *name)
{
	size_t n, levels = 0;

	for (;; name += n + 1) {
		n = strcspn(name, "/");
		if (n == 0 || ++levels > LEVELS_MAX)
			return 1;
		if (name[n] == '\0')
			return 0;
	}
}

static void
write_levels(struct buf *out, const char *name, int plusplus)
{
	size_t begin = out->len, n;

	for (;; name += n + 1) {
		n = strcspn(name, "/");
		if (plusplus || out->len > begin)
			buf_addc(out, plusplus ? '.' : '/');
		write_level(out, name, n, plusplus);
		if (name[n] == '\0')
			break;
	}
}

/* "Lists/c" → "Lists/c" or ".Lists.c"; INBOX → "INBOX" or "". -1: it can't be one. */
static int
to_relative(int plusplus, const char *mailbox, struct buf *out)
{
	struct buf wire = { 0 };
	int r = 0;

	if (strlen(mailbox) > MAILBOX_MAX || bad_levels(mailbox) || !rune_valid(mailbox, strlen(mailbox)))
		return -1;
	if (mailbox_same(mailbox, "INBOX")) {
		buf_adds(out, plusplus ? "" : "INBOX");
	} else if (!plusplus) {
		write_levels(out, mailbox, 0);
	} else if ((r = utf7_encode(&wire, mailbox, strlen(mailbox))) == 0) {
		write_levels(out, buf_str(&wire), 1);
	}
	buf_free(&wire);
	return r;
}

/* The other way; -1: no mailbox has this directory. */
static int
from_relative(int plusplus, const char *path, struct buf *mailbox)
{
	struct buf plain = { 0 }, again = { 0 };
	const char *p = path + (plusplus && *path == '.');
	size_t n;
	int r = 0;

	for (;; p += n + 1) {
		n = strcspn(p, plusplus ? "." : "/");
		read_level(&plain, p, n);
		if (p[n] == '\0')
			break;
		buf_addc(&plain, '/');
	}
	if (plusplus && *path == '\0')
		buf_adds(mailbox, "INBOX");
	else if (plusplus)
		r = utf7_decode(mailbox, buf_str(&plain), plain.len);
	else
		buf_add(mailbox, plain.data, plain.len);
	if (r == 0)
		r = to_relative(plusplus, buf_str(mailbox), &again) == 0 && strcmp(buf_str(&again), path) == 0 ? 0 : -1;
	buf_free(&plain);
	buf_free(&again);
	return r;
}

int
synctree_path(const struct synctree *t, const char *mailbox, struct buf *out, struct err *e)
{
	struct buf tail = { 0 };

	if (to_relative(t->plusplus, mailbox, &tail) == -1) {
		buf_free(&tail);
		return err_set(e, ERR_DATA, "no directory can be named after the mailbox \"%.200s\"", mailbox);
	}
	buf_adds(out, t->dir);
	if (tail.len > 0)
		buf_addc(out, '/');
	buf_add(out, tail.data, tail.len);
	buf_free(&tail);
	return 0;
}

struct walk {
	const struct synctree *tree;
	struct synctree_list *list;
	void (*odd)(const char *path);
	size_t directories;
	struct buf path;	/* of the directory being looked at */
};

static int
found(struct walk *w, struct err *e)
{
	struct synctree_list *l = w->list;
	const char *path = buf_str(&w->path), *tail = path + strlen(w->tree->dir);
	struct buf name = { 0 };

	if (from_relative(w->tree->plusplus, *tail == '/' ? tail + 1 : tail, &name) == -1) {
		if (w->odd != NULL)
			w->odd(path);
		buf_free(&name);
		return 0;
	}
	if (l->count == FOLDERS_MAX) {
		buf_free(&name);
		return err_set(e, ERR_DATA, "there are more than %d folders below %s", FOLDERS_MAX, w->tree->dir);
	}
	if (l->count == l->room) {
		l->room = l->room > 0 ? l->room * 2 : 64;
		l->folder = xreallocarray(l->folder, l->room, sizeof(*l->folder));
	}
	l->folder[l->count].path = xstrdup(path);
	l->folder[l->count++].name = buf_steal(&name);
	return 0;
}

/* A link to a maildir elsewhere is a folder, but nothing is looked for below it: so no circle is walked. */
static int
is_directory(DIR *d, const struct dirent *entry, int *link)
{
	struct stat st;

	*link = entry->d_type == DT_LNK;
	if (entry->d_type == DT_DIR)
		return 1;
	if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	*link = S_ISLNK(st.st_mode);
	return fstatat(dirfd(d), entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static int walk(struct walk *, size_t depth, int link, struct err *e);

static int
walk_into(struct walk *w, const char *name, size_t depth, int link, struct err *e)
{
	size_t len = w->path.len;
	int r;

	if (++w->directories > FOLDERS_MAX)
		return err_set(e, ERR_DATA, "there are more than %d directories below %s", FOLDERS_MAX, w->tree->dir);
	buf_addc(&w->path, '/');
	buf_adds(&w->path, name);
	r = walk(w, depth + 1, link, e);
	buf_cut(&w->path, len);
	return r;
}

/* What may hold folders: in a maildir++ the directories with a dot, all of them in DIR itself; else those without. */
static int
descends(const struct walk *w, const char *name, size_t depth, int link)
{
	if (w->tree->plusplus)
		return depth == 0 && name[0] == '.' && name[1] != '.' && name[1] != '\0';
	return name[0] != '.' && !link && !reserved(name, strlen(name)) && depth <= LEVELS_MAX;
}

/* The names of the directories in one directory are gathered before any is entered: one descriptor is open at a time. */
static int
walk(struct walk *w, size_t depth, int link, struct err *e)
{
	DIR *d = opendir(buf_str(&w->path));
	struct buf names = { 0 };
	const struct dirent *entry;
	const char *p;
	int is_link, maildir = 0, r = 0;

	if (d == NULL && errno == ENOENT)
		return 0;
	if (d == NULL && errno == EACCES && depth > 0) {
		if (w->odd != NULL)
			w->odd(buf_str(&w->path));	/* lost+found, for one */
		return 0;
	}
	if (d == NULL)
		return err_sys(e, err_file(errno), "read directory %s", buf_str(&w->path));
	while ((entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, "cur") == 0)
			maildir = 1;
		if (descends(w, entry->d_name, depth, link) && is_directory(d, entry, &is_link)) {
			buf_addc(&names, is_link ? 'l' : 'd');
			buf_add(&names, entry->d_name, strlen(entry->d_name) + 1);
		}
	}
	closedir(d);
	if (maildir && (depth > 0 || w->tree->plusplus))
		r = found(w, e);
	for (p = buf_str(&names); r == 0 && p < buf_str(&names) + names.len; p += strlen(p) + 1)
		r = walk_into(w, p + 1, depth, *p == 'l', e);
	buf_free(&names);
	return r;
}

int
synctree_order(const char *a, const char *b)
{
	int inbox = mailbox_same(b, "INBOX") - mailbox_same(a, "INBOX");

	return inbox != 0 ? inbox : strcmp(a, b);
}

static int
compare(const void *a, const void *b)
{
	return synctree_order(((const struct synctree_folder *)a)->name, ((const struct synctree_folder *)b)->name);
}

int
synctree_walk(const struct synctree *t, struct synctree_list *list, void (*odd)(const char *path), struct err *e)
{
	struct walk w = { .tree = t, .list = list, .odd = odd };
	int r;

	buf_adds(&w.path, t->dir);
	r = walk(&w, 0, 0, e);
	buf_free(&w.path);
	if (list->count > 0)
		qsort(list->folder, list->count, sizeof(*list->folder), compare);
	return r;
}

void
synctree_free(struct synctree_list *l)
{
	while (l->count > 0) {
		free(l->folder[--l->count].name);
		free(l->folder[l->count].path);
	}
	free(l->folder);
	memset(l, 0, sizeof(*l));
}

int
synctree_wanted(char *const *patterns, size_t count, const char *mailbox)
{
	int wanted = count == 0 || patterns[0][0] == '!', no;
	const char *p;
	size_t i;

	for (i = 0; i < count; i++) {
		no = patterns[i][0] == '!';
		p = patterns[i] + no;
		if (mailbox_match(p, mailbox) || mailbox_same(p, mailbox))
			wanted = !no;
	}
	return wanted;
}
