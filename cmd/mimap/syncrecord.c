/* SPDX-License-Identifier: ISC */
/* syncrecord.c - stamps that may be believed. The sum is of hashes, so that files have no order in it. */
#include "syncrecord.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "sync.h"
#include "syncnear.h"
#include "xalloc.h"

struct syncrecord {
	struct syncrecord *next;
	char *mailbox, *path;
	struct sync_numbers numbers;
	uint64_t sum;
	size_t files;
	char stamp[SYNC_STAMP];		/* "": to be found out */
};

/* Eight octets at a time: it is done for each file of a folder, twice. */
static uint64_t
hash(const char *name, size_t len, uint32_t flags)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ flags, word;
	size_t n;

	for (; len > 0; name += n, len -= n) {
		n = len < sizeof(word) ? len : sizeof(word);
		word = 0;
		memcpy(&word, name, n);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h * UINT64_C(0x9e3779b97f4a7c15);
}

void
syncrecord_add(uint64_t *sum, size_t *files, const char *name, uint32_t flags)
{
	*sum += hash(name, strlen(name), flags);
	++*files;
}

void
syncrecord_drop(uint64_t *sum, size_t *files, const char *name, uint32_t flags)
{
	*sum -= hash(name, strlen(name), flags);
	--*files;
}

void
syncrecord_all(uint64_t *sum, size_t *files, struct near *near)
{
	size_t i;

	for (i = 0; i < near_count(near); i++) {
		const struct near_file *f = near_at(near, i);

		if (f->odd != NEAR_FINE)
			continue;
		*sum += hash(f->file, f->name_len, f->flags);
		++*files;
	}
}

void
syncrecord_put(struct sync_run *run, const char *mailbox, const char *path, const struct sync_numbers *n, uint64_t sum, size_t files,
    const char *scanned)
{
	struct syncrecord *r = xcalloc(1, sizeof(*r));

	r->mailbox = xstrdup(mailbox);
	r->path = xstrdup(path);
	r->numbers = *n;
	r->sum = sum;
	r->files = files;
	if (scanned != NULL)
		snprintf(r->stamp, sizeof(r->stamp), "%s", scanned);
	r->next = run->record;
	run->record = r;
}

/* The files that are there now are those that we know of. */
static int
as_known(const struct syncrecord *r, struct near *near)
{
	uint64_t sum = 0;
	size_t files = 0;

	syncrecord_all(&sum, &files, near);
	return sum == r->sum && files == r->files;
}

static void
find_stamp(struct syncrecord *r)
{
	struct near *near = NULL;
	struct err unused;

	snprintf(r->stamp, sizeof(r->stamp), "0");
	if (near_open(&near, r->path, &unused) == 0 && near_scan(near, &unused) == 0 && as_known(r, near))
		snprintf(r->stamp, sizeof(r->stamp), "%s", near_settled_stamp(near));
	near_free(&near);
}

int
syncrecord_commit(struct sync_run *run, struct err *e)
{
	struct syncrecord *r;
	struct sync_entry entry;

	for (r = run->record; r != NULL; r = r->next) {
		if (r->stamp[0] == '\0')
			find_stamp(r);
		memset(&entry, 0, sizeof(entry));
		entry.there = r->numbers;
		if (strcmp(r->stamp, "0") == 0 || strlen(r->stamp) + strlen(run->code) >= sizeof(entry.stamp))
			snprintf(entry.stamp, sizeof(entry.stamp), "0");
		else
			snprintf(entry.stamp, sizeof(entry.stamp), "%.*s%s", (int)(sizeof(entry.stamp) - sizeof(run->code)), r->stamp, run->code);
		syncroot_put(run->root, r->mailbox, &entry);
	}
	return syncroot_commit(run->root, e);
}

void
syncrecord_free(struct syncrecord **list)
{
	struct syncrecord *r;

	while ((r = *list) != NULL) {
		*list = r->next;
		free(r->mailbox);
		free(r->path);
		free(r);
	}
}
