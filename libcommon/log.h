/* SPDX-License-Identifier: ISC */
/* log.h - lines for people: warnings, errors and the wire trace, on stderr.
 * Every byte that may come from a server, a message or a file name goes through log_safe: printable text and valid UTF-8
 * stay, controls (C0, DEL, C1), broken UTF-8 and direction overrides become vis(3) escapes, nothing reaches a terminal alive. */
#ifndef LOG_H
#define LOG_H

#include <stddef.h>

struct buf;
struct err;

void log_init(const char *program);				/* borrowed; the name before each line. Sees to it that 0 to 2 are open: call it
							 * before anything is opened */
void log_safe(struct buf *out, const char *text, size_t len);	/* appends the harmless form */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));	/* "program: text" */
int log_err(const struct err *);				/* the same; returns the exit code, main's last call */
void log_trace(const char *side, const char *text, size_t len);	/* "C: text", side is "C" or "S" */
void log_status(const char *text);	/* a line that the next line or status replaces; NULL takes it away (progress.h) */

#endif
