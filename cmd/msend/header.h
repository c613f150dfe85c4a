/* SPDX-License-Identifier: ISC */
/* header.h - header fields made from text in any language: RFC 2047 encoded words, RFC 2231 parameters, RFC 5322 folding.
 * Pure. Text is UTF-8; octets that are not become "?". Lines are at most 78 octets wherever the
 * text allows it, and end in LF. */
#ifndef MSEND_HEADER_H
#define MSEND_HEADER_H

struct buf;
struct err;

/* "Name: value" and the line end. From, To, Cc, Reply-To and the other address fields are read as address lists, and only the
 * names in them are encoded: ERR_DATA quotes what can't be read. A control character in either is ERR_DATA. */
int header_field(struct buf *out, const char *name, const char *value, struct err *e);
int header_name_ok(const char *name, unsigned long len);	/* fit to be a field's name */
void header_param(struct buf *out, const char *name, const char *value);	/* ";" fold name="value", or name*0*=utf-8''… */
/* Lines longer than SMTP allows (998 octets) are folded at their blanks, where they have any; the others stay. 1 if any was folded. */
int header_fold(struct buf *out, const char *head, unsigned long len);

#endif
