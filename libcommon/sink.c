/* SPDX-License-Identifier: ISC */
/* sink.c - the two sinks everybody needs: memory and a descriptor. */
#include "sink.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "buf.h"
#include "deadline.h"
#include "err.h"

int
sink_buf(void *buf, const char *data, size_t len, struct err *e)
{
	(void)e;
	buf_add(buf, data, len);
	return 0;
}

int
sink_fd(void *fd, const char *data, size_t len, struct err *e)
{
	struct pollfd p = { .fd = *(int *)fd, .events = POLLOUT };
	ssize_t n;

	while (len > 0) {
		n = write(p.fd, data, len);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {	/* a terminal or pipe that somebody made non-blocking */
			if (deadline_poll(&p, 1, 0, "output", e) == -1)
				return -1;
		} else if (errno != EINTR)
			return err_sys(e, ERR_IO, "write");
	}
	return 0;
}
