/* SPDX-License-Identifier: ISC */
/* syncstamp.c - stamps of directories, and waiting for the clock's tick. */
#include "syncstamp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/vfs.h>
#endif
#include <time.h>
#include <unistd.h>

#include "xalloc.h"

#define TICK INT64_C(20000000)
#define TICK_COARSE INT64_C(2000000000)
#define WAITS 3

static void
print_stamp(const struct stat *new, const struct stat *cur, char out[NEAR_STAMP])
{
	snprintf(out, NEAR_STAMP, "%llu:%lld.%09ld,%llu:%lld.%09ld", (unsigned long long)new->st_ino, (long long)new->st_ctim.tv_sec,
	    new->st_ctim.tv_nsec, (unsigned long long)cur->st_ino, (long long)cur->st_ctim.tv_sec, cur->st_ctim.tv_nsec);
}

static int
look(int new, int cur, struct stat st[2], char out[NEAR_STAMP])
{
	if (fstat(new, &st[0]) == -1 || fstat(cur, &st[1]) == -1) {
		snprintf(out, NEAR_STAMP, "0");
		return -1;
	}
	print_stamp(&st[0], &st[1], out);
	return 0;
}

void
syncstamp_of(int new, int cur, char out[NEAR_STAMP])
{
	struct stat st[2];

	look(new, cur, st, out);
}

void
near_stamp(const char *dir, char out[NEAR_STAMP])
{
	struct stat st[2];
	char *path[2] = { xasprintf("%s/new", dir), xasprintf("%s/cur", dir) };

	if (stat(path[0], &st[0]) == 0 && stat(path[1], &st[1]) == 0)
		print_stamp(&st[0], &st[1], out);
	else
		snprintf(out, NEAR_STAMP, "0");
	free(path[0]);
	free(path[1]);
}

/* NFS, SMB, FUSE (sshfs), 9P, Ceph, AFS: stamps by another machine's clock. */
static int
is_remote(int fd)
{
#ifdef __linux__
	static const unsigned long remote[] = { 0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f };
	struct statfs fs;
	size_t i;

	if (fstatfs(fd, &fs) == -1)
		return 1;
	for (i = 0; i < sizeof(remote) / sizeof(*remote); i++) {
		if (((unsigned long)fs.f_type & 0xffffffff) == remote[i])
			return 1;
	}
	return 0;
#else
	(void)fd;
	return 1;
#endif
}

static int64_t
nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

/* Older than a tick by our clock. One in the future is not. */
static int
is_old(const struct stat *st, int64_t tick)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return nanoseconds(&now) - nanoseconds(&st->st_ctim) > tick;
}

static void
wait_tick(int64_t tick)
{
	struct timespec t = { .tv_sec = (time_t)(tick / 1000000000), .tv_nsec = (long)(tick % 1000000000) };

	while (nanosleep(&t, &t) == -1)
		;
}

int
syncstamp_settle(int new, int cur, char out[NEAR_STAMP])
{
	char before[NEAR_STAMP];
	struct stat st[2];
	int64_t tick;
	int i;

	for (i = 0; look(new, cur, st, out) == 0 && i < WAITS; i++) {
		if (i > 0 && strcmp(before, out) == 0)
			return 1;
		tick = st[0].st_ctim.tv_nsec == 0 || st[1].st_ctim.tv_nsec == 0 ? TICK_COARSE : TICK;
		if (is_old(&st[0], tick) && is_old(&st[1], tick) && !is_remote(cur) && !is_remote(new))
			return 1;
		memcpy(before, out, sizeof(before));
		wait_tick(tick);
	}
	return 0;
}
