/* SPDX-License-Identifier: ISC */
/* scratch.h - a directory for one test's files, and what tests do with files. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

static char scratch[256];

static inline int
scratch_make(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(scratch, sizeof scratch, "%s/pennypost-test-XXXXXX", tmp == NULL || strlen(tmp) > 200 ? "/tmp" : tmp);
	return mkdtemp(scratch) == NULL ? -1 : chmod(scratch, 0755);
}

static inline int
scratch_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static inline int
scratch_remove(void **state)
{
	(void)state;
	return nftw(scratch, scratch_unlink, 20, FTW_DEPTH | FTW_PHYS);
}

/* A path in the scratch directory; good until the fourth next call. */
static inline const char *
in_scratch(const char *name)
{
	static char path[4][1024];
	static unsigned int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", scratch, name);
	return p;
}

static inline void
put_file(const char *path, const char *data, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline struct buf
get_file(const char *path)
{
	struct buf b = {0};
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		fail_msg("%s is not there", path);
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return b;
}

static inline size_t
files_in(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *f;
	size_t n = 0;

	assert_non_null(d);
	while ((f = readdir(d)) != NULL)
		n += f->d_name[0] != '.';
	closedir(d);
	return n;
}

/* No file may grow beyond n octets: what a full disk does to write(2), for anyone. 0 lifts it. */
static inline void
limit_files(size_t n)
{
	static struct rlimit before;
	struct rlimit now;

	if (before.rlim_max == 0)
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	now = (struct rlimit){.rlim_cur = n == 0 ? before.rlim_cur : n, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

/* As nobody, so that a directory's mode means something to root too. */
static inline void
be_nobody(int yes)
{
	static int changed;

	if (yes && geteuid() == 0)
		changed = seteuid(65534) == 0;
	else if (!yes && changed)
		changed = seteuid(0) != 0;
}

#endif
