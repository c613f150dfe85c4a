/* SPDX-License-Identifier: ISC */
/* mail.h - one message, held so that it can be looked at and sent, more than once.
 * Header in memory with LF line ends and the empty line, body held (held.h), byte for byte as it came. Owns both. */
#ifndef MSEND_MAIL_H
#define MSEND_MAIL_H

#include <sys/types.h>

#include "buf.h"
#include "message.h"
#include "sink.h"
#include "held.h"
#include "wire.h"

struct mail {			/* zeroed is empty */
	struct buf head;
	struct held body;
	struct scan scan;	/* of both; see mail_scan */
	int raw;		/* it leaves octet for octet, line ends and all (mail_exact) */
};

/* A whole message from a descriptor: the header is taken into memory as it is, the rest held. A regular file stays where it is,
 * unless a line of a single dot ends it (dot.h). Nothing at all is ERR_DATA "empty message". The caller completes the header and calls
 * mail_scan. */
int mail_read(struct mail *, int fd, const char *source, int dot_ends, struct err *e);
/* The same for a file that needs no changes, from `at` on: takes fd over, scans. */
int mail_file(struct mail *, int fd, off_t at, const char *source, struct err *e);
int mail_scan(struct mail *, struct err *e);
int mail_each(const struct mail *, sink_fn *, void *ctx, struct err *e);	/* header, then body */
int mail_get(const struct mail *, const char *name, struct buf *value);	/* of its header, as message_get; of a file the first 64 KiB */

/* recode.c: a copy whose text parts that have long lines or 8-bit octets are quoted-printable, and whose long header lines are folded. 1
 * when made; 0 when there is none that can be: other encodings, other types, signed or encrypted parts; nothing of a message with a DKIM signature. */
int mail_recode(struct mail *copy, const struct mail *, struct err *e);
/* A copy for BODY=BINARYMIME (RFC 3030 3): parts whose encoding is binary octet for octet, all else with CRLF. 0 when it has none. */
int mail_exact(struct mail *copy, const struct mail *, struct err *e);
void mail_free(struct mail *);

#endif
