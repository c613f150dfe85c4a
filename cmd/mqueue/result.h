/* SPDX-License-Identifier: ISC */
/* result.h - one line of msend -B: how one recipient of one queue file fared.
 *   path TAB address TAB ok|later|refused TAB code TAB enhanced TAB text [TAB host [TAB dsn]]
 * code is three digits, enhanced is class.subject.detail (RFC 3463); either may be empty, or "-", where no server spoke. What
 * contradicts itself (ok with a 4yz or 5yz, refused with anything but a 5yz) is no result. host is the server that spoke, and
 * "dsn" says that it was told what the sender wants to hear; both may be empty or missing. "later" without a code and with
 * 4.4.3 (directory server failure) means that this machine is offline: no name server answers, or there is no route. Nobody
 * was reached, so it is no try. */
#ifndef RESULT_H
#define RESULT_H

#include <stddef.h>

#define RESULT_LINE_MAX 8192

enum verdict { VERDICT_OK, VERDICT_LATER, VERDICT_REFUSED };

struct result {			/* strings are in the line given */
	const char *path;
	const char *addr;
	enum verdict verdict;
	int code;		/* 0: none */
	const char *enhanced;	/* "" if none */
	const char *text;
	const char *host;	/* "" if none */
	int dsn;
	int offline;
};

/* Takes a line without its LF, of len octets and a NUL, to pieces; it is changed. -1 when it is none. */
int result_parse(char *line, size_t len, struct result *);

#endif
