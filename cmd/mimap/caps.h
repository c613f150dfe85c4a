/* SPDX-License-Identifier: ISC */
/* caps.h - what the server says it can (RFC 3501 section 7.2.1), as exact tokens. IMAP4rev2 stands for what it contains. */
#ifndef MIMAP_CAPS_H
#define MIMAP_CAPS_H

#include "buf.h"

enum cap {
	CAP_REV1 = 1 << 0, CAP_REV2 = 1 << 1, CAP_STARTTLS = 1 << 2, CAP_LOGINDISABLED = 1 << 3, CAP_SASL_IR = 1 << 4,
	CAP_LITERAL_PLUS = 1 << 5, CAP_LITERAL_MINUS = 1 << 6, CAP_ESEARCH = 1 << 7, CAP_SEARCHRES = 1 << 8, CAP_WITHIN = 1 << 9,
	CAP_LIST_EXTENDED = 1 << 10, CAP_LIST_STATUS = 1 << 11, CAP_SPECIAL_USE = 1 << 12, CAP_STATUS_SIZE = 1 << 13,
	CAP_UIDPLUS = 1 << 14, CAP_MOVE = 1 << 15, CAP_CREATE_SPECIAL_USE = 1 << 16, CAP_QUOTA = 1 << 17
};

struct caps {
	int known;		/* the server has said it */
	unsigned int set;	/* of enum cap */
	struct buf auth;	/* names after AUTH=, separated by spaces */
	const char *without;	/* names that are not believed, separated by commas or blanks; NULL: none. Borrowed */
};

void caps_clear(struct caps *);	/* what was known; `without` stays */
void caps_read(struct caps *, const char *tokens);	/* replaces what was known */
int caps_has(const struct caps *, enum cap);

#endif
