/* SPDX-License-Identifier: ISC */
/* streambuf.h - a stream's inside: its buffers, and the waiting. For stream.c, which makes lines and counted data of them. */
#ifndef STREAMBUF_H
#define STREAMBUF_H

#include "buf.h"
#include "deflate.h"
#include "stream.h"

#define STREAM_IN	((size_t)16 * 1024)	/* the input buffer: one TLS record */
#define STREAM_OUT	((size_t)32 * 1024)

struct stream_ops;	/* the functions that differ between plain and TLS */
extern const struct stream_ops stream_plain, stream_over_tls;

struct stream {
	const struct stream_ops *ops;
	struct conn conn;
	struct tls *tls;
	struct deflate *deflate;	/* NULL: nothing is compressed */
	struct stream_opts opts;
	int64_t armed, left;	/* ms: the time armed, what is not yet waited of it */
	size_t moved;		/* octets since it was armed, or renewed */
	char *in;
	size_t in_at, in_end, in_cap;
	int eof;		/* of the input */
	int deaf;		/* the server reads no more: writes are dropped */
	size_t out_len;
	int out_secret;		/* to be wiped once it is sent */
	uint64_t bulk_in, bulk_out;	/* not yet traced */
	uint64_t put, gone;	/* octets to be sent, and of them those that the connection took */
	struct buf line;	/* being formatted */
	char out[STREAM_OUT];
};

ssize_t stream_try(struct stream *, size_t max, struct err *e);	/* one read, without waiting: > 0, or the enum of tls.h. End of file stays */
int stream_fill(struct stream *, size_t max, struct err *e);	/* more input, waited for: 0, or 1 at end of file. The buffer may grow to
								 * max; the caller sees to it that it is not full */
int stream_put(struct stream *, const char *, size_t, struct err *e);	/* into the output buffer, or straight out */

#endif
