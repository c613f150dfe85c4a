/* SPDX-License-Identifier: ISC */
/* message.h - an Internet message's header (RFC 5322): finding fields, reading addresses, making Date and Message-ID.
 * Works on (pointer, length); lines may end in LF or CRLF; nothing is trusted, nothing has to be there. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct buf;
struct err;

#define MESSAGE_HEADER_MAX (1024 * 1024)	/* octets of header that programs read into memory */

/* Length of the header with the empty line that ends it. Returns 1 when that line is there, 0 when the block may go on
 * (all of it is header so far), and 1 with *len short of n also where a line that is no field shows that the body has begun. */
int message_header(const char *p, size_t n, size_t *len);

struct field {			/* pointers into the block given */
	const char *raw;	/* name, value, folding and line end */
	size_t raw_len;
	const char *name;
	size_t name_len;
	const char *value;	/* after the colon; may hold folding */
	size_t value_len;
};

int message_field(const char *block, size_t n, size_t *pos, struct field *);	/* next one from *pos (0 first); 0 at the end */
int message_is(const struct field *, const char *name);			/* case ignored */
int message_get(const char *block, size_t n, const char *name, struct buf *value);	/* first of that name, unfolded, trimmed; 0 if none */

/* Display names and text for a header. Encoded words are parted by LF SP, which folds them (RFC 2047: at most 60 octets each). */
void message_encode_words(struct buf *out, const char *utf8);	/* left as it is where it is ASCII and fits a line; controls become spaces */
void message_quote_name(struct buf *out, const char *name);	/* in double quotes where it needs them; other than ASCII stays */
void message_mailbox(struct buf *out, const char *name, const char *addr);	/* Name <addr>, quoted or encoded; addr alone if the name is NULL or "" */

/* Each mailbox in an address list (RFC 5322 3.4: names, quotes, comments, groups, routes dropped; RFC 6532 UTF-8), in order.
 * name ("" if none; the comment after an
 * old-style address) and addr (message_addr_ok) are until the call returns. ERR_DATA quotes what can't be read. */
typedef int message_addr_fn(void *ctx, const char *name, const char *addr, struct err *e);
int message_addresses(const char *text, size_t n, message_addr_fn *, void *ctx, struct err *e);
int message_addr_ok(const char *addr);		/* fit for an envelope: local part, optionally @domain; no control, space or <> outside quotes */

void message_date(struct buf *, time_t);		/* "Sun, 22 Nov 2026 10:00:00 +0100", local zone */
void message_id(struct buf *, const char *host);	/* "<…@host>", random enough to be the only one */
const char *message_hostname(void);			/* this machine's name for Message-ID and HELO: fit for a domain, never empty */

/* What a submission lacks (RFC 6409 8): Date, Message-ID and From are added where missing; Bcc (and Resent-Bcc) removed; an
 * mbox "From " line before it is dropped. A block without an end gets one. The result ends lines in LF, the empty line last; a CR
 * elsewhere becomes a space. The rest stays octet for octet. */
struct message_from { const char *name, *addr; };	/* name may be NULL */
void message_complete(struct buf *out, const char *block, size_t n, const struct message_from *);

#endif
