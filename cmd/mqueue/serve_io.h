/* SPDX-License-Identifier: ISC */
/* serve_io.h - the client's side of a session: lines and octets from standard input, replies to standard output.
 * Replies are gathered, and go out when there is nothing more to read without waiting: a pipelined flight gets its answers
 * in one. Time: a line has to come within `wait` from when it is waited for, however it drips; bulk has to make 4096 octets in
 * each such time; the session ends after two hours. */
#ifndef SERVE_IO_H
#define SERVE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct err;

#define SERVE_WAIT (5 * 60 * 1000)		/* RFC 5321 4.5.3.2.7: at least */
#define SERVE_SESSION (2 * 3600 * 1000)
#define SERVE_FLOOD (64 * 1024)		/* octets of one line that are read at all */

struct serve_io {
	int in, out;
	char data[32 * 1024];
	size_t at, end;
	int64_t wait;		/* ms */
	int64_t step, last;	/* deadline_now's clock: of this wait, of all */
	size_t moved;		/* octets since the wait began */
	struct buf line, reply;
};

enum serve_io_result { SERVE_OK, SERVE_LONG, SERVE_BARE, SERVE_GONE };

void serve_io_open(struct serve_io *, int in, int out, int64_t wait);
void serve_io_close(struct serve_io *);
void serve_io_arm(struct serve_io *);	/* a new span of time; a line does that by itself */
/* The next line into io->line, without CRLF. LONG: over the limit. BARE: a CR or LF alone in it, or no end to it. GONE: end
 * of file, an error, or the time is over, with *e set. */
enum serve_io_result serve_io_line(struct serve_io *, size_t limit, struct err *e);
enum serve_io_result serve_io_some(struct serve_io *, const char **, size_t *, struct err *e);	/* at least one octet; then: */
void serve_io_take(struct serve_io *, size_t);
int serve_io_waiting(struct serve_io *);	/* the client has said something that is not read yet */
int serve_io_flush(struct serve_io *, struct err *e);

#endif
