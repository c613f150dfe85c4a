/* SPDX-License-Identifier: ISC */
/* folder.c - see folder.h. */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "maildir.h"
#include "utf7.h"
#include "xalloc.h"

static int
add_level(struct buf *out, const char *level, size_t n)
{
	buf_addc(out, '.');
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)level[i] < ' ' || level[i] == 0x7f || level[i] == '.')
			return -1;
	return n > 0 ? utf7_encode(out, level, n) : -1;
}

int
folder_path(const char *maildir, const char *folder, char **path, struct err *e)
{
	struct buf out = { NULL, 0, 0 };
	const char *p = folder;
	size_t n;

	buf_adds(&out, maildir);
	while (out.len > 1 && out.data[out.len - 1] == '/')
		buf_cut(&out, out.len - 1);
	if (strcasecmp(folder, "INBOX") != 0) {
		buf_addc(&out, '/');
		for (;; p += n + 1) {
			n = strcspn(p, "/");
			if (add_level(&out, p, n) == -1) {
				buf_free(&out);
				return err_set(e, ERR_USAGE,
				    "-f %.100s: a folder's name is UTF-8 without dots and controls, with / between levels",
				    folder);
			}
			if (p[n] == '\0')
				break;
		}
	}
	*path = buf_steal(&out);
	return 0;
}

int
folder_make(const char *maildir, const char *path, struct err *e)
{
	struct maildir *m;
	char *mark;
	int fd;

	if (maildir_open(&m, maildir, e) == -1)
		return -1;
	maildir_free(&m);
	if (strcmp(maildir, path) == 0)
		return 0;
	if (maildir_open(&m, path, e) == -1)
		return -1;
	maildir_free(&m);
	mark = xasprintf("%s/maildirfolder", path);
	if ((fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1)
		err_sys(e, err_file(errno), "make %s", mark);
	else
		close(fd);
	free(mark);
	return fd == -1 ? -1 : 0;
}
