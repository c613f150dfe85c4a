/* SPDX-License-Identifier: ISC */
/* spill.c - temporary files. */
#include "spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"
#include "xalloc.h"

int
spill_open(struct err *e)
{
	const char *dir = getenv("TMPDIR");
	char *path = xasprintf("%s/mimap.XXXXXX", dir != NULL && *dir == '/' ? dir : "/tmp");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd == -1)
		err_sys(e, err_file(errno), "make the temporary file %s", path);
	else
		unlink(path);
	free(path);
	return fd;
}
