/* SPDX-License-Identifier: ISC */
/* notify.c - see notify.h. A name that begins with @ is in Linux's abstract name space: its first octet is NUL then. Who does not
 * listen misses it: nothing here waits or fails. */
#include <sys/socket.h>
#include <sys/un.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "notify.h"

static int
address(struct sockaddr_un *un, socklen_t *len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path == NULL ? 0 : strlen(path);

	if (n < 2 || n >= sizeof un->sun_path || (*path != '/' && *path != '@'))
		return -1;
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n);
	if (*path == '@')
		un->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return 0;
}

void
notify(const char *fmt, ...)
{
	struct sockaddr_un un;
	struct buf text = { 0 };
	socklen_t len;
	va_list ap;
	int fd;

	if (address(&un, &len) == -1 || (fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	(void)!sendto(fd, text.data, text.len, MSG_NOSIGNAL, (struct sockaddr *)&un, len);
	buf_free(&text);
	close(fd);
}
