/* SPDX-License-Identifier: ISC */
/* spool_list.c - the names in the queue, the oldest first: all of them, or a window after the other, so that memory does not grow
 * with the queue. A window costs one reading of the directories, which is little beside looking at its entries. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "spool.h"
#include "xalloc.h"

/* While the directories are read. */
struct reading {
	struct spool_list *list;
	const struct spool_name *after;	/* NULL: from the first */
	size_t most;
};

static int
by_age(const void *a, const void *b)
{
	const struct spool_name *x = a, *y = b;
	int order;

	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	order = strcmp(x->name, y->name);
	return order != 0 ? order : (x->box > y->box) - (x->box < y->box);
}

static void
sort(struct spool_list *list)
{
	if (list->count > 1)
		qsort(list->at, list->count, sizeof *list->at, by_age);
}

static void
append(struct spool_list *list, const struct spool_name *n)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 64 : list->room * 2;
		list->at = xreallocarray(list->at, list->room, sizeof *list->at);
	}
	list->at[list->count] = *n;
	list->at[list->count++].name = xstrdup(n->name);
}

static struct spool_name
named(char *name, enum spool_box box)
{
	struct spool_name n = { .name = name, .box = box, .when = -1 };

	(void)ident_parse(name, n.id, &n.when);
	return n;
}

void
spool_list_add(struct spool_list *list, const char *name, enum spool_box box)
{
	struct spool_name n = named((char *)(uintptr_t)name, box);

	append(list, &n);
}

/* The oldest `most` stay. */
static void
cut(struct reading *r)
{
	struct spool_list *list = r->list;

	sort(list);
	list->more |= list->count > r->most;
	while (list->count > r->most)
		free(list->at[--list->count].name);
}

/* Told by its time alone: in all windows but the first, where names without one are to be found, most are. */
static int
elsewhere(const struct reading *r, const char *name)
{
	const struct spool_list *list = r->list;
	int64_t when = 0;

	if (r->after == NULL || r->after->when < 0)
		return 0;
	for (; *name >= '0' && *name <= '9' && when < INT64_MAX / 10 - 10; name++)
		when = when * 10 + (*name - '0');
	return when < r->after->when || (list->more && when > list->at[r->most - 1].when);
}

/* What is behind a full window, as far as it has been read, is not kept. */
static void
consider(struct reading *r, char *name, enum spool_box box)
{
	struct spool_list *list = r->list;
	struct spool_name n;

	if (elsewhere(r, name))
		return;
	n = named(name, box);
	if (r->after != NULL && by_age(&n, r->after) <= 0)
		return;
	if (list->more && by_age(&n, &list->at[r->most - 1]) > 0)
		return;
	append(list, &n);
	if (list->count / 2 >= r->most)
		cut(r);
}

static int
read_box(const struct spool *q, enum spool_box box, struct reading *r, struct err *e)
{
	struct dirent *d;
	DIR *dir;
	int fd, code;

	if ((fd = spool_dir(q->box[box], ".")) == -1 || (dir = fdopendir(fd)) == NULL) {
		err_sys(e, err_file(errno), "open %s/%s", q->path, spool_box_name[box]);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (errno = 0, (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			consider(r, d->d_name, box);
	code = errno == 0 ? 0 : err_sys(e, ERR_IO, "read %s/%s", q->path, spool_box_name[box]);
	closedir(dir);
	return code;
}

static int
read_boxes(const struct spool *q, struct reading *r, struct err *e)
{
	if (read_box(q, SPOOL_NEW, r, e) == -1 || read_box(q, SPOOL_CUR, r, e) == -1) {
		spool_list_free(r->list);
		return -1;
	}
	cut(r);
	return 0;
}

int
spool_list(const struct spool *q, struct spool_list *list, struct err *e)
{
	struct reading r = { .list = list, .most = SIZE_MAX };

	*list = (struct spool_list){ .at = NULL };
	return read_boxes(q, &r, e);
}

int
spool_list_next(const struct spool *q, struct spool_list *list, size_t most, struct err *e)
{
	struct spool_name last = { .name = NULL };
	struct reading r = { .list = list, .after = list->count > 0 ? &last : NULL, .most = most };
	int code, over = list->count > 0 && !list->more;

	if (list->count > 0) {
		last = list->at[list->count - 1];
		list->at[list->count - 1].name = NULL;
	}
	spool_list_free(list);
	code = over ? 0 : read_boxes(q, &r, e);
	free(last.name);
	return code == -1 ? -1 : list->count > 0;
}

void
spool_list_drop(struct spool_list *list, const struct spool_list *seen)
{
	size_t i, j = 0, kept = 0;

	for (i = 0; i < list->count; i++) {
		while (j < seen->count && by_age(&seen->at[j], &list->at[i]) < 0)
			j++;
		if (j < seen->count && by_age(&seen->at[j], &list->at[i]) == 0)
			free(list->at[i].name);
		else
			list->at[kept++] = list->at[i];
	}
	list->count = kept;
}

void
spool_list_free(struct spool_list *list)
{
	while (list->count > 0)
		free(list->at[--list->count].name);
	free(list->at);
	*list = (struct spool_list){ .at = NULL };
}
