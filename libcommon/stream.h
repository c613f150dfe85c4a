/* SPDX-License-Identifier: ISC */
/* stream.h - one byte stream to a server, plain or TLS, with limits and deadlines. Knows no mail protocol.
 * Owns its conn. Writes are buffered and go out when the buffer is full, at stream_flush, or when a read has to wait. While a write
 * has to wait, what the server sends meanwhile is read (up to 1 MiB), so pipelining can't deadlock.
 * Time: every read or write must make progress of 4096 octets, or complete, within the armed time; stream_arm starts a new span (call it
 * once per reply awaited), so a server that drips is found out. The whole run's end cuts everything short. Time-outs are ERR_TEMP.
 * Calls return 0, or -1 with *e set; after a -1 only stream_close is of use. When the server hangs up while we write, and has said
 * something before, writes are dropped and return 0, so that its last words can be read; the end of file comes after them.
 * Trace: with trace set each line goes to stderr as C: or S: (log.h), bulk data as a count, secrets as asterisks. */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "dial.h"
#include "sink.h"
#include "tls.h"

struct stream;

struct stream_opts {
	int timeout;		/* seconds, for each wait; 0: 60 */
	int64_t end;		/* of the whole run (deadline_now's clock); 0: none */
	size_t max_line;	/* octets without CRLF; 0: 8192. Longer ones are ERR_PROTOCOL */
	int trace;
};

struct stream *stream_new(struct conn *, const struct stream_opts *);	/* takes the conn over (its fd becomes -1) */
void stream_close(struct stream **);		/* TLS close_notify, waits for nothing but a child's end */
int stream_starttls(struct stream *, const struct tls_opts *, struct err *e);	/* ERR_PROTOCOL when plaintext is already buffered */
/* From here on both directions are compressed (deflate.h); what is buffered of the input is the first of it. Not before the secrets have
 * been sent. What is written is readable for the server as a whole at each flush. */
int stream_deflate(struct stream *, struct err *e);
int stream_fd(const struct stream *);	/* to be polled with others, when stream_ready says 0 */
void stream_keepalive(struct stream *, int seconds);	/* over TCP: asks a silent server so often whether it is there, and gives up after four
							 * times. Keeps what is between awake, too */
int stream_local(const struct stream *);	/* 1: it does not leave this machine */
struct tls *stream_tls(struct stream *);	/* NULL in clear */
int stream_safe(const struct stream *);		/* 1 under TLS or on a local conn: a password may go */
const char *stream_peer(const struct stream *);	/* until stream_close */
void stream_arm(struct stream *, int seconds);	/* 0: the stream's own time-out */
void stream_limit(struct stream *, size_t max_line);	/* from here on, instead of stream_opts's */

/* Reading. */
int stream_line(struct stream *, char **line, size_t *len, struct err *e);	/* line end removed (CRLF, or bare LF), NUL added, may hold NULs; until
										 * the next read. 1: end of file before any octet; inside a line it is ERR_TEMP */
int stream_copy(struct stream *, uint64_t n, sink_fn *, void *ctx, struct err *e);	/* exactly n octets */
int stream_peek(struct stream *, const char **p, size_t *n, struct err *e);	/* at least one octet, without taking it; 1 at end of file */
void stream_take(struct stream *, size_t n);					/* of those peeked at */
int stream_ready(struct stream *, struct err *e);	/* 1 if a read would not wait (input buffered or on the socket), 0 if it would */

/* Writing. */
int stream_send(struct stream *, struct err *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));	/* one line; CRLF is added; a control
										 * octet in it is ERR_DATA and sends nothing */
int stream_send_secret(struct stream *, const char *shown, const char *secret, struct err *e);	/* one line: shown + secret, traced as shown + "********" */
int stream_write(struct stream *, const char *, size_t, struct err *e);	/* bulk, as it is */
sink_fn stream_sink;			/* the same; ctx is the stream */
int stream_flush(struct stream *, struct err *e);
uint64_t stream_mark(const struct stream *);	/* octets written so far, those still in the buffer too */
int stream_passed(const struct stream *, uint64_t mark);	/* all up to there have left this process */

#endif
