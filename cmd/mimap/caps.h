/* SPDX-License-Identifier: ISC */
/* caps.h - what the server says it can (RFC 3501 section 7.2.1), as exact tokens. IMAP4rev2 stands for what it contains. */
#ifndef MIMAP_CAPS_H
#define MIMAP_CAPS_H

#include <stdint.h>

#include "buf.h"

enum cap {			/* a bit each of struct caps.set */
	CAP_REV1, CAP_REV2, CAP_STARTTLS, CAP_LOGINDISABLED, CAP_SASL_IR, CAP_LITERAL_PLUS, CAP_LITERAL_MINUS, CAP_ESEARCH, CAP_SEARCHRES,
	CAP_WITHIN, CAP_LIST_EXTENDED, CAP_LIST_STATUS, CAP_SPECIAL_USE, CAP_STATUS_SIZE, CAP_UIDPLUS, CAP_MOVE, CAP_CREATE_SPECIAL_USE,
	CAP_QUOTA, CAP_ENABLE, CAP_UTF8, CAP_NAMESPACE, CAP_SORT, CAP_SORT_DISPLAY, CAP_ESORT, CAP_THREAD_REFERENCES, CAP_THREAD_REFS,
	CAP_MULTIAPPEND, CAP_CONDSTORE, CAP_QRESYNC, CAP_IDLE, CAP_NOTIFY, CAP_ID, CAP_UNSELECT, CAP_BINARY, CAP_PREVIEW, CAP_OBJECTID,
	CAP_SAVEDATE, CAP_COMPRESS, CAP_GMAIL, CAP_LIST_MYRIGHTS, CAP_REPLACE, CAP_PARTIAL,
	CAP_UTF8_ONLY, CAP_COUNT
};

struct caps {
	int known;		/* the server has said it */
	uint64_t set;		/* of enum cap */
	struct buf auth;	/* names after AUTH=, separated by spaces */
	const char *without;	/* names that are not believed, separated by commas or blanks; NAME is NAME=… as well; NULL: none.
				 * Borrowed */
};

void caps_clear(struct caps *);	/* what was known; `without` stays */
void caps_read(struct caps *, const char *tokens);	/* replaces what was known */
uint64_t caps_bits(const char *tokens);			/* 1 << enum cap for each that is known */
const char *caps_name(enum cap);
int caps_has(const struct caps *, enum cap);
int caps_without(const struct caps *, const char *name);	/* the user does without what is called so */

#endif
