/* SPDX-License-Identifier: ISC */
/* err.h - what went wrong: a class that becomes the exit code, and one line for the user.
 * main owns one and passes it down, last argument. The deepest layer states the fact ("connect to mx.example.org port 25:
 * Connection refused"); layers above may prefix, never replace. Grammar: lower case, no full stop, no newline.
 * Text is kept as it came; log.h makes it harmless when it is shown. */
#ifndef ERR_H
#define ERR_H

enum err_class {		/* sysexits.h */
	ERR_NONE = 0,
	ERR_USAGE = 64,		/* wrong command line */
	ERR_DATA = 65,		/* the message or other input is bad */
	ERR_NOUSER = 67,	/* no such recipient */
	ERR_NOHOST = 68,	/* the host's name is not known */
	ERR_UNAVAILABLE = 69,	/* the server refuses for good (5yz, NO) */
	ERR_SOFTWARE = 70,
	ERR_OS = 71,
	ERR_CANTCREAT = 73,	/* a file can't be made */
	ERR_IO = 74,		/* reading or writing a file failed */
	ERR_TEMP = 75,		/* try again later: 4yz, nobody listening, timed out, locked */
	ERR_PROTOCOL = 76,	/* the server broke the protocol */
	ERR_PERM = 77,		/* authentication or certificate refused, or not allowed */
	ERR_CONFIG = 78
};

struct err {
	enum err_class class;
	char text[512];
	int offline;		/* nobody was reached, as this machine has no network */
};

/* All return -1, so that a caller can say: return err_set(e, ERR_DATA, "…"). */
int err_set(struct err *, enum err_class, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_sys(struct err *, enum err_class, const char *fmt, ...) __attribute__((format(printf, 3, 4))); /* ": strerror" */
int err_prefix(struct err *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));	/* "prefix: text"; class stays */

void err_clear(struct err *);
enum err_class err_file(int errnum);	/* of a file call: EIO, ENOSPC → ERR_IO; EACCES, ENOENT → ERR_CANTCREAT … */

#endif
