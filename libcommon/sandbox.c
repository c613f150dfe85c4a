/* SPDX-License-Identifier: ISC */
/* sandbox.c - Landlock by its system calls (landlock(7)): there is no library for it, and headers may be older than the kernel, so
 * its structures and numbers stand here. OpenBSD's calls are simpler. */
#include "sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && !defined(NO_SANDBOX)

#include <sys/prctl.h>
#include <sys/syscall.h>

/* The same on every architecture. */
#define SYS_CREATE_RULESET	444
#define SYS_ADD_RULE		445
#define SYS_RESTRICT_SELF	446
#define QUERY_VERSION		1U
#define RULE_PATH_BENEATH	1
#define VERSION_REFER		2	/* before, nothing may be renamed from one directory to another */
#define VERSION_TRUNCATE	3
#define VERSION_NET		4

#define FS_EXECUTE		(UINT64_C(1) << 0)
#define FS_READ			(UINT64_C(1) << 2 | UINT64_C(1) << 3)	/* files, directories */
#define FS_READ_DIR		(UINT64_C(1) << 3)
#define FS_ALL			((UINT64_C(1) << 14) - 1)		/* with REFER, without TRUNCATE */
#define FS_TRUNCATE		(UINT64_C(1) << 14)
#define NET_TCP			UINT64_C(3)				/* bind, connect */

struct ruleset {
	uint64_t fs, net;
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static int
allow(int ruleset, const char *path, uint64_t rights)
{
	struct path_beneath rule = { .allowed = rights, .fd = open(path, O_PATH | O_CLOEXEC) };
	long r = rule.fd == -1 ? -1 : syscall(SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0U);

	if (rule.fd != -1)
		close(rule.fd);
	return r == 0 ? 0 : -1;
}

/* Rights to a directory are none to have on a file. */
static void
allow_reading(int ruleset, const char *path)
{
	if (allow(ruleset, path, FS_READ) == -1)
		allow(ruleset, path, FS_READ & ~FS_READ_DIR);
}

/* What libraries may read at any time: time zones, character sets, names of hosts and users; /proc is for leak checkers. */
static void
allow_system(int ruleset)
{
	static const char *const dirs[] = { "/etc", "/usr", "/lib", "/lib64", "/run", "/proc", "/nix", "/gnu" };

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		allow(ruleset, dirs[i], FS_READ);	/* some are not there */
	allow(ruleset, "/dev", FS_READ | UINT64_C(1) << 1);
}

int
sandbox_confine(const struct sandbox *s)
{
	long version = syscall(SYS_CREATE_RULESET, NULL, 0UL, QUERY_VERSION);
	struct ruleset set = {
		.fs = FS_ALL | (version >= VERSION_TRUNCATE ? FS_TRUNCATE : 0), .net = version >= VERSION_NET && !s->connects ? NET_TCP : 0
	};
	int fd, ok = 1;

	if (version < VERSION_REFER)
		return 0;
	fd = (int)syscall(SYS_CREATE_RULESET, &set, version >= VERSION_NET ? sizeof set : sizeof set.fs, 0U);
	if (fd == -1)
		return 0;
	for (size_t i = 0; ok && i < s->writables; i++)
		ok = allow(fd, s->writable[i], set.fs & ~FS_EXECUTE) == 0;
	for (size_t i = 0; i < s->readables; i++)
		allow_reading(fd, s->readable[i]);
	allow_system(fd);
	ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(SYS_RESTRICT_SELF, fd, 0U) == 0;
	close(fd);
	return ok;
}

#elif defined(__OpenBSD__) && !defined(NO_SANDBOX)

int
sandbox_confine(const struct sandbox *s)
{
	for (size_t i = 0; i < s->writables; i++)
		if (access(s->writable[i], F_OK) == -1)
			return 0;
	for (size_t i = 0; i < s->writables; i++)
		if (unveil(s->writable[i], "rwc") == -1)
			return 0;
	for (size_t i = 0; i < s->readables; i++)
		unveil(s->readable[i], "r");
	if (unveil("/etc", "r") == -1 || unveil("/usr/share", "r") == -1 || unveil("/dev", "rw") == -1)
		return 0;
	return pledge(s->connects ? "stdio rpath wpath cpath fattr flock inet dns" : "stdio rpath wpath cpath fattr flock", NULL) == 0;
}

#else

int
sandbox_confine(const struct sandbox *s)
{
	(void)s;
	return 0;
}

#endif

int
sandbox_paths(const char *const *writable, size_t count)
{
	return sandbox_confine(&(struct sandbox){ .writable = writable, .writables = count });
}

static int
delivery(const char *maildir, const char *ledger, const struct sandbox *more)
{
	struct sandbox s = *more;
	static const char *const parts[] = { "", "/tmp", "/new", "/cur" };
	const char *tmp = getenv("TMPDIR"), *slash = ledger != NULL ? strrchr(ledger, '/') : NULL, *path[5];
	char part[4][PATH_MAX], beside[PATH_MAX];
	size_t n = 0;

	for (; maildir != NULL && n < 4; n++) {
		if ((size_t)snprintf(part[n], sizeof part[n], "%s%s", maildir, parts[n]) >= sizeof part[n])
			return 0;
		path[n] = part[n];
	}
	if (maildir == NULL)
		path[n++] = tmp != NULL && *tmp != '\0' ? tmp : "/tmp";
	if (ledger != NULL) {
		size_t len = slash != NULL ? (size_t)(slash - ledger) : 0;

		if ((size_t)snprintf(beside, sizeof beside, "%.*s", (int)len, ledger) >= sizeof beside)
			return 0;
		path[n++] = len > 0 ? beside : slash != NULL ? "/" : ".";
	}
	s.writable = path;
	s.writables = n;
	return sandbox_confine(&s);
}

int
sandbox_delivery(const char *maildir, const char *ledger)
{
	return delivery(maildir, ledger, &(struct sandbox){ .writables = 0 });
}

int
sandbox_redelivery(const char *maildir, const struct sandbox *more)
{
	return delivery(maildir, NULL, more);
}
