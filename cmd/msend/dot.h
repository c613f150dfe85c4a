/* SPDX-License-Identifier: ISC */
/* dot.h - input that a line of a single dot ends, as sendmail reads it without -i: what stands behind is not waited for. */
#ifndef MSEND_DOT_H
#define MSEND_DOT_H

#include <stddef.h>
#include <sys/types.h>

struct dot_input {
	int fd;
	int dot_ends;		/* 0: this is read(2) */
	int inside;		/* the next octet does not begin a line */
	int ended;
	size_t held;		/* octets read that may be the end: "." or ".\r" */
};

ssize_t dot_read(struct dot_input *, char *, size_t);	/* as read(2); room for at least 4 octets */

#endif
